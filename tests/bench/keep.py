"""Memory, threads and sizes. Usage: keep.py DIR CALLS LIBRARY LIBRARY_WITHOUT_SIMULATOR; prints lines as bench.c does."""

import os
import shutil
import subprocess
import sys

directory, calls, *libraries = sys.argv[1:]


def line(what, unit, ours, theirs=None):
    ratio = f"{ours / theirs:.3f}" if theirs else "-"
    print(what, unit, f"{ours:.4g}", "-" if theirs is None else f"{theirs:.4g}", ratio, sep="\t", flush=True)


def kept(side):
    command = [f"{directory}/bench-{side}", "memory", f"{directory}/http.json", calls]
    return [int(word) for word in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


ours, theirs = kept("ours"), kept("glue")
line(f"peak memory of a process with {int(calls):,} calls", "MB", ours[2] / 1024, theirs[2] / 1024)
line(f"growth of memory over the last nine tenths of them", "KB", ours[1] - ours[0], theirs[1] - theirs[0])
line("threads of the process afterwards", "", ours[3], theirs[3])
line("CPU of two idle seconds afterwards", "µs", ours[4], theirs[4])
for what, library in zip(["library, stripped", "library, stripped, without the simulator"], libraries):
    bare = shutil.copy(library, f"{directory}/stripped.so")
    subprocess.run(["strip", bare], check=True)
    line(what, "MB", os.path.getsize(bare) / 1e6)

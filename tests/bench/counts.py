"""Instructions and system calls of one warm call, by flete and by the glue, beside those that were recorded before.

Usage: counts.py DIR RECORDED [--record]; DIR has the programs and http.json. A count is the difference between two runs
of different length, divided by the difference: what a process does once plays no part, and hardly does the machine."""

import concurrent.futures
import datetime
import os
import re
import subprocess
import sys

directory, recorded, *record = sys.argv[1:]
CALLS = ["price", "track", "create"]
SIDES = ["ours", "glue"]
FEW, MANY = 200, 1200
ROW = "{:<10} {:<11} {:<7} {:>12} {:>10} {:>6} {:>13} {:>8}"
HEADER = ROW.format("commit", "date", "call", "instructions", "by hand", "ratio", "system calls", "by hand")


def program(side, call, count):
    return [f"{directory}/bench-{side}", "calls", f"{directory}/http.json", call, str(count)]


def instructions(side, call, count):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *program(side, call, count)]
    told = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected : (\d+)", told.stderr)
    if told.returncode != 0 or not found:
        sys.exit(f"valgrind: {side} {call}: {told.stderr}")
    return int(found[1])


def system_calls(side, call, count):
    out = f"{directory}/strace-{side}-{call}-{count}"
    subprocess.run(["strace", "-f", "-c", "-o", out, *program(side, call, count)], check=True)
    with open(out) as file:
        rows = [line.split() for line in file]
    return {row[-1]: int(row[3]) for row in rows if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}


tasks = [(count, side, call, calls) for count in (instructions, system_calls) for side in SIDES for call in CALLS
         for calls in (FEW, MANY)]
# Several at a time: counts don't depend on how busy the machine is.
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    found = dict(zip(tasks, pool.map(lambda task: task[0](*task[1:]), tasks)))

here = []
each = {}
commit = os.environ["BENCH_COMMIT"]
date = datetime.date.today().isoformat()
for call in CALLS:
    cells = []
    for side in SIDES:
        runs = [found[instructions, side, call, calls] for calls in (FEW, MANY)]
        cells.append(round((runs[1] - runs[0]) / (MANY - FEW), -2))
    for side in SIDES:
        few, many = (found[system_calls, side, call, calls] for calls in (FEW, MANY))
        counts = {name: (many[name] - few.get(name, 0)) / (MANY - FEW) for name in many}
        each[call, side] = {name: count for name, count in counts.items() if count >= 0.05}
        cells.append(sum(counts.values()))
    ratio = f"{cells[0] / cells[1]:.2f}"
    here.append(ROW.format(commit, date, call, *(f"{cell:.0f}" for cell in cells[:2]), ratio,
                           *(f"{cell:.1f}" for cell in cells[2:])))

with open(recorded) as file:
    lines = file.read().splitlines()
earlier = [line for line in lines if line and not line.startswith(("#", "commit ")) and line.split()[0] != commit]
print(HEADER)
print("\n".join(earlier + here))
print()
for (call, side), counts in each.items():
    names = ", ".join(f"{count:.1f} {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))
    print(f"{call}, {'flete' if side == 'ours' else 'by hand'}: {names}")
if record:
    with open(recorded, "w") as file:
        file.write("\n".join([line for line in lines if line.startswith("#")] + [HEADER] + earlier + here) + "\n")

"""Prints the figures of a run as they come, and can put them on record. Reads lines as bench.c writes them.

Usage: report.py [--record]. With --record, the figures go to tests/bench/results, into the README's tables, and into
docs/speed.svg. What each place shows is chosen here, by the names of the figures."""

import datetime
import os
import platform
import re
import sys

BEGIN, END = "<!-- Written by tests/bench/run --record. -->", "<!-- To here. -->"

# The README's tables, and the bars of the chart. A name stands for its figures "NAME: CPU" and "NAME: time".
COMPARED = [
    ("Python with `requests`, its session kept: a price", "{}, Python, price"),
    ("PHP with curl, a new handle in each request: open, a price, close", "{}, PHP, open, price, close"),
    ("C with libcurl, OpenSSL and cJSON: a process with one price", "{}, a process with one price"),
    ("C, its handle kept: a price", "{}, price, 1 thread"),
    ("C, its handle kept: a track (two requests, one reply of 2 KB)", "{}, track, 1 thread"),
    ("C, its handle kept: a create", "{}, create, 1 thread"),
    ("C, a handle for each of 8 threads: a price", "{}, price, 8 threads"),
]
BATCH = "1000 tracks, 20 ms each, 64 at once"
OTHERS = [
    "price, 16 threads beside one: calls a second",
    "a quote over 4 accounts beside the slowest alone: time",
    "peak memory of a process",
    "growth of memory",
    "threads of the process",
    "CPU of two idle seconds",
    "library, stripped",
]
BARS = [
    ("Python (requests), http", "http, Python, price: CPU"),
    ("Python (requests), https", "https, Python, price: CPU"),
    ("PHP (curl), http", "http, PHP, open, price, close: CPU"),
    ("PHP (curl), https", "https, PHP, open, price, close: CPU"),
    ("C, one process a price, http", "http, a process with one price: CPU"),
    ("C, one process a price, https", "https, a process with one price: CPU"),
    ("C, warm: price, http", "http, price, 1 thread: CPU"),
    ("C, warm: price, https", "https, price, 1 thread: CPU"),
    ("C, warm: track, http", "http, track, 1 thread: CPU"),
    ("C, warm: create, http", "http, create, 1 thread: CPU"),
    ("C, 8 threads, http", "http, price, 8 threads: CPU"),
    ("C, 1,000 tracks in one call", f"{BATCH}: CPU"),
]


def processor():
    with open("/proc/cpuinfo") as file:
        found = re.search(r"model name\s*: (.*)", file.read())
    return re.sub(r"\s+", " ", found[1]) if found else platform.machine()


def readme_tables(figures, when):
    def ratio(name):
        return f"{float(figures[name][3]):.2f}" if name in figures else "–"

    lines = ["| compared with | CPU, http | CPU, https | time, http | time, https |", "| --- | --- | --- | --- | --- |"]
    for what, name in COMPARED:
        cells = [ratio(f"{name.format(scheme)}: {clock}") for clock in ("CPU", "time") for scheme in ("http", "https")]
        lines.append(f"| {' | '.join([what, *cells])} |")
    cells = [ratio(f"{BATCH}: CPU"), "–", ratio(f"{BATCH}: time"), "–"]
    lines.append(f"| C, libcurl multi: {BATCH} | {' | '.join(cells)} |")
    lines += ["", "| | flete | by hand |", "| --- | --- | --- |"]
    for name, (unit, ours, theirs, _) in figures.items():
        if any(name.startswith(start) or name.endswith(start) for start in OTHERS):
            cells = ["–" if value == "-" else f"{value} {unit}".strip() for value in (ours, theirs)]
            lines.append(f"| {' | '.join([name, *cells])} |")
    return [when, "", *lines]


def chart(figures, when):
    rows = [(label, float(figures[name][3])) for label, name in BARS if name in figures]
    left, width, step, top = 210, 380, 24, 40
    # A longer bar ends at the chart's edge; its number says the rest.
    most = min(3, max(1.25, *(ratio for _, ratio in rows)))
    scale = width / most
    height = top + step * len(rows) + 44
    one = left + scale
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 60} {height}" width="{left + width + 60}"'
        f' height="{height}" role="img" font-family="sans-serif" font-size="13">',
        "<title>CPU of a call with flete, divided by the same work written by hand</title>",
        # The first colours are for viewers that know neither scheme.
        "<style>text { fill: #768390 } .bar { fill: #2f81c7 } .over { fill: #bf6a02 } .one { stroke: #768390 }"
        " @media (prefers-color-scheme: light) { text { fill: #57606a } .one { stroke: #57606a } }"
        " @media (prefers-color-scheme: dark) { text { fill: #9aa4af } .one { stroke: #9aa4af } }</style>",
        f'<text x="{left}" y="16">CPU with flete ÷ CPU by hand: shorter is cheaper</text>',
        f'<text x="{one:.1f}" y="{top - 6}" text-anchor="middle" font-size="11">1.0 = by hand</text>',
    ]
    for number, (label, ratio) in enumerate(rows):
        y, end = top + step * number, min(ratio, most) * scale
        out.append(f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{label}</text>')
        out.append(f'<rect class="{"bar" if ratio <= 1 else "over"}" x="{left}" y="{y + 3}" width="{end:.1f}"'
                   f' height="{step - 7}" rx="2"/>')
        out.append(f'<text x="{left + end + 5:.1f}" y="{y + 15}">{ratio:.2f}</text>')
    bottom = top + step * len(rows) + 4
    out.append(f'<line class="one" x1="{one:.1f}" x2="{one:.1f}" y1="{top}" y2="{bottom}" stroke-dasharray="4 3"/>')
    out.append(f'<text x="8" y="{height - 12}" font-size="11">{when}</text>')
    return "\n".join([*out, "</svg>", ""])


def digits(value):
    """Four digits, and never an exponent."""
    return value if value == "-" else f"{float(value):.0f}" if float(value) >= 1000 else f"{float(value):.4g}"


print(f"{'':58} {'':2} {'flete':>10} {'by hand':>10} {'ratio':>7}")
figures = {}
for line in sys.stdin:
    name, unit, *values = line.rstrip("\n").split("\t")
    ours, theirs, ratio = digits(values[0]), digits(values[1]), values[2]
    figures[name] = (unit, ours, theirs, ratio)
    print(f"{name:58} {unit:2} {ours:>10} {theirs:>10} {ratio:>7}", flush=True)

if sys.argv[1:] == ["--record"]:
    date = datetime.date.today().isoformat()
    when = f"Measured on {date} at commit {os.environ['BENCH_COMMIT']}, on {os.cpu_count()} cores ({processor()})."
    with open("tests/bench/results", "w") as out:
        out.write(f"# {when} Written by `tests/bench/run --record`.\n")
        out.writelines("\t".join([name, *figures[name]]) + "\n" for name in figures)
    with open("README.md") as file:
        before, rest = file.read().split(BEGIN)
        after = rest.split(END)[1]
    with open("README.md", "w") as out:
        out.write("\n".join([before + BEGIN, "", *readme_tables(figures, when), "", END + after]))
    with open("docs/speed.svg", "w") as out:
        out.write(chart(figures, when))

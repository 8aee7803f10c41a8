#!/usr/bin/env python3
"""Runs our operations and their peers in turn and prints the rows A1..A10: ratios taken round by round.

usage: run.py BUILD_DIR [ROUNDS]

Two placements, which must not be mixed: cpu0 keeps all threads on one processor (what the software costs), free lets
the scheduler decide (what the way of waiting costs)."""

import os
import shutil
import statistics
import subprocess
import sys

PROGRAMS = ["op-trireme", "op-trireme-timed", "op-trireme-document", "op-hand", "op-gtask", "op-gthreadpool", "op-uv"]
PLACEMENTS = {"cpu0": ["taskset", "-c", "0"], "free": []}
MEASUREMENTS = ["cycle1", "wake", "cycle1000", "poll", "pending"]
BEST_POOL = ["op-gthreadpool", "op-uv"]

# row, what, our program, metric, placement, peers (the best of them counts), bar, aim; no peers: an absolute figure
ROWS = [
    ("A1", "cycle, 1 in flight / GTask", "op-trireme", "cycle1", "cpu0", ["op-gtask"], 0.45, 0.32),
    ("A1t", "the same, waiting with a deadline", "op-trireme-timed", "cycle1", "cpu0", ["op-gtask"], 0.45, 0.32),
    ("A1d", "the same, reading 200 bytes", "op-trireme-document", "cycle1", "cpu0", ["op-gtask"], 0.45, 0.32),
    ("A2", "cycle, 1 in flight / floor", "op-trireme", "cycle1", "cpu0", ["op-hand"], 1.5, 1.15),
    ("A3", "cycle, 1 in flight / GTask", "op-trireme", "cycle1", "free", ["op-gtask"], 0.15, 0.05),
    ("A3t", "the same, waiting with a deadline", "op-trireme-timed", "cycle1", "free", ["op-gtask"], None, None),
    ("A4", "cycle, 1 in flight / floor", "op-trireme", "cycle1", "cpu0", ["op-hand"], 1.5, 1.15),
    ("A4t", "the same, waiting with a deadline", "op-trireme-timed", "cycle1", "cpu0", ["op-hand"], 1.5, 1.15),
    ("A6", "cycle, 1000 in flight / best pool", "op-trireme", "cycle1000", "cpu0", BEST_POOL, 1.0, 0.75),
    ("A6", "cycle, 1000 in flight / best pool", "op-trireme", "cycle1000", "free", BEST_POOL, 1.0, 0.75),
    ("A6t", "the same, waiting with a deadline", "op-trireme-timed", "cycle1000", "cpu0", BEST_POOL, None, None),
    ("A6t", "the same, waiting with a deadline", "op-trireme-timed", "cycle1000", "free", BEST_POOL, None, None),
    ("A7", "cycle, 1000 in flight / GTask", "op-trireme", "cycle1000", "cpu0", ["op-gtask"], 0.12, 0.06),
    ("A7d", "the same, reading 200 bytes", "op-trireme-document", "cycle1000", "cpu0", ["op-gtask"], 0.12, 0.06),
    ("A8", "poll a finished one, ns", "op-trireme", "poll", "cpu0", None, 5, 2),
    ("A8", "poll a finished one / GTask", "op-trireme", "poll", "cpu0", ["op-gtask"], 1.5, 0.6),
    ("A9", "end of work to wait returned, p99 / GTask", "op-trireme", "wake_p99", "cpu0", ["op-gtask"], 0.5, 0.42),
    ("A9t", "the same, waiting with a deadline", "op-trireme-timed", "wake_p99", "cpu0", ["op-gtask"], 0.5, 0.42),
    ("A10", "resident bytes a pending one", "op-trireme", "pending", "cpu0", None, 133, 92),
    ("A10", "resident bytes a pending one / GTask", "op-trireme", "pending", "cpu0", ["op-gtask"], 0.65, 0.45),
]


def find(build_dir, name):
    for folder in (os.path.join(build_dir, "bench", "op"), build_dir):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    return None


def run_once(command):
    """One program's figures: {metric: value}. Each measurement has a process of its own, so that none inherits what the
    one before taught the scheduler, or the program's own threads."""
    lines = []
    for measurement in MEASUREMENTS:
        lines += subprocess.run(command + [measurement], stdout=subprocess.PIPE, check=True, timeout=300,
                                text=True).stdout.splitlines()
    return {name.split(".", 1)[1]: float(value) for name, value, _unit in map(str.split, lines)}


def run_rounds(programs, rounds):
    """{(program, placement): [one round's figures, ...]}; each round begins with another program."""
    figures = {}
    for number in range(rounds):
        for placement, prefix in PLACEMENTS.items():
            for turn in range(len(programs)):
                name, path = programs[(turn + number) % len(programs)]
                figures.setdefault((name, placement), []).append(run_once(prefix + [path]))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return figures


def values_of(figures, program, placement, metric):
    return [one[metric] for one in figures.get((program, placement), []) if metric in one]


def row_values(figures, program, metric, placement, peers):
    """Round by round: our figure, or its ratio to the best peer's."""
    ours = values_of(figures, program, placement, metric)
    if peers is None:
        return ours
    theirs = [values for values in (values_of(figures, peer, placement, metric) for peer in peers) if values]
    return [own / min(peer) for own, peer in zip(ours, zip(*theirs))] if theirs else []


def verdict(value, bar, aim):
    if bar is None:
        return "-"
    return "aim" if value <= aim else "bar" if value <= bar else "MISSED"


def print_table(figures):
    print(f"{'row':4} {'what':42} {'placed':6} {'median':>8} {'min':>8} {'max':>8} {'bar':>6} {'aim':>6}  reached")
    missed = False
    for row, what, program, metric, placement, peers, bar, aim in ROWS:
        values = row_values(figures, program, metric, placement, peers)
        if not values:
            print(f"{row:4} {what:42} {placement:6} (not measured: a program is missing)")
            continue
        median = statistics.median(values)
        result = verdict(median, bar, aim)
        missed |= result == "MISSED"
        print(f"{row:4} {what:42} {placement:6} {median:8.3f} {min(values):8.3f} {max(values):8.3f} "
              f"{bar if bar else '-':>6} {aim if aim else '-':>6}  {result}")
    return not missed


def print_medians(figures, programs):
    metrics = ["cycle1", "cycle1000", "wake_p50", "wake_p99", "poll", "pending"]
    print(f"\n{'medians (ns, bytes)':28}" + "".join(f"{metric:>11}" for metric in metrics))
    for name, _path in programs:
        for placement in PLACEMENTS:
            cells = []
            for metric in metrics:
                values = values_of(figures, name, placement, metric)
                cells.append(f"{statistics.median(values):11.4g}" if values else f"{'-':>11}")
            print(f"{name + ' ' + placement:28}" + "".join(cells))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    if not shutil.which("taskset"):
        sys.exit("run.py: taskset (util-linux) is needed")
    programs = [(name, path) for name in PROGRAMS if (path := find(sys.argv[1], name))]
    figures = run_rounds(programs, rounds)
    reached = print_table(figures)
    print_medians(figures, programs)
    sys.exit(0 if reached else 1)


main()

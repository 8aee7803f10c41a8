"""What the tables of the benchmarks share: programs that print "name value unit" lines, and ratios of their medians."""
import os
import statistics
import subprocess
import sys


def run(*command, **environment):
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        sys.exit(f"{command[0]}: {done.stderr.strip() or done.returncode}")
    lines = [line.split() for line in done.stdout.splitlines()]
    return {words[0]: float(words[1]) for words in lines if len(words) == 3}


def verdict(value, bar, aim):
    if bar is None:
        return ""
    return "aim reached" if aim is not None and value <= aim else "bar reached" if value <= bar else "BAR MISSED"


def ratios(title, rows, results):
    """A line for each of (row, what, ours, peer, bar, aim). True where a bar was missed."""
    missed = False
    print(title)
    print(f"{'row':4} {'ours':>10} {'peer':>10} {'ratio':>8} {'min':>8} {'max':>8} {'bar':>6} {'aim':>6}")
    for row, what, ours, peer, bar, aim in rows:
        values = [result[ours] / result[peer] for result in results]
        said = verdict(statistics.median(values), bar, aim)
        missed = missed or said == "BAR MISSED"
        limits = f"{bar:6} {aim:6}" if bar else f"{'':6} {'':6}"
        print(f"{row:4} {statistics.median(r[ours] for r in results):10.1f} {statistics.median(r[peer] for r in results):10.1f}"
              f" {statistics.median(values):8.4f} {min(values):8.4f} {max(values):8.4f} {limits} {what}  {said}")
    return missed


def limits(rows, results):
    """A line for each of (what, name, bar), in the unit of the bar. True where one was missed."""
    missed = False
    for what, name, bar in rows:
        values = [result[name] for result in results]
        said = verdict(statistics.median(values), bar, None)
        missed = missed or said == "BAR MISSED"
        print(f"{'--':4} {statistics.median(values):10.2f} {'':10} {'':8} {min(values):8.2f} {max(values):8.2f} {bar:6} {'':6}"
              f" {what}  {said}")
    return missed

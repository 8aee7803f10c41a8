#!/usr/bin/env python3
"""Containers against the bare runtime, in one run: run.py BUILD_DIR [ROUNDS [RUNS]]. Root; runc (or $TRIREME_OCI_RUNTIME)."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

# row, what, ours, the peer's, bar, aim; a ratio below the bar is good, or above it where `larger` is set.
ROWS = [
    ("B1", "create and start to first output / runtime run", "first.trireme", "first.runtime", 1.10, 1.03, False),
    ("--", "the same with our process 1 and a process in it", "first.trireme_plain", "first.runtime", None, None, False),
    ("B4", "HcsCreateProcess to exit / runtime exec", "exec.trireme", "exec.runtime", 1.05, 0.90, False),
    ("B8", "terminate to gone / runtime delete -f", "end.trireme", "end.runtime", 0.10, 0.05, False),
    ("--", "the same, an OCI bundle taken whole, whose hooks may have to run", "end.trireme_bundle", "end.runtime", None, None,
     False),
    ("B9", "properties / runtime state", "state.trireme", "state.runtime", 0.05, 0.01, False),
    ("B10", "1 GiB of standard output / a plain pipe", "pipe.trireme", "pipe.plain", 1.0, 2.5, True),
    ("--", "the same / a 1 MiB pipe", "pipe.trireme", "pipe.plain_1m", None, None, True),
]


def one_round(program, libexec, runtime, rootfs, runs):
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        environment = {**os.environ, "TRIREME_LIBEXEC_DIR": libexec, "TRIREME_RUNTIME_DIR": work + "/run",
                       "TRIREME_OCI_RUNTIME": runtime}
        done = subprocess.run([program, runtime, rootfs, work, str(runs)], env=environment, capture_output=True, text=True,
                              timeout=600)
    if done.returncode:
        sys.exit(done.stderr.strip() or "bench-container failed")
    return {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()}


def verdict(ratio, bar, aim, larger):
    if bar is None:
        return ""
    good = (lambda limit: ratio >= limit) if larger else (lambda limit: ratio <= limit)
    return "aim reached" if good(aim) else "bar reached" if good(bar) else "BAR MISSED"


def main():
    build = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    runtime = os.environ.get("TRIREME_OCI_RUNTIME", "runc")
    with tempfile.TemporaryDirectory(prefix="bench-") as rootfs:
        for folder in ("bin", "dev", "proc", "sys", "tmp"):
            os.mkdir(os.path.join(rootfs, folder))
        shutil.copy("/bin/busybox", os.path.join(rootfs, "bin/busybox"))
        os.chmod(rootfs, 0o755)
        results = [one_round(os.path.join(build, "bench/container/bench-container"), os.path.join(build, "src/shim"),
                             runtime, rootfs, runs) for _ in range(rounds)]

    print(f"containers, {runtime}, {rounds} rounds of {runs}")
    print(f"{'row':4} {'ours':>10} {'peer':>10} {'ratio':>7} {'min':>7} {'max':>7} {'bar':>6} {'aim':>6}")
    for row, what, ours, peer, bar, aim, larger in ROWS:
        ratios = [result[ours] / result[peer] for result in results]
        middle = statistics.median(ratios)
        limits = f"{bar:6.2f} {aim:6.2f}" if bar else f"{'':6} {'':6}"
        print(f"{row:4} {statistics.median(r[ours] for r in results):10.1f} {statistics.median(r[peer] for r in results):10.1f}"
              f" {middle:7.3f} {min(ratios):7.3f} {max(ratios):7.3f} {limits} {what}  {verdict(middle, bar, aim, larger)}")
    copying = statistics.median(result["pipe.shim_copying"] for result in results)
    print(f"B12  {copying:10.3f} ms of the shim's processor time while 1 GiB passed (aim: 0)")
    rss = max(result["shim.rss"] for result in results)
    print(f"shim {rss:10.0f} KiB resident at most (bar: 1024)  {'bar reached' if rss <= 1024 else 'BAR MISSED'}")


main()

#!/usr/bin/env python3
"""System data: Trireme's WMI client API against what it stands on, in one run, as a table of ratios.
   run.py BUILD_FOLDER [ROUNDS [RUNS]]"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(HERE, "../../tests/system")]
from ratios import limits, ratios, run  # noqa: E402
from services import Guest  # noqa: E402

# Row, what, ours, peer, bar, aim (docs/performance.md says what each is).
ROWS = [
    ("D1", "SELECT * FROM Win32_Process, 2,000 processes / raw read", "process.all", "process.raw", 1.30, 0.65),
    ("D2", "two columns of it / raw read", "process.two", "process.raw", 0.40, 0.31),
    ("D3", "one process by its id / raw read", "process.one", "process.raw", 0.002, 0.0005),
    ("D4", "a row of Win32_Process, every value read / Wine", "trireme.row", "wine.row", 0.12, 0.10),
    ("D5", "a stored instance by key, through WQL text / SQLite", "point.ours", "point.sqlite", 3.0, 1.5),
    ("D6", "a scan of 10,000 instances / SQLite", "scan.ours", "scan.sqlite", 2.0, 1.4),
    ("--", "the same, semisynchronously / SQLite", "scan_through.ours", "scan.sqlite", None, None),
    ("D7", "a durable put / SQLite's commit", "put.ours", "put.sqlite", 1.15, 1.05),
    ("D8", "the first ConnectServer / Wine", "trireme.connect", "wine.connect", 0.02, 0.005),
    ("--", "a further ConnectServer / Wine", "trireme.connect_again", "wine.connect_again", None, None),
    ("--", "ConnectServer / SQLite: open, ask, close", "connect.ours", "connect.sqlite", None, None),
    ("D9", "trireme query to its row / wmic, wineserver there", "cli.trireme", "wmic.warm", 0.06, 0.03),
    ("D9", "trireme query to its row / wmic, cold", "cli.trireme", "wmic.cold", 0.02, 0.01),
    ("--", "trireme query to its row / sqlite3, one row", "cli.trireme", "cli.sqlite3", None, None),
    ("D10", "the state of a service / sd-bus: LoadUnit, GetAll", "service.ours", "service.sdbus", 1.3, 1.1),
    ("--", "ps -e, 9 columns / raw read", "ps.full", "process.raw", None, None),
    ("--", "ps -p / raw read", "ps.one", "process.raw", None, None),
]
# What, value, bar in its unit.
LIMITS = [("D8: ConnectServer, us", "connect.ours", 1000), ("D9: trireme query, cold, us", "cli.trireme", 15000),
          ("GetCallStatus(0) of a finished call, ns", "poll.done", 20)]


def to_first_line(*command, **environment):
    """Microseconds from the start of a program to its first whole line."""
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={**os.environ, **environment}) as program:
        line = program.stdout.readline()
        spent = (time.perf_counter() - begin) * 1e6
        program.stdout.read()
    if program.returncode or not line:
        sys.exit(f"{command[0]} failed")
    return spent


def command_lines(build, work, runs):
    database = os.path.join(work, "cli.db")
    subprocess.run(["sqlite3", database, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES(1,'x')"], check=True)
    query = [os.path.join(build, "src/cli/trireme"), "query", "SELECT Caption FROM Win32_OperatingSystem"]
    state = {"TRIREME_STATE_DIR": os.path.join(work, "state")}
    return {
        "cli.trireme": statistics.median(to_first_line(*query, **state) for _ in range(runs)),
        "cli.sqlite3": statistics.median(to_first_line("sqlite3", database, "SELECT b FROM t WHERE a=1") for _ in range(runs)),
    }


def with_wine(build, work, runs):
    """The same client against Wine and against Trireme, and wmic, with a server of Wine's there and without."""
    client = os.path.join(build, "bench/management/client-wine.exe")
    state = {"TRIREME_STATE_DIR": os.path.join(work, "state")}
    results = run(os.path.join(build, "bench/management/client-trireme"), "trireme", str(runs), **state)
    wine = {"WINEPREFIX": os.path.join(work, "wine"), "WINEDEBUG": "-all", "WINEARCH": "win64", "DISPLAY": "", "TMPDIR": work}
    wmic = ["wine", "wmic", "os", "get", "caption"]
    end = lambda: subprocess.run(["wineserver", "-k", "-w"], env={**os.environ, **wine}, check=False, capture_output=True)
    try:
        subprocess.run(["wine", "wineboot", "-i"], env={**os.environ, **wine}, check=True, capture_output=True, timeout=300)
        results.update(run("wine", client, "wine", str(runs), **wine))
        results["wmic.warm"] = statistics.median(to_first_line(*wmic, **wine) for _ in range(runs))
        cold = []
        for _ in range(3):
            end()
            cold.append(to_first_line(*wmic, **wine))
        results["wmic.cold"] = statistics.median(cold)
    finally:
        end()
    return results


def with_systemd(build, work):
    """Beside a systemd that was booted for it, over a throw-away copy of this system: the library comes along."""
    guest = Guest(os.path.join(work, "guest"))
    try:
        pid = guest.wait()
        if not pid:
            sys.exit("no systemd boots in namespaces here: " + guest.words())
        inside = f"/proc/{pid}/root/tmp/bench"
        os.mkdir(inside)
        for name in ("bench/management/bench-service", "libtrireme.so.0"):
            shutil.copy(os.path.join(build, name), inside)
        enter = ["nsenter", "--target", str(pid), "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd"]
        return run(*enter, "env", "LD_LIBRARY_PATH=/tmp/bench", "TRIREME_STATE_DIR=/tmp/bench/state",
                   "/tmp/bench/bench-service", "300", "tri-hull")
    finally:
        guest.end()


def is_there(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def with_ps(runs):
    """ps against as many processes; its time counts from its start to its end."""
    sleepers = subprocess.Popen(["sh", "-c", "i=0; while [ $i -lt 2000 ]; do sleep 600 & i=$((i+1)); done; echo; wait"],
                                stdout=subprocess.PIPE, start_new_session=True)
    try:
        sleepers.stdout.readline()
        results = {}
        for name, arguments in (("ps.full", ["-e"]), ("ps.one", ["-p", str(sleepers.pid)])):
            values = []
            for _ in range(runs):
                begin = time.perf_counter()
                subprocess.run(["ps", "-o", "pid,ppid,comm,nlwp,time,rss,vsz,user,args", *arguments], check=True,
                               stdout=subprocess.DEVNULL)
                values.append((time.perf_counter() - begin) * 1e6)
            results[name] = statistics.median(values)
        return results
    finally:
        os.killpg(sleepers.pid, 9)
        sleepers.wait()
        while is_there(sleepers.pid):  # until the next round may count processes
            time.sleep(0.02)


def one_round(build, runs):
    with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("BENCH_FOLDER", "/var/tmp")) as work:
        results = run(os.path.join(build, "bench/management/bench-management"), work, str(runs),
                      TRIREME_STATE_DIR=os.path.join(work, "state"))
        results.update(command_lines(build, work, runs))
        os.mkdir(os.path.join(work, "guest"))
        results.update(with_systemd(build, work))
        results.update(with_wine(build, work, runs))
        results.update(with_ps(runs))
    return results


def main():
    build = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 9
    results = [one_round(build, runs) for _ in range(rounds)]
    missed = ratios(f"system data, {rounds} rounds of {runs}, microseconds", ROWS, results)
    sys.exit(limits(LIMITS, results) or missed)


main()

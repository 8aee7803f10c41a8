#!/usr/bin/env python3
"""The other runtime: containers by crun, in a private mount namespace where cgroups are pure version 2, as on newer hosts.
Prints TAP. crun.py TRIREME LIBEXEC_DIR"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

trireme, libexec = map(os.path.abspath, sys.argv[1:3])
INSIDE = "TRIREME_TEST_CGROUP2"


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def enter():
    """Runs this very file again, there."""
    if os.geteuid():
        skip("containers need root")
    if not shutil.which("crun") or not shutil.which("unshare"):
        skip("crun (Debian: crun) and unshare are needed")
    script = ("mount --make-rprivate / && umount -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && "
              'exec "$@"')
    probe = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", "true"], capture_output=True, text=True)
    if probe.returncode:
        skip("no mount namespace with cgroup2 alone can be made here: " + probe.stderr.strip())
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, __file__, trireme, libexec])


def run(*args):
    return subprocess.run([trireme, *args], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def record_of(folder, system):
    with open(os.path.join(folder, "default", system, "spec.json")) as file:
        return json.load(file)


def cases(folder):
    done = run("run", "--", "sh", "-c", "echo from inside; exit 7")
    yield "a program runs and its exit code comes back", done.returncode == 7 and done.stdout == "from inside\n", done
    done = run("run", "--", "/no/such/program")
    yield "a program that is not there is said so", done.returncode == 127 and "does not exist" in done.stderr, done
    done = run("run", "--detach", "--name", "crun-test", "--", "sleep", "1000")
    yield "one goes on in the background", done.returncode == 0, done
    record = record_of(folder, "crun-test")
    yield "crun is what is chosen where cgroups are version 2 alone", record["kind"] == "crun", record
    done = run("exec", "crun-test", "--", "cat", "/proc/1/comm")
    yield "another program runs in it", done.returncode == 0 and done.stdout.startswith(".trireme-init"[:15]), done
    done = run("pause", "crun-test")
    listed = json.loads(run("ps", "--json").stdout or "[]")
    yield "it is paused", done.returncode == 0 and listed and listed[0].get("State") == "Paused", done
    done = run("resume", "crun-test")
    yield "and goes on", done.returncode == 0, done
    done = run("stop", "--time", "5", "crun-test")
    yield "it stops when it is asked to", done.returncode == 0, done
    yield "its cgroup is gone", not os.path.exists("/sys/fs/cgroup" + record["cgroup"]), record


def wait_for_the_last(folder):
    """The shim of a container that has ended takes its own folder away, a moment later."""
    deadline = time.monotonic() + 30
    while os.listdir(os.path.join(folder, "default")) and time.monotonic() < deadline:
        time.sleep(0.05)


def main():
    if INSIDE not in os.environ:
        enter()
    with tempfile.TemporaryDirectory(prefix="crun-test-") as folder:
        os.environ.pop("TRIREME_OCI_RUNTIME", None)
        os.environ.update(TRIREME_LIBEXEC_DIR=libexec, TRIREME_RUNTIME_DIR=folder)
        number = 0
        for number, (sentence, good, seen) in enumerate(cases(folder), 1):
            print(f"{'ok' if good else 'not ok'} {number} - {sentence}", flush=True)
            if not good:
                print(f"# {seen}")
        print(f"1..{number}")
        subprocess.run(["pkill", "-TERM", "-f", trireme + " run --detach --name crun-test"], check=False)
        wait_for_the_last(folder)


main()

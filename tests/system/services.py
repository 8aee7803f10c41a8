#!/usr/bin/env python3
"""Win32_Service on a real systemd: boots one of its own, in new namespaces over a throw-away copy of this system, with units
of its own, and runs the test program inside. Passes its TAP on. services.py TEST_PROGRAM"""
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PR_SET_PDEATHSIG = 1
SYSTEMD = "/lib/systemd/systemd"
PATIENCE_SECONDS = 60
CGROUPS = ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")  # where version 2 is

# No unit has the default dependencies: what they pull in would set up the machine, which is not this systemd's own.
UNITS = {
    "tri-boot.target": "[Unit]\nWants=tri-hull.service\n",
    "tri-hull.service": "[Unit]\nDescription=The hull\n[Service]\nUser=nobody\n"
                        "ExecStart=/bin/sh -c \"exec sleep 100000\" \"two words\"\n[Install]\nWantedBy=tri-boot.target\n",
    "tri-oar.service": "[Unit]\nDescription=An oar\nRequires=tri-hull.service\nAfter=tri-hull.service\n[Service]\n"
                       "ExecStart=/bin/sleep 100000\n",
    "tri-leak.service": "[Unit]\nDescription=It fails\n[Service]\nExecStart=/bin/sh -c 'exit 7'\n",
    "tri-killed.service": "[Service]\nExecStart=/bin/sh -c 'kill -KILL $$$$'\n",
    "tri-kept.service": "[Unit]\nRefuseManualStop=yes\n[Service]\nExecStart=/bin/sleep 100000\n",
    "Tri-Capital.service": "[Unit]\nDescription=Upper and lower case\n[Service]\nExecStart=/bin/sleep 100000\n",
    "tri-pattern@.service": "[Service]\nExecStart=/bin/sleep 100000\n",
    "tri-vendor.service": "[Unit]\nDescription=A vendor's\n[Service]\nExecStart=/bin/sleep 100000\n"
                          "[Install]\nWantedBy=tri-boot.target\n",
}

# Runs in the new namespaces, as process 1: makes the new root and gives it to systemd.
BECOME_SYSTEMD = r"""
set -e
root=$1
shift
mount --make-rprivate /
mount -t tmpfs tmpfs "$root"
mkdir "$root/up" "$root/work" "$root/all"
mount -t overlay overlay -o "lowerdir=/,upperdir=$root/up,workdir=$root/work" "$root/all"
cd "$root/all"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys 2>/dev/null || mount -t tmpfs tmpfs sys
[ -d sys/fs/cgroup ] || mkdir -p sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount --rbind /dev dev
rm -rf etc/systemd/system/*
cp "$1"/* etc/systemd/system/
mv etc/systemd/system/tri-vendor.service lib/systemd/system/
for name in sysinit.target basic.target tri-masked.service; do ln -s /dev/null etc/systemd/system/$name; done
ln -s tri-kept.service etc/systemd/system/tri-alias.service
mkdir -p run/old
pivot_root . run/old
umount -l run/old
shift
exec env -i container=trireme PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" </dev/null
"""


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


class Guest:
    """A systemd in namespaces of its own; everything of it goes with its process 1."""

    def __init__(self, folder):
        self.folder = folder
        self.cgroup = None
        units, root = os.path.join(folder, "units"), os.path.join(folder, "root")
        os.mkdir(units)
        os.mkdir(root)
        for name, text in UNITS.items():
            with open(os.path.join(units, name), "w") as file:
                file.write(text.replace("[Unit]\n", "").join(("[Unit]\nDefaultDependencies=no\n", "")))
        self.log = open(os.path.join(folder, "log"), "w+")
        self.outer = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--net", "--cgroup", "--kill-child", "sh", "-c",
             BECOME_SYSTEMD, "sh", root, units, SYSTEMD, "--system", "--unit=tri-boot.target", "--show-status=no",
             "--log-target=console", "--log-level=warning"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, preexec_fn=self.enter_cgroup)

    def enter_cgroup(self):
        """In the child: it ends with this program, however that comes, and all of the guest with it."""
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        with open(os.path.join(self.make_cgroup(), "cgroup.procs"), "w") as file:
            file.write("0")

    def make_cgroup(self):
        base = next(path for path in CGROUPS if os.path.exists(os.path.join(path, "cgroup.procs")))
        self.cgroup = os.path.join(base, f"trireme-services-{os.path.basename(self.folder)}")
        os.makedirs(self.cgroup, exist_ok=True)
        return self.cgroup

    def init_pid(self):
        found = subprocess.run(["pgrep", "-P", str(self.outer.pid)], capture_output=True, text=True)
        return int(found.stdout.split()[0]) if found.stdout else None

    def wait(self):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and self.outer.poll() is None:
            pid = self.init_pid()
            if pid and os.path.exists(f"/proc/{pid}/root/run/systemd/private"):
                return pid
            time.sleep(0.05)
        return None

    def words(self):
        self.log.flush()
        with open(self.log.name) as file:
            return " ".join(file.read().split())[-400:]

    def end(self):
        pid = self.init_pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
        self.outer.kill()
        self.outer.wait()
        self.make_cgroup()
        for path, folders, _ in os.walk(self.cgroup, topdown=False):
            for attempt in range(600):
                try:
                    os.rmdir(path)
                    break
                except OSError:
                    time.sleep(0.05)


def run_inside(pid, program):
    """Copies the program in, and runs it there."""
    inside = f"/proc/{pid}/root/tmp/" + os.path.basename(program)
    shutil.copy(program, inside)
    return subprocess.run(["nsenter", "--target", str(pid), "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup",
                           "--root", "--wd", "env", "TRIREME_TEST_SERVICES=1", "CMOCKA_MESSAGE_OUTPUT=TAP",
                           "/tmp/" + os.path.basename(program)]).returncode


def main():
    if os.geteuid():
        skip("booting a systemd needs root")
    if not os.path.exists(SYSTEMD) or not shutil.which("nsenter") or not shutil.which("pgrep"):
        skip("systemd, nsenter and pgrep are needed")
    if not any(os.path.exists(os.path.join(path, "cgroup.procs")) for path in CGROUPS):
        skip("cgroups of version 2 are needed")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by the ways out below
    with tempfile.TemporaryDirectory(prefix="services-test-") as folder:
        guest = Guest(folder)
        try:
            pid = guest.wait()
            if not pid:
                skip("no systemd boots in namespaces here: " + guest.words())
            status = run_inside(pid, sys.argv[1])
        finally:
            guest.end()
    sys.exit(status)


if __name__ == "__main__":
    main()

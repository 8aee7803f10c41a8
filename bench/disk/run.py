#!/usr/bin/env python3
"""Disks against the bare tools, in one run: run.py BUILD_DIR [ROUNDS [RUNS]]. Root, loop devices."""
import contextlib
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from ratios import limits, ratios, run  # noqa: E402

# row, what, ours, the peer's, bar, aim: a ratio at or below the bar is good. bar None: for orientation.
ROWS = [
    ("C1", "attach a raw image / losetup", "attach.trireme", "attach.losetup", 0.25, 0.10),
    ("C2", "quick format ext4 / mkfs.ext4", "format.ext4.trireme", "format.ext4.tool", 1.15, 1.05),
    ("C2", "quick format xfs / mkfs.xfs", "format.xfs.trireme", "format.xfs.tool", 1.15, 1.05),
    ("C2", "quick format btrfs / mkfs.btrfs", "format.btrfs.trireme", "format.btrfs.tool", 1.15, 1.05),
    ("--", "quick format FAT32 / mkfs.vfat", "format.FAT32.trireme", "format.FAT32.tool", None, None),
    ("--", "quick format exFAT / mkfs.exfat", "format.exFAT.trireme", "format.exFAT.tool", None, None),
    ("--", "quick format NTFS / mkntfs -Q", "format.NTFS.trireme", "format.NTFS.tool", None, None),
    ("C3", "quick format ext4 / UDisks2 Format", "format.ext4.trireme", "format.ext4.udisks", 0.25, 0.20),
    ("--", "quick format xfs / UDisks2 Format", "format.xfs.trireme", "format.xfs.udisks", None, None),
    ("--", "quick format btrfs / UDisks2 Format", "format.btrfs.trireme", "format.btrfs.udisks", None, None),
    ("C4", "GPT and one partition, node there / parted", "partition.trireme", "partition.parted", 0.10, 0.04),
    ("C5", "create VHD, dynamic / qemu-img create", "create.vhd.trireme", "create.vhd.qemu", 0.15, 0.07),
    ("C5", "create VHD, fixed / qemu-img create", "create.vhd_fixed.trireme", "create.vhd_fixed.qemu", 0.15, 0.07),
    ("C6", "create VHDX / qemu-img create", "create.vhdx.trireme", "create.vhdx.qemu", 1.15, 1.0),
    ("--", "create qcow2 / qemu-img create", "create.qcow2.trireme", "create.qcow2.qemu", None, None),
    ("C7", "copy 1 GiB raw to VHDX with percent / qemu-img convert -p", "convert.trireme", "convert.qemu", 1.03, 1.01),
    ("--", "full format 512 MiB (zeros and mkfs.ext4) / dd, direct", "full.trireme", "full.dd", 1.05, 1.0),
]
LIMITS = [("QueryStatus of one that runs, ns", "poll.running", 20), ("QueryStatus of a finished one, ns", "poll.done", 20)]

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>"""


def wait_for(path):
    deadline = time.monotonic() + 10
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            sys.exit(f"{path} did not appear")
        time.sleep(0.01)


@contextlib.contextmanager
def udisks(work):
    """UDisks2 as it runs on a desktop, on a bus of its own, with the udev daemon that it needs; ended afterwards."""
    socket, config = os.path.join(work, "bus"), os.path.join(work, "bus.conf")
    with open(config, "w") as file:
        file.write(BUS.format(path=socket))
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={socket}"}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    daemons = []
    try:
        daemons.append(subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile"], **quiet))
        wait_for(socket)
        daemons.append(subprocess.Popen(["/lib/systemd/systemd-udevd"], **quiet))
        wait_for("/run/udev/control")
        daemons.append(subprocess.Popen(["/usr/libexec/udisks2/udisksd"], **quiet))
        for _ in range(200):
            if subprocess.run(["busctl", f"--address=unix:path={socket}", "status", "org.freedesktop.UDisks2"],
                              **quiet).returncode == 0:
                break
            time.sleep(0.05)
        yield environment["DBUS_SYSTEM_BUS_ADDRESS"]
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(timeout=20)


def one_round(build, runs):
    with (tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("BENCH_FOLDER", "/var/tmp")) as work,
          tempfile.TemporaryDirectory(prefix="bench-", dir="/dev/shm") as memory):  # as /run is where a system booted
        results = run(os.path.join(build, "bench/disk/bench-disk"), work, str(runs), TRIREME_RUNTIME_DIR=memory)
        image = os.path.join(work, "udisks.img")
        with open(image, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 1 << 30)
        with udisks(work) as address:
            results.update(run(os.path.join(build, "bench/disk/peer-udisks"), image, str(runs), DBUS_SYSTEM_BUS_ADDRESS=address))
    return results


def main():
    build = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 9
    results = [one_round(build, runs) for _ in range(rounds)]
    missed = ratios(f"disks, {rounds} rounds of {runs}, microseconds", ROWS, results)
    sys.exit(limits(LIMITS, results) or missed)


main()

"""What the tests of disks share: loop devices of their own, and that nothing of them stays."""
import contextlib
import functools
import glob
import os
import re
import shutil
import signal
import subprocess

from harness import Skip, eventually

def need_disks():
    if os.geteuid() != 0:
        raise Skip("disks need root")
    if not os.path.exists("/dev/loop-control"):
        raise Skip("there are no loop devices here")
    for tool in ("mkfs.ext4", "qemu-img", "qemu-storage-daemon"):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            raise Skip(f"there is no {tool}")


def loops(folder):
    """The loop devices over files in a folder, and over nothing any more that was there."""
    found = []
    for path in glob.glob("/sys/block/loop*/loop/backing_file"):
        try:
            with open(path, encoding="utf-8") as file:
                if file.read().startswith(folder):
                    found.append("/dev/" + path.split("/")[3])
        except OSError:
            pass
    return found


def mounts(folder):
    """What is mounted below a folder, the last one first."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        points = [re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), line.split()[4]) for line in file]
    return [point for point in reversed(points) if point.startswith(folder)]


def leftovers(trireme):
    return loops(trireme.folder) + mounts(trireme.folder) + trireme.processes() + exporters(trireme.folder) + \
        [node for device in loops(trireme.folder) for node in glob.glob(device + "p*")]


def exporters(folder):
    """The numbers of the processes that export images in a folder."""
    found = []
    for name in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(name, "rb") as file:
                words = file.read()
        except OSError:
            continue
        if b"qemu-storage-daemon" in words.split(b"\0")[0] and (folder + "/").encode() in words:
            found.append(int(name.split("/")[2]))
    return found


def tidy(trireme):
    """After a test that failed half-way. The exports of images are mounts too, and go with their images."""
    exports = os.path.join(trireme.folder, "run", "storage")
    for point in mounts(trireme.folder):
        if not point.startswith(exports):
            subprocess.run(["umount", "-l", point], check=False, capture_output=True)
    for device in loops(trireme.folder):
        trireme("disk", "detach", device)
    for device in loops(trireme.folder):
        subprocess.run(["partx", "-d", device], check=False, capture_output=True)
        subprocess.run(["losetup", "-d", device], check=False, capture_output=True)
    for point in mounts(exports):
        subprocess.run(["umount", "-l", point], check=False, capture_output=True)
    for pid in exporters(trireme.folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def clean(test):
    """The test, which leaves nothing behind."""
    @functools.wraps(test)
    def wrapped(trireme):
        try:
            test(trireme)
            assert eventually(lambda: not leftovers(trireme)), leftovers(trireme)
        finally:
            tidy(trireme)
    return wrapped


# ---- what tests begin with ----

def path(trireme, name):
    return os.path.join(trireme.folder, name)


def image(trireme, name="disk.img", size="64M"):
    return trireme.text("disk", "create", path(trireme, name), size)


def attached(trireme, name="disk.img", size="64M"):
    return trireme.text("disk", "attach", image(trireme, name, size))


def initialised(trireme, style="gpt", **options):
    device = attached(trireme, **options)
    assert trireme.text("disk", "init", "--yes", "--style", style, device) == device
    return device


def volume(trireme, **options):
    """A disk with one partition, both of their devices."""
    device = initialised(trireme, **options)
    return device, trireme.text("disk", "partition", device)


def formatted(trireme, *arguments, **options):
    device, part = volume(trireme, **options)
    trireme.text("disk", "format", "--yes", *arguments, part)
    return device, part

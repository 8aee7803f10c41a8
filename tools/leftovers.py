#!/usr/bin/env python3
"""What Trireme could leave behind on a machine: processes, mounts, cgroups, folders, loop devices. Prints what is there."""
import glob
import os
import sys
import time

# As the kernel names them: 15 letters at most.
PROCESSES = ("trireme", "trireme-shim", "trireme-init", "runc", "crun", "qemu-img", "qemu-storage-da", "mke2fs", "mkntfs")


def processes():
    for path in glob.glob("/proc/[0-9]*"):
        try:
            with open(path + "/comm") as comm, open(path + "/stat") as stat:
                name, (state, parent) = comm.read().strip(), stat.read().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue  # it has ended meanwhile
        if state == "Z" and parent == "1":
            continue  # it has ended, and the machine's first process takes its time to notice
        if name in PROCESSES or name.startswith(("runc:", "mkfs.")):
            yield f"process {os.path.basename(path)} {name} ({state})"


def mounts():
    with open("/proc/self/mounts") as table:
        return [f"mount {line.split()[1]}" for line in table if "trireme" in line]


def cgroups():
    return [f"cgroup {path}" for path in glob.glob("/sys/fs/cgroup/**/*trireme*", recursive=True)
            if os.path.isdir(path)]


def folders():
    roots = {"/run/trireme", os.environ.get("TRIREME_RUNTIME_DIR", "/run/trireme")}
    # The root, its namespaces and the kinds of storage records stay; a system's folder and a record do not.
    depth = {root: [glob.glob(root + pattern) for pattern in ("/*/*", "/*/.[!.]*", "/storage/*/*")] for root in roots}
    return [f"folder {path}" for root, found in depth.items() for paths in found for path in paths
            if path.count("/") != root.count("/") + 2 or not path.startswith(root + "/storage/")] + \
        [f"folder {path}" for path in glob.glob("/tmp/*trireme*") + glob.glob("/run/trireme-*")]


def loops():
    return [f"loop device /dev/{path.split('/')[3]}" for path in glob.glob("/sys/block/loop*/loop/backing_file")] + \
        [f"partition /dev/{path.split('/')[4]}" for path in glob.glob("/sys/block/loop*/loop*p*")]


def look():
    return {line for source in (processes, mounts, cgroups, folders, loops) for line in source()}


def look_for_new(before, patience_s=15):
    """What is there that was not before. Ends of processes are not instant: asks again until nothing is left or the
    patience is over."""
    end = time.monotonic() + patience_s
    while (left := look() - before) and time.monotonic() < end:
        time.sleep(0.2)
    return sorted(left)


if __name__ == "__main__":
    found = sorted(look())
    print("\n".join(found) if found else "nothing of Trireme's is here")
    sys.exit(1 if found else 0)

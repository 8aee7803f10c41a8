#!/usr/bin/env python3
"""Who may include whom (docs/architecture.md). Prints TAP: one sentence a module. The only argument is the source root."""
import os
import re
import sys

# A module, and the modules whose headers it may include. A face may see op/op.h, never op/op-provider.h.
RULES = {
    "src/base": {"base"},
    "src/op": {"base", "op"},
    "src/com": {"base", "com", "public"},
    "src/shim": {"base", "shim", "compute/error.h", "compute/cgroup.h"},
    "src/compute": {"base", "op", "compute"},
    "src/compute/hcs": {"base", "com", "compute", "compute/hcs", "public", "op/op.h", "op/notify.h"},
    "src/storage": {"base", "op", "storage"},
    "src/storage/vds": {"base", "com", "storage", "storage/vds", "public", "op/op.h", "op/notify.h"},
    "src/management": {"base", "op", "management"},
    "src/management/providers": {"base", "op", "management", "management/providers", "storage", "compute"},
    "src/management/wmi": {"base", "com", "management", "management/wmi", "public", "op/op.h", "op/notify.h"},
    "src/cli": {"cli", "public"},
    "tests/face": {"public", "tests"},
}
PUBLIC = re.compile(r'^(trireme/|windows/)?[A-Za-z_-]+\.h$')
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def module_of(header, folder, root):
    """The module a quoted header belongs to, as the rules name it."""
    if os.path.exists(os.path.join(root, folder, header)):
        return "same"
    if os.path.exists(os.path.join(root, "src", header)):
        return header
    if os.path.exists(os.path.join(root, "tests/lib", header)):
        return "tests"
    if os.path.exists(os.path.join(root, "include/trireme", header)):
        return "public"
    return "unknown"


def allowed(header, module, rule):
    if module in ("same", "tests", "public"):
        return module == "same" or module in rule
    return header in rule or os.path.dirname(header) in rule


def offences(root, folder, rule):
    for name in sorted(os.listdir(os.path.join(root, folder))):
        if not name.endswith((".c", ".h", ".cpp")):
            continue
        with open(os.path.join(root, folder, name)) as file:
            for header in INCLUDE.findall(file.read()):
                if not allowed(header, module_of(header, folder, root), rule):
                    yield f"{folder}/{name} includes {header}"


def main():
    root = sys.argv[1]
    print(f"1..{len(RULES)}")
    for number, (folder, rule) in enumerate(RULES.items(), 1):
        found = list(offences(root, folder, rule))
        print(f"{'not ok' if found else 'ok'} {number} - {folder} includes only what it may")
        for line in found:
            print(f"# {line}")


main()

#!/usr/bin/env python3
"""Builds each variant, runs its tests, compares the machine before and after, and prints the closing count."""
import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

import leftovers

VARIANTS = {
    "plain": [],
    "address": ["-Db_sanitize=address,undefined", "-Db_lundef=false"],
    "thread": ["-Db_sanitize=thread", "-Db_lundef=false"],
}
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:atexit_sleep_ms=50",
}


def step(text):
    print(f"\n== {text}", flush=True)


def build(variant, folder):
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        subprocess.run(["meson", "setup", "--werror", *VARIANTS[variant], folder, "."], check=True,
                       stdout=subprocess.DEVNULL)
    result = subprocess.run(["ninja", "-C", folder], capture_output=True, text=True)
    if result.returncode:
        print(result.stdout[-8000:], result.stderr[-2000:], file=sys.stderr)
        sys.exit(f"check: the {variant} variant does not build")


def count(folder):
    """Passed, failed and skipped sentences, the names of the failed, and the reasons of the skipped."""
    passed, failed, skipped = 0, [], []
    for suite in xml.parse(os.path.join(folder, "meson-logs", "testlog.junit.xml")).getroot():
        for case in suite.iter("testcase"):
            name = f'{suite.get("name")}: {case.get("name")}'
            if case.find("failure") is not None or case.find("error") is not None:
                failed.append(name)
            elif case.find("skipped") is not None:
                skipped.append(name)
            else:
                passed += 1
        # A program that died before its plan was done has an error of its own and no case for it.
        if suite.find("error") is not None:
            failed.append(f'{suite.get("name")}: {suite.find("error").get("message")}')
    return passed, failed, skipped


def skip_reasons(folder):
    """What single sentences said of why they were skipped (they end well: cmocka's own way of skipping is a failure to who
    reads TAP), and what whole programs said."""
    with open(os.path.join(folder, "meson-logs", "testlog.txt"), errors="replace") as log:
        lines = [line.strip() for line in log]
    return [line for line in lines if line.startswith("# skipped:")], [line for line in lines if line.startswith("1..0 # SKIP")]


def run(variant, only):
    folder = os.path.join("build", variant)
    step(f"{variant}: building")
    build(variant, folder)
    step(f"{variant}: testing")
    started = time.monotonic()
    code = subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs", *only],
                          env={**os.environ, **SANITIZER_OPTIONS}).returncode
    passed, failed, skipped = count(folder)
    sentences, programs = skip_reasons(folder)
    skipped += sentences
    passed -= len(sentences)
    if code and not failed:
        failed.append(f"{variant}: meson test ended with {code}")
    print(f"{variant}: {passed} passed, {len(failed)} failed, {len(skipped)} skipped in "
          f"{time.monotonic() - started:.0f} s")
    for name in failed:
        print(f"  FAILED  {variant}: {name}")
    reasons = sentences + programs
    for reason in sorted(set(reasons)):
        print(f"  skipped {variant}: {reason} ({reasons.count(reason)})")
    return passed, len(failed), len(skipped)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="the plain variant only")
    parser.add_argument("--sanitize", action="store_true", help="the sanitizers only")
    parser.add_argument("only", nargs="*", help="arguments for meson test, such as --suite unit")
    options, rest = parser.parse_known_args()
    variants = ["plain"] if options.quick else ["address", "thread"] if options.sanitize else list(VARIANTS)

    before = leftovers.look()
    totals = [run(variant, options.only + rest) for variant in variants]
    passed, failed, skipped = (sum(column) for column in zip(*totals))

    step("what is left behind")
    left = leftovers.look_for_new(before)
    if left:
        failed += 1
        print("FAILED  the whole suite leaves no process, mount, cgroup, folder or loop device behind:")
        print("".join(f"  {line}\n" for line in left), end="")
    else:
        passed += 1
        print("ok  the whole suite leaves no process, mount, cgroup, folder or loop device behind")

    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What a newcomer does: install, compile a program with nothing but pkg-config, run it. Prints TAP.
installed.py SOURCE_ROOT BUILD_ROOT"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

source, build = map(os.path.abspath, sys.argv[1:3])
number = 0


def tell(good, sentence, why=""):
    global number
    number += 1
    print(f"{'ok' if good else 'not ok'} {number} - {sentence}", flush=True)
    for line in why.splitlines() if not good else []:
        print(f"# {line}")
    return good


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def wait_for_none(find):
    """What is still found after that: a shim takes the folder of a container that has ended away a moment later."""
    deadline = time.monotonic() + 30
    while (left := find()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def exported_names():
    with open(os.path.join(source, "src/trireme.map")) as file:
        text = re.sub(r"/\*.*?\*/|#[^\n]*", "", file.read(), flags=re.S)
    return set(re.findall(r"\b(\w+)\s*;", text.split("global:")[1].split("local:")[0]))


def compile_with(compiler, flags, text, name, folder, environment):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    package = run("pkg-config", "--cflags", "--libs", "trireme", env=environment).stdout.split()
    program = os.path.splitext(path)[0]
    return program, run(compiler, *flags, "-Wall", "-Wextra", "-Werror", "-o", program, path, *package, env=environment)


def main():
    tree = tempfile.mkdtemp(prefix="installed-")
    try:
        done = run("meson", "install", "-C", build, "--no-rebuild", "--destdir", tree)
        tell(done.returncode == 0, "it installs", done.stdout + done.stderr)
        found = [os.path.join(folder, name) for folder, _, names in os.walk(tree) for name in names]
        library = next(path for path in found if path.endswith("libtrireme.so.0"))
        names = set(re.findall(r" [TW] (\w+)", run("nm", "-D", "--defined-only", library).stdout))
        wrong = names ^ exported_names()
        tell(not wrong, "the library exports exactly the documented names", " ".join(sorted(wrong)))

        package = os.path.dirname(next(path for path in found if path.endswith("trireme.pc")))
        environment = {**os.environ, "PKG_CONFIG_PATH": package, "PKG_CONFIG_SYSROOT_DIR": tree,
                       "LD_LIBRARY_PATH": os.path.dirname(library),
                       "TRIREME_LIBEXEC_DIR": os.path.dirname(next(p for p in found if p.endswith("/trireme-shim"))),
                       "TRIREME_RUNTIME_DIR": os.path.join(tree, "run")}
        with open(os.path.join(source, "examples/first-container.c")) as file:
            text = file.read()
        variants = [("C11", "cc", ["-std=c11", "-D_POSIX_C_SOURCE=200809L"], text, "first.c"),
                    ("C++17", "c++", ["-std=c++17"], text, "first.cpp"),
                    ("C with 16-bit wchar_t literals", "cc", ["-fshort-wchar"], text.replace('u"', 'L"'), "short.c"),
                    ("Windows' spelling of the header", "cc", [], text.replace("<computecore.h>", "<ComputeCore.h>"), "case.c")]
        for what, compiler, flags, body, name in variants:
            program, done = compile_with(compiler, flags, body, name, tree, environment)
            if not tell(done.returncode == 0, f"the example compiles with pkg-config alone: {what}", done.stderr):
                continue
            if os.geteuid() or not (shutil.which("runc") or shutil.which("crun")):
                print("# skipped: running the example needs root and an OCI runtime")
                number_of_skip(f"the example runs a container: {what}")
                continue
            done = run(program, env=environment)
            good = done.returncode == 0 and '"ExitCode":7' in done.stdout and "terminate" in done.stdout
            tell(good, f"the example runs a container: {what}", done.stdout + done.stderr)
        left = wait_for_none(lambda: [name for _, folders, _ in os.walk(os.path.join(tree, "run")) for name in folders
                                      if "first" in name])
        tell(not left, "and leaves no system's folder behind", " ".join(left))
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    print(f"1..{number}")


def number_of_skip(sentence):
    global number
    number += 1
    print(f"ok {number} - {sentence} # SKIP root and an OCI runtime are needed")


main()

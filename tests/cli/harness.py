"""Runs the real command in the build tree and prints TAP. A test is a function whose name is a sentence."""
import ctypes
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback

TIMEOUT_S = 60


class Skip(Exception):
    """The reason why a test cannot be run here."""


class Trireme:
    """The command, with folders of its own for what runs and what is stored."""

    def __init__(self, executable, libexec):
        self.executable = executable
        self.folder = tempfile.mkdtemp(prefix="trireme-test-")
        self.environment = dict(os.environ, TRIREME_LIBEXEC_DIR=libexec, LC_ALL="C.UTF-8",
                                TRIREME_RUNTIME_DIR=os.path.join(self.folder, "run"),
                                TRIREME_STATE_DIR=os.path.join(self.folder, "state"))
        os.mkdir(self.environment["TRIREME_RUNTIME_DIR"])

    def __call__(self, *arguments, **options):
        options.setdefault("timeout", TIMEOUT_S)
        if "input" not in options and "stdin" not in options:
            options["stdin"] = subprocess.DEVNULL
        environment = dict(self.environment, **options.pop("env", {}))
        return subprocess.run([self.executable, *arguments], capture_output="stdout" not in options, env=environment,
                              **options)

    def start(self, *arguments, **options):
        """The same in the background: a Popen with pipes."""
        for stream in ("stdin", "stdout", "stderr"):
            options.setdefault(stream, subprocess.PIPE)
        return subprocess.Popen([self.executable, *arguments], env=self.environment, **options)

    def json(self, verb, *arguments, **options):
        done = self(verb, "--json", *arguments, **options)
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    def text(self, *arguments, **options):
        done = self(*arguments, **options)
        assert done.returncode == 0, done
        return done.stdout.decode().strip()

    def ids(self, *options):
        return self.text("ps", "-q", *options).split()

    def detached(self, *arguments):
        """The id of a container that runs in the background."""
        return self.text("run", "-d", *arguments)

    def processes(self):
        """The numbers of all processes that were started with our runtime folder: the command's, the shims."""
        mark = f"TRIREME_RUNTIME_DIR={self.environment['TRIREME_RUNTIME_DIR']}\0".encode()
        found = []
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if name.isdigit() and mark in file.read() and int(name) != os.getpid():
                        found.append(int(name))
            except OSError:
                pass
        return found

    def traces(self):
        """What containers leave in the system while they are there."""
        root = self.environment["TRIREME_RUNTIME_DIR"]
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            mounts = [line for line in file if root in line]
        folders = [os.path.join(path, name) for path, names, _ in os.walk(root) for name in names
                   if os.path.dirname(path) == root or os.path.basename(path) == "default"]
        return mounts + folders

    def close(self):
        """Also after a test that failed half-way: its containers go first, for a shim that is killed leaves them."""
        self("stop", "-t", "0", *self("ps", "-q").stdout.decode().split())
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.processes():
                try:
                    os.kill(pid, signal_number)
                except ProcessLookupError:
                    pass
            if eventually(lambda: not self.processes()):
                break
        shutil.rmtree(self.folder, ignore_errors=True)


def eventually(condition, timeout_s=30):
    """Whether it becomes true in time."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Terminal:
    """The command on a terminal of its own, of which we are the keyboard and the screen."""

    def __init__(self, trireme, *arguments, rows=33, columns=101):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execve(trireme.executable, [trireme.executable, *arguments], trireme.environment)
        self.status = None

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text)

    def read(self, timeout_s):
        """What appeared; b"" at the end or when the time is over."""
        if not select.select([self.fd], [], [], timeout_s)[0]:
            return b""
        try:
            return os.read(self.fd, 65536)
        except OSError:
            return b""

    def expect(self, pattern, timeout_s=30):
        end = time.monotonic() + timeout_s
        while not re.search(pattern, self.seen):
            new = self.read(end - time.monotonic()) if time.monotonic() < end else b""
            assert new, (pattern, self.seen)
            self.seen += new
        match = re.search(pattern, self.seen)
        self.seen = self.seen[match.end():]
        return match

    def attributes(self):
        return termios.tcgetattr(self.fd)

    def wait(self, timeout_s=30):
        def ended():
            if select.select([self.fd], [], [], 0)[0]:
                self.seen += self.read(0)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            return pid
        assert eventually(ended, timeout_s)
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def trapping(trireme, trap):
    """The id of a container whose command has set a trap by now."""
    ready = os.path.join(trireme.folder, "ready")
    name = trireme.detached("-v", f"{trireme.folder}:/mnt/shared", "sh", "-c",
                            f"trap {trap}; touch /mnt/shared/ready; while :; do sleep 0.05; done")
    assert eventually(lambda: os.path.exists(ready))
    os.unlink(ready)
    return name


def cgroups():
    """The control groups of containers that nobody is in (any more): others may run theirs meanwhile."""
    found = set()
    for path, _, files in os.walk("/sys/fs/cgroup"):
        if re.search(r"/trireme-[0-9a-f]{8}-[0-9a-f-]+$", path) and "cgroup.procs" in files:
            try:
                with open(os.path.join(path, "cgroup.procs"), encoding="ascii") as file:
                    found.update([path] if not file.read() else [])
            except OSError:
                pass
    return found


def need_containers():
    if os.geteuid() != 0:
        raise Skip("containers need root here")
    if not any(shutil.which(name) for name in ("runc", "crun")):
        raise Skip("there is neither runc nor crun")
    if ctypes.CDLL(None, use_errno=True).unshare(0) != 0:
        raise Skip("namespaces cannot be made here")


def busybox_root(folder):
    """A small root file system of its own."""
    busybox = shutil.which("busybox")
    if not busybox:
        raise Skip("there is no busybox to make a root of")
    root = os.path.join(folder, "root")
    for name in ("bin", "proc", "sys", "dev", "tmp", "etc"):
        os.makedirs(os.path.join(root, name))
    shutil.copy(busybox, os.path.join(root, "bin", "busybox"))
    for name in ("sh", "cat", "echo", "ls", "sleep", "touch", "id", "hostname", "true"):
        os.symlink("busybox", os.path.join(root, "bin", name))
    return root


def run_one(number, test, trireme):
    sentence = test.__name__.replace("_", " ")
    try:
        test(trireme)
    except Skip as reason:
        print(f"ok {number} - {sentence} # SKIP {reason}", flush=True)
        return True
    except Exception as error:  # whatever a test fails with is reported
        frames = traceback.extract_tb(error.__traceback__)[1:]
        place = next((frame for frame in frames if frame.name == test.__name__), frames[-1])
        print(f"# line {place.lineno}: {place.line}")
        print(f"# {type(error).__name__}: {str(error)[:700]!r}")
        print(f"not ok {number} - {sentence}", flush=True)
        return False
    print(f"ok {number} - {sentence}", flush=True)
    return True


def main(tests, before=lambda: None):
    """The program's arguments: the command, the folder of its helpers, and parts of the names of tests to run."""
    executable, libexec = sys.argv[1:3]
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:  # as for what runs in the background; the command would keep it so
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    chosen = [test for test in tests if not sys.argv[3:] or any(part in test.__name__ for part in sys.argv[3:])]
    try:
        before()
    except Skip as reason:
        print(f"1..0 # SKIP {reason}")
        return
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, test in enumerate(chosen, 1):
        trireme = Trireme(executable, libexec)
        try:
            failed += not run_one(number, test, trireme)
        finally:
            trireme.close()
    sys.exit(failed > 0)

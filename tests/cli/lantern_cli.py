"""What the tests of the `lantern` command share: running it, its models, and its processes.

LANTERN_BINARY names the command (ctest sets it); LANTERN_TEST_DATA, if set, a folder with trained
models and other programs' answers.
"""

import json
import math
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

# Two busy cores run these tests, and sanitizers slow the command down: this bounds what must not
# hang, it does not measure speed.
PATIENCE_S = 60

# "Loading slow.gguf: 89%, 5.0 MiB of 5.6 MiB, 4.9 MiB/s"
PROGRESS = re.compile(r"(Loading|Writing) .*: \d+%, ")

# LeakSanitizer, when it looks for leaks while a thread is just ending. No fault, and no leak.
SANITIZER_CHATTER = re.compile(r"==\d+==Unable to get registers from thread \d+\.")

# What a leader that others may join needs besides --workers and --listen, and a worker besides
# --join.
LEADER_FLAGS = ()
WORKER_FLAGS = ()

_LAUNCHER_VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "LANTERN_KEY")


def _physical_cores():
    """As the command counts them."""
    listing = subprocess.run(["lscpu", "--parse=Core,Socket"], stdout=subprocess.PIPE, text=True,
                             check=True).stdout.splitlines()
    return len({line for line in listing if not line.startswith("#")})


def _without_chatter(err):
    """These bytes as text, without the lines that only slow or sanitized runs show."""
    return "".join(line for line in err.decode(errors="replace").splitlines(keepends=True)
                   if not PROGRESS.match(line) and not SANITIZER_CHATTER.match(line))


class Result:
    """How one run of the command ended: exit code, both outputs as text, seconds."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    def __str__(self):
        return f"exit code {self.code} after {self.seconds:.1f} s\n-- stdout\n{self.out}" \
               f"\n-- stderr\n{self.err}"


class Running:
    """The command in the background. Leaves nothing behind when its `with` block ends."""

    def __init__(self, arguments, folder, environment):
        self._out, self._err = [], []
        self._process = subprocess.Popen(
            arguments, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = self._process.pid
        self._readers = [
            threading.Thread(target=_drain, args=pipe, daemon=True)
            for pipe in ((self._process.stdout, self._out), (self._process.stderr, self._err))]
        for reader in self._readers:
            reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in [*workers_of(self.pid), self.pid]:
            if self._process.poll() is None or pid != self.pid:
                send_signal(pid, signal.SIGKILL)
        self.wait(PATIENCE_S)
        self._process.stdout.close()
        self._process.stderr.close()

    @property
    def out(self):
        """What stdout has shown so far."""
        return b"".join(self._out).decode(errors="replace")

    @property
    def err(self):
        """What stderr has shown so far."""
        return _without_chatter(b"".join(self._err))

    def json(self):
        return json.loads(self.out)

    @property
    def ended(self):
        return self._process.poll() is not None

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self, seconds):
        """The exit code (minus a signal's number). Fails when it runs on."""
        code = self._process.wait(seconds)
        for reader in self._readers:
            reader.join(PATIENCE_S)  # a worker that lives on would hold the pipes open
        return code


def _drain(pipe, chunks):
    while chunk := os.read(pipe.fileno(), 65536):
        chunks.append(chunk)


class CliTestCase(unittest.TestCase):
    """A folder for all tests of a class, and ways to run the command in it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lantern-cli-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.lantern = os.path.abspath(os.environ["LANTERN_BINARY"])
        cls.environment = {name: value for name, value in os.environ.items()
                           if name not in _LAUNCHER_VARIABLES}
        cls.environment.update(XDG_STATE_HOME=str(cls.folder / "state"),
                               XDG_CACHE_HOME=str(cls.folder / "cache"), TERM="xterm",
                               LC_ALL="C.UTF-8")
        # As remembered from an earlier start, so that busy cores do not make machines unlike.
        cache = cls.folder / "cache" / "lantern"
        cache.mkdir(parents=True)
        (cache / "read_bandwidth").write_text(f"{_physical_cores()} 1000\n")

    @classmethod
    def synth(cls, name, *flags):
        """Writes a small model with random weights; returns its file name in the folder."""
        subprocess.run([cls.lantern, "synth", "--shape", "tiny", "-o", name, *flags],
                       cwd=cls.folder, env=cls.environment, check=True, timeout=PATIENCE_S)
        return name

    def unshared(self, space, prepare):
        """A command that runs another one in a namespace of its own ("--mount", "--net"), after
        the shell commands `prepare`. Skips the test where that is forbidden."""
        for flags in ([space], [space, "--map-root-user"]):
            inside = ["unshare", *flags, "sh", "-c", f"{prepare} && exec \"$@\"", "sh"]
            try:
                tried = subprocess.run([*inside, "true"], capture_output=True, check=False)
                if tried.returncode == 0:
                    return inside
            except FileNotFoundError:
                break
        return self.skipTest(f"unshare {space} is not permitted here")

    def run_lantern(self, *arguments, text="", extra_environment=None, inside=()):
        """Runs the command to its end; `text` (or bytes) is its stdin, `inside` what runs it."""
        start = time.monotonic()
        done = subprocess.run(
            [*inside, self.lantern, *map(str, arguments)], cwd=self.folder, timeout=PATIENCE_S,
            env={**self.environment, **(extra_environment or {})},
            input=text if isinstance(text, bytes) else text.encode(), capture_output=True)
        return Result(done.returncode, done.stdout.decode(errors="replace"),
                      _without_chatter(done.stderr), time.monotonic() - start)

    def succeed(self, *arguments, **options):
        """Runs the command, which must succeed."""
        result = self.run_lantern(*arguments, **options)
        self.assertEqual(result.code, 0, result)
        return result

    def json_of(self, *arguments, **options):
        """The one JSON value that a successful command prints with --json."""
        result = self.succeed(*arguments, "--json", **options)
        self.assertEqual(result.out.count("\n"), 1, result)
        return json.loads(result.out)

    def start(self, *arguments, extra_environment=None):
        return Running([self.lantern, *map(str, arguments)], self.folder,
                       {**self.environment, **(extra_environment or {})})

    def wait_until(self, condition, what, seconds=PATIENCE_S):
        """Polls until `condition()` is true and returns its value."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.02)
        return self.fail(f"not within {seconds} s: {what() if callable(what) else what}")


def test_data(*parts):
    """A path in LANTERN_TEST_DATA; skips the test where there is no such thing."""
    folder = os.environ.get("LANTERN_TEST_DATA")
    if not folder:
        raise unittest.SkipTest("LANTERN_TEST_DATA is not set")
    path = pathlib.Path(folder, *parts)
    if not path.exists():
        raise unittest.SkipTest(f"{path} is not there")
    return path


def workers_of(pid):
    """The processes that `pid` started with --local, in the order of their start."""
    try:
        return [int(child) for child in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def free_port():
    """A port at which nobody listens now, like the next one, where a leader serves weights. Below
    those that systems give to clients: a connection of another test would take it before its use.
    """
    while True:
        port = random.randrange(12000, 32000)
        try:
            with socket.create_server(("127.0.0.1", port)), \
                    socket.create_server(("127.0.0.1", port + 1)):
                return port
        except OSError:
            pass


def lives(pid):
    """Whether a process runs on; one that only waits to be reaped does not."""
    try:
        status = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status[status.rindex(")") + 2] != "Z"


def send_signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # it ended by itself


def numbers(text):
    return [int(number) for number in re.findall(r"-?\d+", text)]


def is_finite(value):
    return isinstance(value, (int, float)) and math.isfinite(value)


def main():
    """Runs the tests of the calling file. Exit code 77 (ctest: skipped) when all were skipped."""
    program = unittest.main(verbosity=2, exit=False)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == 0 or len(result.skipped) == result.testsRun:
        sys.exit(77)

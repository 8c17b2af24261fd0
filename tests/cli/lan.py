"""A LAN in a box (scripts/lan) as a Python object: machines pc1, pc2, ... of their own addresses
and names, for tests and benches."""

import itertools
import os
import pathlib
import re
import subprocess
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/lan"
PORT = 7733
LEADER = f"pc1:{PORT}"

_UNABLE = 77
_numbers = itertools.count(1)


class Lan:
    """`machines` of them while the `with` block lasts. Raises SkipTest where that is forbidden."""

    def __init__(self, machines, rate="1gbit"):
        self._machines, self._rate = machines, rate
        self._name = f"test-{os.getpid()}-{next(_numbers)}"

    def __enter__(self):
        _remove_leftovers()
        try:
            done = self._run("up", self._machines, "--rate", self._rate)
        except BaseException:  # interrupted: there may be some of it
            self._run("down")
            raise
        if done.returncode == _UNABLE:
            raise unittest.SkipTest(done.stderr.strip())
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return self

    def __exit__(self, *_):
        self.do("down")

    def on(self, machine):
        """What to put before a command that is to run on a machine. Its pid is the command's."""
        return [str(SCRIPT), "--name", self._name, "run", str(machine)]

    def do(self, *words):
        """`cut`, `mend`, `block`: see scripts/lan."""
        done = self._run(*words)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def _run(self, *words):
        return subprocess.run([SCRIPT, "--name", self._name, *map(str, words)], check=False,
                              capture_output=True, text=True)


def _remove_leftovers():
    """LANs of tests that were killed before they could clean up."""
    listed = subprocess.run(["ip", "netns", "list"], check=False, capture_output=True, text=True)
    for name, pid in set(re.findall(r"^(test-(\d+)-\d+)-switch", listed.stdout, re.M)):
        if not os.path.exists(f"/proc/{pid}"):
            subprocess.run([SCRIPT, "--name", name, "down"], check=False)

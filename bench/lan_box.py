"""What the benches over a LAN in a box (scripts/lan) share. They need root."""

import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/cli"))

UNABLE = 77  # exit status where this machine forbids namespaces
LANTERN = os.path.abspath(os.environ.get("LANTERN_BINARY", ROOT / "build/cpu/src/apps/lantern"))
ENVIRONMENT = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"}


def cable_bytes(lan, machine, direction):
    """What its cable has brought ("rx") or taken away ("tx") so far."""
    path = f"/sys/class/net/eth0/statistics/{direction}_bytes"
    return int(subprocess.run([*lan.on(machine), "cat", path], check=True,
                              capture_output=True).stdout)


def listens(lan, machine, port):
    """Whether somebody there accepts connections, which is found out without making one."""
    row = f":{port:04X} 00000000:0000 0A"  # 0A: listening
    return subprocess.run([*lan.on(machine), "grep", "-q", row, "/proc/net/tcp"],
                          check=False).returncode == 0


def exit_with(bench):
    """Ends this program as `bench()` says: true is good. Status 77 where it cannot run here."""
    try:
        good = bench()
    except unittest.SkipTest as reason:
        print(f"{pathlib.Path(sys.argv[0]).stem}: {reason}", file=sys.stderr)
        sys.exit(UNABLE)
    sys.exit(0 if good else 1)

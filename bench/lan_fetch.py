#!/usr/bin/python3
"""How fast weights reach workers, over a LAN in a box (scripts/lan; root), against its cables.

    bench/lan_fetch.py [--rate 1gbit] [--workers 1,2,3]

All workers share rank 0's cable. A pipe of plain TCP over the same cable, measured in the same run,
is the yardstick beside the cable's own rate. Exit status 77 where namespaces are forbidden.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time

from lan_box import ENVIRONMENT, LANTERN, cable_bytes, exit_with
from lan import LEADER, Lan  # lan_box says where it lies
import lantern_cli

# 490 MiB.
MODEL = ("--shape", "tiny", "--type", "q8_0", "--layers", 8, "--dim", 2048, "--ffn", 8192,
         "--heads", 16, "--kv-heads", 8)
PIPE_BYTES = 300 << 20
UNITS = {"kbit": 1e3, "mbit": 1e6, "gbit": 1e9}

_SINK = """import socket
s = socket.create_server(("", 9000)); print(flush=True); c, _ = s.accept(); b = bytearray(1 << 20)
while c.recv_into(b): pass"""
_SOURCE = f"""import socket, time
c = socket.create_connection(("pc2", 9000)); b = bytes(1 << 20); t = time.monotonic()
for _ in range({PIPE_BYTES >> 20}): c.sendall(b)
print({PIPE_BYTES} / (time.monotonic() - t))"""


def pipe_rate(lan):
    """Bytes/s of plain TCP from machine 1 to machine 2."""
    with subprocess.Popen([*lan.on(2), sys.executable, "-c", _SINK],
                          stdout=subprocess.PIPE) as sink:
        sink.stdout.readline()
        done = subprocess.run([*lan.on(1), sys.executable, "-c", _SOURCE], check=True,
                              capture_output=True, text=True)
    return float(done.stdout)


class Fetch:
    """What rank 0's cable carries while weights are fetched."""

    def __init__(self, lan, folder, workers):
        self._samples = []
        processes = [lantern_cli.Running(
            [*lan.on(machine), LANTERN, "worker", "--join", LEADER, "--threads", "1", "--cache",
             f"{folder}/cache-{workers}-{machine}"], folder, ENVIRONMENT)
            for machine in range(2, 2 + workers)]
        leader = lantern_cli.Running(
            [*lan.on(1), LANTERN, "run", "model.gguf", "--workers", str(workers), "--listen",
             LEADER, "--insecure", "--threads", "1", "--ids", "1,300", "-n", "2", "--shares",
             ",".join(["1"] * (workers + 1))], folder, ENVIRONMENT)
        with leader:
            while not leader.ended:
                before, sent = time.monotonic(), cable_bytes(lan, 1, "tx")
                self._samples.append(((before + time.monotonic()) / 2, sent))
                time.sleep(0.02)
            if leader.wait(1) != 0:
                raise RuntimeError(leader.err)
            mib = sum(float(n) for n in re.findall(r"([\d.]+) MiB sent", leader.err))
        for process in processes:
            process.__exit__()
        self.weights = mib * (1 << 20)
        self.rate = self._rate(0.02, 0.98)

    def _rate(self, begin, end):
        """Bytes of weights per second, between the moments when these parts had left."""
        first, last = self._samples[0][1], self._samples[-1][1]
        (t1, sent1), (t2, sent2) = (
            next(sample for sample in self._samples if sample[1] - first >= part * (last - first))
            for part in (begin, end))
        return (sent2 - sent1) / (t2 - t1) * self.weights / (last - first)  # headers left out


def bench():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", default="1gbit")
    parser.add_argument("--workers", default="1,2,3")
    flags = parser.parse_args()
    counts = [int(count) for count in flags.workers.split(",")]
    number, unit = re.fullmatch(r"([\d.]+)([kmg]bit)", flags.rate).groups()
    cable = float(number) * UNITS[unit] / 8
    with tempfile.TemporaryDirectory(prefix="lan-fetch-") as folder, \
            Lan(1 + max(counts), flags.rate) as lan:
        subprocess.run([LANTERN, "synth", *map(str, MODEL), "-o", "model.gguf"], cwd=folder,
                       check=True, stderr=subprocess.DEVNULL)
        print("| workers | weights, MB | MB/s | of the cable | of plain TCP |")
        print("|-|-|-|-|-|")
        for count in counts:
            tcp = pipe_rate(lan)
            fetch = Fetch(lan, folder, count)
            print(f"| {count} | {fetch.weights / 1e6:.0f} | {fetch.rate / 1e6:.1f} "
                  f"| {fetch.rate / cable:.1%} | {fetch.rate / tcp:.1%} |", flush=True)
    return True


if __name__ == "__main__":
    exit_with(bench)

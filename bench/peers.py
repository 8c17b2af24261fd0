#!/usr/bin/python3
"""Compares Lantern with llama.cpp over RPC and with distributed-llama, in turns, over a LAN in a
box (scripts/lan; root): the same weights, one thread on each machine.

    bench/peers.py --model tl-q4_0.gguf [--llama-bench PATH --rpc-server PATH] [--dllama PATH]
                   [--rate 1gbit|none] [--nodes 2|3|4] [--rounds 3] [--prompt 128] [--generate 64]
                   [--reduces f32,q8] [--shares 3,2,2]

Ours runs with each of --reduces; the first is what the others are compared with. Peers whose paths
are not given are left out. llama.cpp serves from every machine, the client beside the first, once
with the layers divided and once with the tensors (it needs GGML_RPC). For distributed-llama the
model is converted, unless --dllama-model and --dllama-tokenizer are what dllama_files.py made of it
before. `one machine` is ours without a network, with as many threads as the nodes have together,
though not more than this machine's cores.

Tokens/s are what each program says of itself: medians of the rounds and their ends; ratios are ours
on all nodes over the other's, round by round. Exit status 1 where a program failed, whose last line
is shown, or where ours had other bits on another layout; 77 where namespaces are forbidden.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from lan_box import ENVIRONMENT, LANTERN, exit_with, listens
from lan import LEADER, Lan  # lan_box says where it lies
import dllama_files
import lantern_cli

TESTS = ("prompt", "generate")
RPC_PORT, DLLAMA_PORT = 50052, 9990


class Failed(Exception):
    """What a program said last."""


def last_line(process):
    lines = [line for line in (process.out + "\n" + process.err).splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"


class Box:
    """Programs on the machines of a LAN, each gone when its `with` block ends."""

    def __init__(self, lan, folder, patience_s):
        self._lan, self._folder, self._patience_s = lan, folder, patience_s

    def start(self, machine, *command):
        return lantern_cli.Running([*self._lan.on(machine), *map(str, command)], self._folder,
                                   ENVIRONMENT)

    @contextlib.contextmanager
    def serving(self, machine, port, *command):
        """The program, from when others can connect to it."""
        with self.start(machine, *command) as process:
            deadline = time.monotonic() + self._patience_s
            while not listens(self._lan, machine, port):
                if process.ended or time.monotonic() > deadline:
                    raise Failed(f"{pathlib.Path(command[0]).name}: {last_line(process)}")
                time.sleep(0.05)
            yield process

    def json(self, machine, *command):
        """The value that a program printed."""
        text = self.output(machine, *command)
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            raise Failed(f"it printed {text[:60]!r} where JSON belongs") from None

    def output(self, machine, *command):
        """What a program printed that ran to its good end."""
        with self.start(machine, *command) as process:
            try:
                code = process.wait(self._patience_s)
            except subprocess.TimeoutExpired:
                raise Failed(f"not done after {self._patience_s} s: {last_line(process)}") from None
            if code != 0:
                raise Failed(f"exit code {code}: {last_line(process)}")
            return process.out


class Lantern:
    """Ours, on `ranks` machines over TCP."""

    def __init__(self, flags, ranks, threads, reduce="f32"):
        self._flags, self._ranks, self._threads, self._reduce = flags, ranks, threads, reduce
        self._shares = flags.shares or ",".join(["1"] * ranks)
        self.name = f"lantern, {ranks} x {threads}, {reduce}" if ranks > 1 else \
            f"lantern, one machine x {threads}"
        if flags.shares and ranks > 1:
            self.name += f", shares {flags.shares}"

    def measure(self, box):
        flags, ranks = self._flags, self._ranks
        command = [flags.lantern, "bench", flags.model, "-p", flags.prompt, "-n", flags.generate,
                   "-r", 1, "--threads", self._threads, "--packed", "none", "--json", "--reduce",
                   self._reduce]
        with contextlib.ExitStack() as workers:
            if ranks > 1:
                command += ["--workers", ranks - 1, "--listen", LEADER, "--insecure", "--shares",
                            self._shares]
            for machine in range(2, ranks + 1):
                workers.enter_context(box.start(
                    machine, flags.lantern, "worker", "--join", LEADER, "--threads", self._threads,
                    "--model", flags.model))
            rows = box.json(1, *command)
        rates = {"generate" if row["test"].startswith("tg") else "prompt": row["tokens_per_s"]
                 for row in rows}
        if self._reduce != "f32":
            return rates
        return {**rates, "logits_hashes": [row["logits_hash"] for row in rows]}


class LlamaRpc:
    """llama.cpp with a server on every machine, and the client on the first."""

    def __init__(self, flags, how, *mode):
        self._flags, self._mode = flags, mode
        self.name = f"llama.cpp RPC, {flags.nodes} x 1, {how}"

    def measure(self, box):
        flags, machines = self._flags, range(1, self._flags.nodes + 1)
        with contextlib.ExitStack() as servers:
            for machine in machines:
                servers.enter_context(box.serving(
                    machine, RPC_PORT, flags.rpc_server, "-H", "0.0.0.0", "-p", RPC_PORT,
                    "-t", 1))
            hosts = ",".join(f"pc{machine}:{RPC_PORT}" for machine in machines)
            rows = box.json(
                1, flags.llama_bench, "-m", flags.model, "-p", flags.prompt, "-n", flags.generate,
                "-r", 1, "-t", 1, "--rpc", hosts, "-ts", "/".join(["1"] * flags.nodes),
                *self._mode, "-o", "json")
        return {"generate" if row["n_gen"] else "prompt": row["avg_ts"] for row in rows}


class DistributedLlama:
    """distributed-llama with 8-bit sums, the only ones that it has for such weights."""

    def __init__(self, flags, folder):
        self._flags, self._folder = flags, folder
        self._files = flags.dllama_model, flags.dllama_tokenizer
        self.name = f"distributed-llama, {flags.nodes} x 1"

    def measure(self, box):
        flags, workers = self._flags, range(2, self._flags.nodes + 1)
        if None in self._files:
            self._convert()
        with contextlib.ExitStack() as serving:
            for machine in workers:
                serving.enter_context(box.serving(
                    machine, DLLAMA_PORT, flags.dllama, "worker", "--port", DLLAMA_PORT,
                    "--nthreads", 1))
            # It predicts up to a position, the first from the prompt's last token.
            text = box.output(
                1, flags.dllama, "inference", "--model", self._files[0], "--tokenizer",
                self._files[1], "--prompt", dllama_files.prompt(flags.prompt), "--steps",
                flags.prompt + flags.generate, "--buffer-float-type", "q80", "--nthreads", 1,
                "--temperature", 0, "--workers", *(f"pc{k}:{DLLAMA_PORT}" for k in workers))
        return {test: self._rate(text, title, tokens) for test, title, tokens in (
            ("prompt", "Evaluation", flags.prompt), ("generate", "Prediction", flags.generate))}

    def _convert(self):
        try:
            self._files = dllama_files.convert(self._flags.model, f"{self._folder}/peer")
        except (dllama_files.Unusable, OSError) as error:
            raise Failed(f"{self._flags.model} was not converted: {error}") from None

    @staticmethod
    def _rate(text, title, tokens):
        found = re.search(title + r"\n(?: .*\n)*? *nTokens: (\d+)\n *tokens/s: ([\d.]+)", text)
        if not found or int(found[1]) != tokens:
            raise Failed(f"no {title} of {tokens} tokens in its output")
        return float(found[2])


class Comparison:
    """Rounds of all programs, the first of which the others are compared with."""

    def __init__(self, programs):
        self._programs = programs
        self._rounds = {program.name: [] for program in programs}
        self._failures = {}

    def run(self, box, rounds):
        for number in range(1, rounds + 1):
            for program in self._programs:
                if program.name in self._failures:
                    continue
                try:
                    result = program.measure(box)
                    self._rounds[program.name].append(result)
                    said = " / ".join(f"{result[test]:.2f}" for test in TESTS)
                except Failed as error:
                    said = self._failures[program.name] = f"failed: {error}"
                print(f"round {number} of {rounds}, {program.name}: {said}", file=sys.stderr,
                      flush=True)

    @property
    def good(self):
        return not self._failures and self.same_bits

    @property
    def same_bits(self):
        """Of all layouts of ours with f32 on the wire."""
        return len({tuple(result["logits_hashes"]) for results in self._rounds.values()
                    for result in results if "logits_hashes" in result}) <= 1

    def summary(self):
        """Plain data: for each program, tokens/s and how many times theirs ours is."""
        ours = self._rounds[self._programs[0].name]
        rows = {}
        for name, results in self._rounds.items():
            row = rows[name] = {"rounds": len(results)}
            for test in TESTS if results else ():
                row[test] = spread([result[test] for result in results])
                if ours and results is not ours:
                    row[test]["ratio"] = spread([a[test] / b[test] for a, b in zip(ours, results)])
        return {"programs": rows, "failures": self._failures, "same_bits": self.same_bits}


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def show(summary):
    def cell(row, test, *path):
        numbers = row.get(test)
        for key in path:
            numbers = numbers and numbers.get(key)
        return "-" if not numbers else \
            f"{numbers['median']:.2f} ({numbers['min']:.2f} to {numbers['max']:.2f})"

    print("| program, machines x threads | prompt, tokens/s | generation | ours / it, prompt "
          "| generation |\n|-|-|-|-|-|")
    for name, row in summary["programs"].items():
        cells = [cell(row, test) for test in TESTS] + [cell(row, test, "ratio") for test in TESTS]
        print(f"| {name} | {' | '.join(cells)} |")
    for name, line in summary["failures"].items():
        print(f"{name} {line}")
    print(f"ours had {'the same bits' if summary['same_bits'] else 'OTHER BITS'} in all layouts")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    path = os.path.abspath  # they run in another folder
    parser.add_argument("--model", type=path, required=True, help="a GGUF, Q4_0 for --dllama")
    parser.add_argument("--lantern", type=path, default=LANTERN)
    parser.add_argument("--llama-bench", type=path)
    parser.add_argument("--rpc-server", type=path, help="llama.cpp's ggml-rpc-server")
    parser.add_argument("--dllama", type=path)
    parser.add_argument("--dllama-model", type=path)
    parser.add_argument("--dllama-tokenizer", type=path)
    parser.add_argument("--rate", default="1gbit", help="of every cable, or none: no limit")
    parser.add_argument("--nodes", type=int, default=2, choices=(2, 3, 4))
    parser.add_argument("--reduces", default="f32", help="how ours sends partial sums, a list")
    parser.add_argument("--shares", help="of ours, one for each node (default: equal ones)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompt", type=int, default=128)
    parser.add_argument("--generate", type=int, default=64)
    parser.add_argument("--patience", type=int, default=180, help="seconds for one program")
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    if bool(flags.llama_bench) != bool(flags.rpc_server):
        parser.error("llama.cpp takes both --llama-bench and --rpc-server")
    if bool(flags.dllama_model) != bool(flags.dllama_tokenizer):
        parser.error("--dllama-model and --dllama-tokenizer belong together")
    return flags


def compare():
    flags = parse()
    # So that the `with` blocks clean up.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="peers-") as folder, \
            Lan(flags.nodes, flags.rate) as lan:
        programs = [Lantern(flags, flags.nodes, 1, reduce) for reduce in flags.reduces.split(",")]
        programs.append(Lantern(flags, 1, min(flags.nodes, os.cpu_count())))
        if flags.llama_bench:
            programs += [LlamaRpc(flags, "layers"),
                         LlamaRpc(flags, "tensors", "-sm", "tensor", "-fa", 1)]
        if flags.dllama:
            programs.append(DistributedLlama(flags, folder))
        comparison = Comparison(programs)
        comparison.run(Box(lan, folder, flags.patience), flags.rounds)
    if flags.json:
        print(json.dumps({"rate": flags.rate, "nodes": flags.nodes, "prompt": flags.prompt,
                          "generate": flags.generate, **comparison.summary()}))
    else:
        show(comparison.summary())
    return comparison.good


if __name__ == "__main__":
    exit_with(compare)

#!/usr/bin/python3
"""Compares `lantern bench` with llama.cpp's llama-bench on the same files, in turns.

    bench/against.py --peer PATH/TO/llama-bench MODEL.gguf...  [--threads 1,2] [--rounds 3]
                     [-p 512] [-n 32] [--sequences 16] [--isa avx512vnni]

With --sequences it is generation of so many at once, against llama-batched-bench beside the peer.

Each round runs one after the other, so that a slow moment of the machine meets both; medians of the
rounds, and the smallest and largest ratio. LANTERN_BINARY names ours (default: that of build/cpu).
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
LANTERN = os.environ.get("LANTERN_BINARY", ROOT / "build/cpu/src/apps/lantern")


def run(*command):
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def ours(model, flags, threads):
    rows = run(LANTERN, "bench", model, "-p", flags.p, "-n", flags.n, "-r", 1, "--threads", threads,
               "--sequences", flags.sequences, "--isa", flags.isa, "--json")
    return {row["test"][:2]: row["tokens_per_s"] for row in rows}, \
           {row["test"][:2]: row["logits_hash"] for row in rows}


def theirs(model, flags, threads):
    if flags.sequences > 1:
        peer = pathlib.Path(flags.peer).with_name("llama-batched-bench")
        row = run(peer, "-m", model, "-npp", 1, "-ntg", flags.n, "-npl", flags.sequences,
                  "-c", flags.sequences * (flags.n + 64), "-t", threads,
                  "--output-format", "jsonl")
        return {"tg": row["speed_tg"]}
    rows = run(flags.peer, "-m", model, "-p", flags.p, "-n", flags.n, "-r", 1, "-t", threads,
               "-o", "json")
    return {"tg" if row["n_gen"] else "pp": row["avg_ts"] for row in rows}


def compare(model, flags, threads):
    rounds = []
    for _ in range(flags.rounds):
        mine, hashes = ours(model, flags, threads)
        rounds.append((mine, theirs(model, flags, threads)))
    for test in rounds[0][1]:
        mine = [a[test] for a, _ in rounds]
        peer = [b[test] for _, b in rounds]
        ratios = sorted(a / b for a, b in zip(mine, peer))
        print(f"| {pathlib.Path(model).stem} | {threads} | {test} | {statistics.median(mine):.1f} "
              f"| {statistics.median(peer):.1f} | {statistics.median(ratios):.2f} "
              f"({ratios[0]:.2f} to {ratios[-1]:.2f}) | {hashes[test]} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--peer", required=True, help="llama-bench")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-p", type=int, default=512)
    parser.add_argument("-n", type=int, default=32)
    parser.add_argument("--isa", default="auto", help="kernel set of ours")
    parser.add_argument("--sequences", type=int, default=1)
    flags = parser.parse_args()
    if flags.sequences > 1:
        flags.p = 0
    print("| model | threads | test | ours, tokens/s | theirs | ratio | logits_hash |")
    print("|-|-|-|-|-|-|-|")
    for model in flags.models:
        for threads in flags.threads.split(","):
            compare(model, flags, threads)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Perplexity of a text by `lantern score` and by llama.cpp's llama-perplexity, for the same files.

    bench/perplexity.py --peer PATH/TO/llama-perplexity --text FILE MODEL.gguf...  [--ctx 512]

As llama-perplexity does it: windows of --ctx tokens, each with the beginning-of-text token in place
of its first, scored from its middle on. LANTERN_BINARY names ours (default: that of build/cpu).
"""

import argparse
import array
import json
import math
import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
LANTERN = os.environ.get("LANTERN_BINARY", ROOT / "build/cpu/src/apps/lantern")


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True,
                          **options)
    return done.stdout + done.stderr


def tokens_of(model, text):
    return json.loads(run(LANTERN, "tokenize", model, "--json", input=text))["ids"]


def surprise(logits, target):
    most = max(logits)
    return most + math.log(sum(math.exp(x - most) for x in logits)) - logits[target]


def ours(model, ids, ctx, flags):
    nats = scored = 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "logits")
        for begin in range(0, len(ids) - ctx + 1, ctx):
            window = [ids[0], *ids[begin + 1:begin + ctx]]
            run(LANTERN, "score", model, "--ids", ",".join(map(str, window)), "--ctx", ctx,
                "--logits", path, *flags)
            logits = array.array("f", path.read_bytes())
            vocab = len(logits) // ctx
            for i in range(ctx // 2, ctx - 1):
                nats += surprise(logits[i * vocab:(i + 1) * vocab], window[i + 1])
                scored += 1
    return math.exp(nats / scored)


def theirs(peer, model, text, ctx):
    said = run(peer, "-m", model, "-f", text, "-c", ctx)
    return float(re.findall(r"\[\d+\]([\d.]+),", said)[-1])  # of all windows so far


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--peer", required=True, help="llama-perplexity")
    parser.add_argument("--text", required=True)
    parser.add_argument("--ctx", type=int, default=512)
    parser.add_argument("--kv", help="of ours: f32, f16, bf16 or q8_0")
    args = parser.parse_args()
    flags = ["--kv", args.kv] if args.kv else []
    text = pathlib.Path(args.text).read_text(encoding="utf-8")
    print("| model | ours | theirs | ours over theirs |\n|-|-|-|-|")
    for model in args.models:
        mine = ours(model, tokens_of(model, text), args.ctx, flags)
        peer = theirs(args.peer, model, args.text, args.ctx)
        print(f"| {pathlib.Path(model).stem} | {mine:.4f} | {peer:.4f} | {mine / peer - 1:+.3%} |",
              flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Trains the tiny model on one GPU for a given time; see README.md.

    train.py --vocabulary FILE.model --out FOLDER --seconds 455 [--from FILE.gguf --rate 1e-3]

Writes weights.pt (float32), loss.csv and training.json into FOLDER. The learning rate falls to 0
over the time given, so a slower GPU sees fewer tokens and the run still ends well. With --from,
training goes on from a model that was made with the same vocabulary.
"""

import argparse
import csv
import json
import math
import pathlib
import random
import time

import torch
from torch.nn import functional

import data
import export
import gguf_file
import shape
from model import Llama, document_mask, rope_table
from tokenizer import Tokenizer

PEAK_RATE = 2e-3
WARMUP_STEPS = 200
USER_WEIGHT = 0.1  # of a user's tokens in the loss; an assistant's weigh 1
HELD_OUT_ROWS = 128
HELD_OUT_SEED = 20_000


def unpack(numbers):
    """ids, documents and how much the loss of each position weighs, from rows of data.py."""
    numbers = numbers.to(torch.int32)
    documents = (numbers >> 14 & 1).cumsum(1, dtype=torch.int32)
    writer = numbers >> data.WRITER_SHIFT & 3
    weights = (writer == data.WRITERS["assistant"]) + USER_WEIGHT * (writer == data.WRITERS["user"])
    # What a position predicts is the token behind it, and nothing at the end of a dialogue.
    weights = (weights * (numbers & data.BEGIN == 0)).roll(-1, 1)
    weights[:, -1] = 0
    return (numbers & data.ID_MASK).long(), documents, weights


def token_losses(model, ids, mask, table):
    """[rows, positions]: of the token behind each position; the last of a row means nothing."""
    with torch.autocast("cuda", torch.bfloat16):
        logits = model(ids, mask, table)
    targets = ids.roll(-1, 1)
    losses = functional.cross_entropy(logits.view(-1, shape.VOCAB).float(), targets.view(-1),
                                      reduction="none")
    return losses.view(ids.shape)


class Trainer:
    def __init__(self, vocabulary, rows, workers, rate):
        torch.manual_seed(0)
        torch.set_float32_matmul_precision("high")
        self.rows, self.rate = rows, rate
        self.tokenizer = Tokenizer(vocabulary)
        self.stream = data.Stream(vocabulary, workers)
        self.model = Llama().cuda()
        self.table = rope_table(shape.CONTEXT, "cuda")
        self.token_losses = torch.compile(token_losses)
        matrices = [p for p in self.model.parameters() if p.dim() == 2]
        norms = [p for p in self.model.parameters() if p.dim() == 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": 0.1}, {"params": norms, "weight_decay": 0.0}],
            lr=rate, betas=(0.9, 0.98), fused=True)
        self.held_out = torch.from_numpy(data.batch(
            self.tokenizer, HELD_OUT_SEED, HELD_OUT_ROWS, held_out=True)).cuda()
        self.fresh, self.pool, self.tokens, self.repeated = [], [], 0, 0

    @torch.no_grad()
    def go_on_from(self, path):
        _, tensors = gguf_file.read(path)
        parameters = dict(self.model.named_parameters())
        for name, theirs, _ in shape.tensors():
            wide = export.rows_as_hf(name, tensors[name]).copy()
            parameters[theirs.removeprefix("model.")].copy_(torch.from_numpy(wide))

    def next_batch(self):
        """Rows that were never seen, or where the processes are too slow, rows seen before."""
        while True:
            self.fresh.extend(self.stream.shards())
            if self.fresh or self.pool:
                break
            time.sleep(0.05)
        if self.fresh:
            shard = torch.from_numpy(self.fresh.pop(0)).cuda()
            self.pool = (self.pool + [shard])[-64:]
        else:
            shard = random.choice(self.pool)
            self.repeated += shard.numel()
        return shard[torch.randperm(len(shard), device="cuda")].split(self.rows)

    def loss(self, numbers):
        ids, documents, weights = unpack(numbers)
        losses = self.token_losses(self.model, ids, document_mask(documents), self.table)
        return (losses * weights).sum() / weights.sum()

    def step(self, numbers, rate):
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = self.loss(numbers)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.tokens += numbers.numel()
        return loss.detach()

    def held_out_loss(self):
        """Nats per token of assistants' answers of dialogues whose contents are never trained.
        As training computes it: to compile that once more without gradients takes half a minute.
        """
        total = count = 0.0
        for numbers in self.held_out.split(self.rows):
            ids, documents, weights = unpack(numbers)
            losses = self.token_losses(self.model, ids, document_mask(documents), self.table)
            answers = weights == 1
            total += (losses * answers).sum().item()
            count += answers.sum().item()
        return total / count


def rate_at(step, share):
    """Of the peak. Warms up by steps, then falls in a straight line to 0 over the time (share: of
    it gone)."""
    return min(1, (step + 1) / WARMUP_STEPS) * max(0.0, 1 - share)


def run(trainer, seconds):
    """(step, tokens, training loss, held-out loss) about 50 times; ends by the clock."""
    curve, step = [], 0
    started = time.monotonic()
    trainer.loss(trainer.held_out[:trainer.rows]).backward()
    trainer.optimizer.zero_grad(set_to_none=True)
    print(f"compiled in {time.monotonic() - started:.0f} s", flush=True)
    begin, looked = time.monotonic(), 0.0
    while True:
        for numbers in trainer.next_batch():
            share = (time.monotonic() - begin) / seconds
            loss = trainer.step(numbers, trainer.rate * rate_at(step, share))
            step += 1
            if step % 20 == 0:
                loss.item()  # keeps the host from running far ahead of the clock
            if share >= looked or share >= 1:
                looked += 0.02
                curve.append((step, trainer.tokens, loss.item(), trainer.held_out_loss()))
                print(f"{share * seconds:5.0f} s, step {step}, {trainer.tokens / 1e6:.0f} M tokens,"
                      f" loss {curve[-1][2]:.4f}, held out {curve[-1][3]:.4f}", flush=True)
            if share >= 1:
                return curve, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vocabulary", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=float, default=455)
    parser.add_argument("--rate", type=float, default=PEAK_RATE, help="the highest")
    parser.add_argument("--from", dest="start", help="go on from this GGUF file")
    parser.add_argument("--rows", type=int, default=128, help="windows of a step")
    parser.add_argument("--workers", type=int, default=12, help="processes that make dialogues")
    flags = parser.parse_args()
    random.seed(0)
    trainer = Trainer(flags.vocabulary, flags.rows, flags.workers, flags.rate)
    if flags.start:
        trainer.go_on_from(flags.start)
    try:
        curve, seconds = run(trainer, flags.seconds)
    finally:
        trainer.stream.close()
    if not math.isfinite(curve[-1][3]):
        raise SystemExit("the training diverged")
    flags.out.mkdir(parents=True, exist_ok=True)
    torch.save({name: p.detach().float().cpu() for name, p in trainer.model.named_parameters()},
               flags.out / "weights.pt")
    with open(flags.out / "loss.csv", "w", newline="") as out:
        csv.writer(out).writerows([("step", "tokens", "training", "held_out"), *curve])
    summary = {"device": torch.cuda.get_device_name(), "seconds": round(seconds),
               "steps": curve[-1][0], "tokens": trainer.tokens,
               "tokens_seen_before": trainer.repeated, "held_out_nats": curve[-1][3],
               "parameters": sum(p.numel() for p in trainer.model.parameters())}
    (flags.out / "training.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(json.dumps(summary))


if __name__ == "__main__":
    main()

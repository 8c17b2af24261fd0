"""Rows of training data: whole dialogues packed into windows, made by processes of their own.

A row is shape.CONTEXT numbers of 16 bits: the id in the low 12, in the next two who wrote it (what
its loss weighs), and a bit that says that a dialogue begins here. Attention stays within a
dialogue, so a row holds as many as fit.
"""

import copy
import multiprocessing
import os
import pathlib
import random
import shutil
import tempfile
import time

import numpy

import shape
import text
from strange import strange
from tokenizer import Tokenizer

ID_MASK, WRITER_SHIFT, BEGIN = 0xFFF, 12, 1 << 14
WRITERS = {"frame": 0, "user": 1, "assistant": 2}
SHARD_ROWS = 1024
SHARDS_AHEAD = 6  # of each process
_OPEN_ROWS = 24
_LONGER = 0.2  # how many dialogues get others in front, so that chats may become long
_STRANGE = 0.4  # how many dialogues have made-up words
# What may stand in front of any dialogue without changing what is right in it.
_NEUTRAL = {"arithmetic", "list", "fact", "greeting", "chat"}


def dialogues(rng, held_out):
    """Endless dialogues, some with up to seven others in front of them."""
    neutral = []
    while True:
        dialogue = text.make_dialogue(rng, held_out)
        if not held_out and rng.random() < _STRANGE:
            dialogue.turns = strange(rng, dialogue.turns)
        if neutral and rng.random() < _LONGER:
            longer = copy.copy(dialogue)
            before = rng.choices(neutral, k=rng.randint(1, 7))
            longer.turns = [turn for each in (*before, dialogue) for turn in each.turns]
            yield longer
        else:
            yield dialogue
        if all(turn.task in _NEUTRAL for turn in dialogue.turns):
            neutral = (neutral + [dialogue])[-100:]


def mark(tokenizer, dialogue):
    """A dialogue as numbers of a row; nothing where it is longer than one."""
    marked = []
    for writer, ids in tokenizer.parts(dialogue):
        bits = WRITERS[writer] << WRITER_SHIFT
        marked += [id | bits for id in ids]
    marked[0] |= BEGIN
    return marked if len(marked) <= shape.CONTEXT else []


def rows(tokenizer, rng, held_out=False):
    """Endless rows. A dialogue goes into the first open row with room for it; when there is none,
    the fullest row is finished, the rest of it padded with a dialogue of id 0."""
    opened = []
    for dialogue in dialogues(rng, held_out):
        marked = mark(tokenizer, dialogue)
        row = next((row for row in opened if len(row) + len(marked) <= shape.CONTEXT), None)
        if row is None:
            if len(opened) == _OPEN_ROWS:
                fullest = max(opened, key=len)
                opened.remove(fullest)
                padding = shape.CONTEXT - len(fullest)
                yield numpy.array(fullest + [BEGIN] * min(padding, 1) + [0] * (padding - 1),
                                  dtype=numpy.int16)
            row = []
            opened.append(row)
        row += marked


def batch(tokenizer, seed, count, held_out):
    """`count` rows at once."""
    made = rows(tokenizer, random.Random(seed), held_out)
    return numpy.stack([next(made) for _ in range(count)])


def _write_shards(vocabulary, folder, worker):
    os.nice(5)
    made = rows(Tokenizer(vocabulary), random.Random(1_000_003 * (worker + 1)))
    number = 0
    while os.getppid() != 1:
        if len(list(folder.glob(f"{worker}-*.npy"))) >= SHARDS_AHEAD:
            time.sleep(0.05)
            continue
        shard = numpy.stack([next(made) for _ in range(SHARD_ROWS)])
        part = folder / f"{worker}.part"
        with open(part, "wb") as out:
            numpy.save(out, shard)
        part.rename(folder / f"{worker}-{number:06}.npy")
        number += 1


class Stream:
    """Shards of `workers` processes, through small files that live for seconds."""

    def __init__(self, vocabulary, workers):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="lantern-tiny-"))
        context = multiprocessing.get_context("fork")
        self._processes = [context.Process(target=_write_shards, daemon=True,
                                           args=(vocabulary, self._folder, worker))
                           for worker in range(workers)]
        for process in self._processes:
            process.start()

    def shards(self):
        """The shards that are ready, each handed out once, none waited for."""
        for path in sorted(self._folder.glob("*.npy")):
            shard = numpy.load(path)
            path.unlink()
            yield shard

    def close(self):
        for process in self._processes:
            process.terminate()
            process.join()
        shutil.rmtree(self._folder)

#!/usr/bin/env python3
"""Logits that Hugging Face transformers gives for the model, to hold Lantern against.

    golden.py FILE.gguf VOCABULARY.model OUT [--long OTHER]

OUT gets ids.txt and logits.f32 of the first POSITIONS ids of a held-out dialogue, and
dialogues.json, the ids that training made of RENDERED others; OTHER (not for the repository) gets
logits of LONG_ROWS x shape.CONTEXT positions, a text_N.ids and text_N.f32 for each row.
transformers reads the weights of FILE, widened to float32, and computes in float32.
"""

import argparse
import json
import pathlib
import random
import tempfile

import torch
import transformers

import data
import export
import shape
import text
from tokenizer import Tokenizer

POSITIONS = 64
LONG_ROWS = 2
RENDERED = 20
SEED = 30_000


def logits(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].numpy().astype("<f4")


def save(model, ids, ids_path, logits_path):
    ids_path.write_text(",".join(map(str, ids)) + "\n")
    logits(model, ids).tofile(logits_path)


def rendered(tokenizer, rng):
    """Conversations up to their last question, and the prompt for its answer as training has it."""
    for _ in range(RENDERED):
        dialogue = text.make_dialogue(rng, held_out=True)
        messages = [{"role": "system", "content": dialogue.system}] if dialogue.system else []
        for turn in dialogue.turns:
            messages += [{"role": "user", "content": turn.user},
                         {"role": "assistant", "content": turn.assistant}]
        _, answer, behind = tokenizer.answer(messages.pop()["content"])
        ids = tokenizer.render(dialogue)
        yield {"messages": messages, "ids": ids[:len(ids) - len(answer) - len(behind)]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gguf")
    parser.add_argument("vocabulary")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--long", type=pathlib.Path)
    flags = parser.parse_args()
    tokenizer = Tokenizer(flags.vocabulary)
    with tempfile.TemporaryDirectory() as folder:
        export.to_hf(flags.gguf, folder)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager").eval()
    rng = random.Random(SEED)
    ids = []
    while len(ids) < POSITIONS:
        ids = tokenizer.render(text.make_dialogue(rng, held_out=True))
    flags.out.mkdir(parents=True, exist_ok=True)
    save(model, ids[:POSITIONS], flags.out / "ids.txt", flags.out / "logits.f32")
    lines = (json.dumps(conversation) for conversation in rendered(tokenizer, rng))
    (flags.out / "dialogues.json").write_text("[" + ",\n".join(lines) + "]\n")
    if not flags.long:
        return
    flags.long.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(data.batch(tokenizer, SEED, LONG_ROWS, held_out=True)):
        # One text of several dialogues, here without a mask between them.
        ids = [int(id) for id in row & data.ID_MASK]
        save(model, ids, flags.long / f"text_{number}.ids", flags.long / f"text_{number}.f32")
    print(f"{LONG_ROWS * shape.CONTEXT} positions by transformers {transformers.__version__}, "
          f"torch {torch.__version__}")


if __name__ == "__main__":
    main()

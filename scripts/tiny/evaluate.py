#!/usr/bin/env python3
"""Asks a model held-out questions through `lantern chat`, at temperature 0, and grades the answers.

    evaluate.py LANTERN MODEL.gguf [--per-task 200] [--seed 1] [--show-wrong] [-- CHAT FLAGS]

Every question stands at the end of a generated dialogue whose contents training never saw; earlier
turns are the generator's own. An answer is right when it contains the expected words, and no word
or number that only begins or ends with them.

Facts are asked twice: as training asks, in other dialogues (the row "fact"), and in wordings that
training never had ("fact, reworded"): the second says how far the model understands a question that
is put in another way.

Exit status 1 where a row that was asked 100 times or more, or all together, is right less often
than --at-least.
"""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import text

LONGEST_ANSWER = 300  # tokens
REWORDED = "fact, reworded"
Item = collections.namedtuple("Item", "task system turns question key")


def is_right(answer, key):
    edge = [r"(?<!\w)" if key[0].isalnum() else "", r"(?!\w)" if key[-1].isalnum() else ""]
    return re.search(edge[0] + re.escape(key) + edge[1], answer) is not None


def tasks_of(seed, dialogues=2000):
    rng = random.Random(seed)
    return sorted({turn.task for _ in range(dialogues)
                   for turn in text.make_dialogue(rng, held_out=True).turns if turn.key})


def questions(tasks, per_task, seed, held_out):
    """The first `per_task` graded questions of each task, at most one of a task and dialogue."""
    rng, counts = random.Random(seed), collections.Counter()
    while any(counts[task] < per_task for task in tasks):
        dialogue = text.make_dialogue(rng, held_out)
        graded = list(enumerate(dialogue.turns))
        rng.shuffle(graded)
        seen = set()
        for at, turn in graded:
            task = turn.task
            if not turn.key or task in seen or task not in tasks or "\n" in turn.user:
                continue
            if counts[task] == per_task:
                continue
            seen.add(task)
            counts[task] += 1
            yield Item(task, getattr(dialogue, "system", None) or "", dialogue.turns[:at],
                       turn.user, turn.key)


def items(per_task, seed):
    for item in questions(tasks_of(seed), per_task, seed, held_out=True):
        yield item._replace(task=REWORDED) if item.task == "fact" else item
    yield from questions(["fact"], per_task, f"facts {seed}", held_out=False)


def _script(asked, folder):
    """What is typed into one chat: each dialogue so far is loaded, and saved with its answer."""
    for number, item in enumerate(asked):
        messages = []
        for turn in item.turns:
            messages += [{"role": "user", "content": turn.user},
                         {"role": "assistant", "content": turn.assistant}]
        (folder / f"{number}.json").write_text(
            json.dumps({"system": item.system, "messages": messages}))
        yield f"/load {number}.json\n{item.question}\n/save {number}.answered.json\n"


def answers(lantern, model, asked, flags=()):
    lantern, model = pathlib.Path(lantern).resolve(), pathlib.Path(model).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([lantern, "chat", model, "--temp", "0", "-n", str(LONGEST_ANSWER), *flags],
                       input="".join(_script(asked, folder)).encode(), cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
        for number, item in enumerate(asked):
            messages = json.loads((folder / f"{number}.answered.json").read_text())["messages"]
            assert messages[-2]["content"] == item.question
            yield messages[-1]["content"]


def grade(lantern, model, per_task, seed=1, flags=()):
    """(right by task, asked by task, [(item, wrong answer)])."""
    asked = list(items(per_task, seed))
    right, total, wrong = collections.Counter(), collections.Counter(), []
    for item, answer in zip(asked, answers(lantern, model, asked, flags)):
        total[item.task] += 1
        if is_right(answer, item.key):
            right[item.task] += 1
        else:
            wrong.append((item, answer))
    return right, total, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lantern")
    parser.add_argument("model")
    parser.add_argument("--per-task", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-least", type=float, default=0.95)
    parser.add_argument("--show-wrong", action="store_true")
    parser.add_argument("flags", nargs="*", help="of lantern chat, behind --")
    flags = parser.parse_args()
    right, total, wrong = grade(flags.lantern, flags.model, flags.per_task, flags.seed, flags.flags)
    if flags.show_wrong:
        for item, answer in wrong:
            print(f"{item.task}: {item.question!r} -> {answer!r}, not {item.key!r}")
    print("| task | right | asked | share |\n|-|-|-|-|")
    right["all"], total["all"] = sum(right.values()), sum(total.values())
    for task in sorted(total):
        print(f"| {task} | {right[task]} | {total[task]} | {right[task] / total[task]:.1%} |")
    return any(right[task] < flags.at_least * total[task] for task in total
               if total[task] >= 100 or task == "all")


if __name__ == "__main__":
    sys.exit(main())

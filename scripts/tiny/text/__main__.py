"""Shows some dialogues and checks many: python3 -m text [SEED]"""

import collections
import random
import re
import sys
import time

from .arithmetic import solve
from .dialogue import MAX_CHARACTERS, make_dialogue

_SUM = re.compile(r"(\d+) ([+-]) (\d+) = (-?\d+)\.")


def show(dialogue):
    for turn in dialogue.turns:
        print(f"  user: {turn.user}\n  {turn.task} [{turn.key}]: {turn.assistant}")
    print()


def check(dialogue):
    assert dialogue.turns and sum(len(t.user) + len(t.assistant) for t in dialogue.turns) <= MAX_CHARACTERS
    for turn in dialogue.turns:
        assert turn.key in turn.assistant, turn
        assert turn.assistant.isascii(), turn
        assert "{" not in turn.assistant and turn.user, turn
        if turn.task == "arithmetic":
            a, op, b, result = _SUM.match(turn.assistant).groups()
            assert solve(int(a), op, int(b)) == int(result), turn


def main():
    rng = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    for held_out in (False, False, False, True):
        show(make_dialogue(rng, held_out))
    tasks, characters, begin = collections.Counter(), 0, time.process_time()
    grams = collections.Counter()
    for number in range(20000):
        dialogue = make_dialogue(rng, number % 20 == 0)
        check(dialogue)
        tasks.update(turn.task for turn in dialogue.turns)
        characters += sum(len(t.user) + len(t.assistant) for t in dialogue.turns)
        if number % 10 == 0:
            seen = " ".join(t.assistant for t in dialogue.turns).split()
            grams.update(zip(*(seen[i:] for i in range(8))))
    seconds = time.process_time() - begin
    total = sum(tasks.values())
    print({task: f"{count / total:.0%}" for task, count in tasks.most_common()})
    print(f"{characters / seconds / 1e6:.1f} MB/s, {characters / 20000:.0f} characters and "
          f"{total / 20000:.1f} turns a dialogue, {len(grams) / sum(grams.values()):.0%} distinct 8-grams")


if __name__ == "__main__":
    main()

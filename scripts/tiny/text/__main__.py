"""python3 -m text [COUNT]: prints a few dialogues and checks COUNT (20,000) of each split."""

import collections
import random
import re
import sys
import time

from . import arithmetic, make_dialogue
from .dialogue import LONGEST
from .fact_frames import normal
from .facts import HELD_QUESTIONS, TRAINED_QUESTIONS
from .phrasing import is_held_out

_TASKS = {"greeting", "story", "story_question", "arithmetic", "list", "fact", "recall", "unknown",
          "chat"}
_ALLOWED = re.compile(r"[A-Za-z0-9.,?!'\"\-:/()+=>_ \n]*")
_SUM = re.compile(r"(-?\d+) ([+-]) (\d+) = (-?\d+)\.")


_FACTS = {normal(ask[len("fact "):]) for ask in HELD_QUESTIONS | TRAINED_QUESTIONS}


def check_split(turn, held_out):
    if turn.content.startswith("fact "):
        assert turn.content in (HELD_QUESTIONS if held_out else TRAINED_QUESTIONS), turn.content
    elif turn.content:
        assert is_held_out(turn.content) == held_out, turn.content


def check_turn(turn, held_out):
    assert turn.task in _TASKS, turn.task
    assert turn.key in turn.assistant, (turn.key, turn.assistant)
    assert _ALLOWED.fullmatch(turn.assistant), turn.assistant
    assert turn.user.strip() and len(turn.user) < 300, turn.user
    assert 0 < len(turn.assistant) < 900, turn.assistant
    assert "%(" not in turn.user + turn.assistant and "  " not in turn.assistant, turn.assistant
    check_split(turn, held_out)
    if turn.task in ("greeting", "chat", "unknown"):
        assert normal(turn.user) not in _FACTS, turn.user  # it has another answer there
    if turn.task == "story":
        words = len(turn.assistant.split())
        assert 20 <= words <= 130, (words, turn.assistant)
    if turn.task == "arithmetic":
        a, sign, b, c = _SUM.fullmatch(turn.assistant).groups()
        assert int(c) == (int(a) + int(b) if sign == "+" else int(a) - int(b)), turn.assistant
        assert turn.key == "= " + c + ".", turn.key
        assert turn.content == arithmetic.content_of(int(a), sign == "+", int(b)), turn.content
    if turn.task == "list" and turn.assistant.startswith("Sorted"):
        items = turn.key[2:-1].split(", ")
        if items[0].isdigit():
            items = [int(item) for item in items]
        assert items in (sorted(items), sorted(items, reverse=True)), turn.assistant


def length_of(dialogue):
    return sum(len(turn.user) + len(turn.assistant) for turn in dialogue.turns)


def check(dialogues, held_out):
    for dialogue in dialogues:
        assert 1 <= len(dialogue.turns) <= 8
        assert length_of(dialogue) <= LONGEST, length_of(dialogue)
        for turn in dialogue.turns:
            check_turn(turn, held_out)


def show(dialogues):
    for dialogue in dialogues:
        print("-" * 60)
        for turn in dialogue.turns:
            print("user:", turn.user)
            print("    [%s: %s]" % (turn.task, turn.key))
            print("assistant:", turn.assistant)


def statistics(dialogues, seconds):
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    size = sum(length_of(dialogue) for dialogue in dialogues)
    print("-" * 60)
    print("%d dialogues, %.2f turns and %d characters each" % (
        len(dialogues), len(turns) / len(dialogues), size / len(dialogues)))
    print("%.2f MB/s" % (size / seconds / 1e6))
    counts = collections.Counter(turn.task for turn in turns)
    sizes = collections.Counter()
    for turn in turns:
        sizes[turn.task] += len(turn.user) + len(turn.assistant)
    for task, count in counts.most_common():
        print("  %-15s %5.1f%% of turns, %5.1f%% of characters" % (
            task, 100 * count / len(turns), 100 * sizes[task] / size))
    odd = sum(not turn.user.isascii() for turn in turns)
    print("%.2f%% of user turns have odd characters" % (100 * odd / len(turns)))
    grams, distinct = 0, set()
    for turn in turns[:40000]:
        words = (turn.user + " " + turn.assistant).split()
        grams += max(0, len(words) - 7)
        distinct.update(hash(tuple(words[i:i + 8])) for i in range(len(words) - 7))
    print("%.1f%% of the 8-grams of %d turns are distinct" % (
        100 * len(distinct) / grams, min(len(turns), 40000)))
    print("%d distinct user texts of %d" % (len({turn.user for turn in turns}), len(turns)))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    rng = random.Random(7)
    show([make_dialogue(rng) for _ in range(5)])
    start = time.process_time()
    dialogues = [make_dialogue(rng) for _ in range(count)]
    seconds = time.process_time() - start
    check(dialogues, False)
    statistics(dialogues, seconds)
    check([make_dialogue(rng, held_out=True) for _ in range(count)], True)
    again = make_dialogue(random.Random(3)), make_dialogue(random.Random(3))
    assert [turn.user for turn in again[0].turns] == [turn.user for turn in again[1].turns]
    print("ok")


main()

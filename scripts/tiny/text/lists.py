"""Short lists: sorted, reversed, counted, their first, last, largest and smallest."""

from . import words
from .phrasing import ask, command
from .turns import Turn, draw

_ASCENDING = ("Sort these numbers: {items}.", "Sort {items}.", "Put these numbers in order: {items}.",
              "Sort the list {items}.", "Arrange {items} from smallest to largest.", "Order these: {items}.",
              "Sort {items} in ascending order.", "Sort: {items}.", "Put {items} in order.",
              "Sort from small to big: {items}.")
_DESCENDING = ("Sort {items} from largest to smallest.", "Sort these numbers in descending order: {items}.",
               "Put {items} in order, largest first.", "Sort {items} in descending order.",
               "Arrange {items} from largest to smallest.", "Sort with the largest first: {items}.")
_ALPHABET = ("Sort these words: {items}.", "Sort {items} alphabetically.", "Put these words in order: {items}.",
             "Sort the words {items}.", "Arrange {items} by the alphabet.", "Sort: {items}.",
             "Put {items} in alphabetical order.")
_REVERSE = ("Reverse this list: {items}.", "Reverse {items}.", "Turn around the list {items}.",
            "Say this list backwards: {items}.", "List {items} in reverse order.", "Reverse: {items}.",
            "Give me {items} backwards.", "Reverse the order of {items}.")
_LARGEST = ("Which is the largest of {items}?", "What is the largest number in {items}?",
            "What is the biggest of {items}?", "Find the maximum of {items}.", "Largest of {items}?")
_SMALLEST = ("Which is the smallest of {items}?", "What is the smallest number in {items}?",
             "Find the minimum of {items}.", "Smallest of {items}?")
_COUNT = ("How many items are in this list: {items}?", "Count these: {items}.",
          "How long is the list {items}?", "How many are there: {items}?")
_FIRST = ("What is the first item of {items}?", "Which comes first in the list {items}?",
          "First item of this list: {items}?")
_LAST = ("What is the last item of {items}?", "Which comes last in the list {items}?",
         "Last item of this list: {items}?")
_AGAIN = ("And reversed?", "And backwards?", "Now reverse it.", "And in reverse order?", "Reverse that.")


def _join(rng, items):
    """As people write lists; mostly with commas."""
    items = list(map(str, items))
    chance = rng.random()
    if chance < 0.75:
        return ", ".join(items)
    if chance < 0.9:
        return ", ".join(items[:-1]) + " and " + items[-1]
    return " ".join(items)


def _numbers(rng):
    count = rng.randint(3, 6) if rng.random() < 0.9 else rng.choice((2, 7))
    return tuple(rng.sample(range(0, 101 if rng.random() < 0.7 else 21), count))


def _words(rng):
    """With different first letters, so that the order is plain to see."""
    seen, chosen = set(), []
    for word in rng.sample(words.LIST_WORDS, 14):
        if word[0] not in seen:
            seen.add(word[0])
            chosen.append(word)
    return tuple(chosen[:rng.randint(3, 5)])


def _plain(items):
    return ", ".join(map(str, items))


def _number_task(rng, items):
    return rng.choice((
        (_ASCENDING, f"Sorted: {_plain(sorted(items))}.", _plain(sorted(items))),
        (_ASCENDING, f"Sorted: {_plain(sorted(items))}.", _plain(sorted(items))),
        (_DESCENDING, f"Sorted: {_plain(sorted(items)[::-1])}.", _plain(sorted(items)[::-1])),
        (_REVERSE, f"Reversed: {_plain(items[::-1])}.", _plain(items[::-1])),
        (_LARGEST, f"The largest is {max(items)}.", f"is {max(items)}."),
        (_SMALLEST, f"The smallest is {min(items)}.", f"is {min(items)}."),
        (_COUNT, f"There are {len(items)}.", f"are {len(items)}."),
        (_LAST, f"The last one is {items[-1]}.", f"is {items[-1]}."),
    ))


def _word_task(rng, items):
    return rng.choice((
        (_ALPHABET, f"Sorted: {_plain(sorted(items))}.", _plain(sorted(items))),
        (_ALPHABET, f"Sorted: {_plain(sorted(items))}.", _plain(sorted(items))),
        (_REVERSE, f"Reversed: {_plain(items[::-1])}.", _plain(items[::-1])),
        (_REVERSE, f"Reversed: {_plain(items[::-1])}.", _plain(items[::-1])),
        (_FIRST, f"The first one is {items[0]}.", f"is {items[0]}."),
        (_LAST, f"The last one is {items[-1]}.", f"is {items[-1]}."),
        (_COUNT, f"There are {len(items)}.", f"are {len(items)}."),
    ))


def list_turns(rng, held_out):
    """One turn, now and then with a second one about the answer."""
    of_numbers = rng.random() < 0.65
    items = draw(lambda: (_numbers if of_numbers else _words)(rng), lambda n: n, held_out)
    templates, answer, key = (_number_task if of_numbers else _word_task)(rng, items)
    phrase = ask if templates[0].endswith("?") else command
    turns = [Turn(phrase(rng, templates, items=_join(rng, items)), answer, "list", key)]
    if answer.startswith("Sorted") and rng.random() < 0.25:
        shown = key.split(", ")
        turns.append(Turn(ask(rng, _AGAIN), f"Reversed: {_plain(shown[::-1])}.", "list", _plain(shown[::-1])))
    return turns

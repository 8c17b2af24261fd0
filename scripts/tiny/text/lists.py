"""Short lists: sort, reverse, biggest and smallest, how many, first and last."""

from . import words_objects as objects
from .phrasing import Turn, is_held_out, pick, templates, typed

_SORT_UP = templates("""
Sort {list}.
Sort these numbers: {list}
Sort the list {list}.
Sort: {list}
sort {list}
Please sort {list}.
Can you sort {list}?
Could you sort these for me: {list}
Sort from small to big: {list}
Sort from smallest to biggest: {list}
Sort ascending: {list}
Sort in ascending order: {list}
Put these in order: {list}
Put {list} in order.
Order these numbers: {list}
Arrange from small to large: {list}
Arrange these numbers: {list}
What is {list} in order?
Bring {list} into order.
I need these sorted: {list}
Here is a list: {list}. Sort it.
My numbers are {list}. Please sort them.
{list} - sort these
Smallest first: {list}
""")
_SORT_DOWN = templates("""
Sort from big to small: {list}
Sort from biggest to smallest: {list}
Sort descending: {list}
Sort in descending order: {list}
Sort {list} from big to small.
Sort {list} descending.
Please sort {list} from biggest to smallest.
Can you sort {list} from big to small?
Put these in order, biggest first: {list}
Biggest first: {list}
Order these numbers from large to small: {list}
Arrange from large to small: {list}
Here is a list: {list}. Sort it from big to small.
My numbers are {list}. Sort them, biggest first.
Largest first, please: {list}
Sort backwards, biggest first: {list}
""")
_SORT_WORDS = templates("""
Sort these words: {list}
Sort {list}.
Sort: {list}
Sort alphabetically: {list}
Sort {list} by the alphabet.
Put these words in order: {list}
Put {list} in alphabetical order.
Please sort these words: {list}
Can you sort {list}?
Order these words: {list}
Order alphabetically: {list}
Arrange these words from a to z: {list}
Here are some words: {list}. Sort them.
Words: {list}. Sort them alphabetically.
From a to z: {list}
Which order do {list} have in the alphabet?
""")
_REVERSE = templates("""
Reverse {list}.
Reverse: {list}
reverse {list}
Reverse the list {list}.
Reverse this list: {list}
Please reverse {list}.
Can you reverse {list}?
Could you reverse this: {list}
Turn {list} around.
Turn this list around: {list}
Say {list} backwards.
Write {list} backwards.
Backwards: {list}
What is {list} backwards?
What is {list} in reverse?
Put {list} in reverse order.
In reverse order: {list}
Here is a list: {list}. Reverse it.
Read this from the end: {list}
Last to first: {list}
""")
_BIGGEST = templates("""
What is the biggest of {list}?
Which is the biggest number: {list}?
Biggest of {list}?
Find the biggest number: {list}
Find the largest of {list}.
The largest number in {list}?
What is the maximum of {list}?
Which number is the largest: {list}
Which of {list} is the biggest?
Tell me the biggest of {list}.
Maximum of {list}
Here is a list: {list}. What is the biggest number?
""")
_SMALLEST = templates("""
What is the smallest of {list}?
Which is the smallest number: {list}?
Smallest of {list}?
Find the smallest number: {list}
Find the lowest of {list}.
The smallest number in {list}?
What is the minimum of {list}?
Which number is the lowest: {list}
Which of {list} is the smallest?
Tell me the smallest of {list}.
Minimum of {list}
Here is a list: {list}. What is the smallest number?
""")
_COUNT = templates("""
How many items are in {list}?
How many are there: {list}?
Count these: {list}
Count the items: {list}
How many things are in this list: {list}
How long is the list {list}?
Here is a list: {list}. How many items does it have?
Tell me how many items these are: {list}
""")
_FIRST = templates("""
What is the first item of {list}?
What is the first of {list}?
First item of {list}?
Which is first in {list}?
Which item comes first: {list}
Tell me the first item: {list}
Here is a list: {list}. What is the first item?
What does the list {list} begin with?
""")
_LAST = templates("""
What is the last item of {list}?
What is the last of {list}?
Last item of {list}?
Which is last in {list}?
Which item comes last: {list}
Tell me the last item: {list}
Here is a list: {list}. What is the last item?
What does the list {list} end with?
""")

# Follow-ups mean the list as the user gave it, so only questions that say so or do not care.
_AGAIN = {
    "down": "Now from big to small.|And from big to small?|Sort them from biggest to smallest.|"
            "Now biggest first.|Sort the same list descending.|And descending?|"
            "The same numbers from big to small, please.".split("|"),
    "up": "Now from small to big.|And from small to big?|Now sort them.|Sort my list.|"
          "Sort the same list.|And sorted?|Can you sort them?|Put them in order.".split("|"),
    "reverse": "Now reverse my list.|Reverse the list I gave you.|Reverse my list.|"
               "And my list backwards?|Reverse the same list.|My list in reverse?".split("|"),
    "biggest": "What is the biggest of them?|And the biggest?|Which of them is the biggest?|"
               "The biggest number?|What is the maximum?|Which is the largest?".split("|"),
    "smallest": "What is the smallest of them?|And the smallest?|Which of them is the smallest?|"
                "The smallest number?|What is the minimum?|Which is the lowest?".split("|"),
    "count": "How many items are there?|How many were that?|How many items does my list have?|"
             "How many are in the list?|And how many are they?|Count them.".split("|"),
    "first": "What was the first item of my list?|What is first in my list?|"
             "Which item did I name first?|And the first of my list?".split("|"),
    "last": "What was the last item of my list?|What is last in my list?|"
            "Which item did I name last?|And the last of my list?".split("|"),
}

_ASK_NUMBERS = {"up": _SORT_UP, "down": _SORT_DOWN, "reverse": _REVERSE, "biggest": _BIGGEST,
                "smallest": _SMALLEST, "count": _COUNT, "first": _FIRST, "last": _LAST}
_ASK_WORDS = {"up": _SORT_WORDS, "reverse": _REVERSE, "count": _COUNT, "first": _FIRST,
              "last": _LAST}
_NUMBER_TASKS = ["up"] * 5 + ["down"] * 4 + ["reverse"] * 4 + ["biggest", "smallest"] * 2 + [
    "count", "first", "last"]
_WORD_TASKS = ["up"] * 4 + ["reverse"] * 4 + ["count", "first", "last"]


def answer(kind, items):
    """The answer and its key; `items` are ints or strings. The key of a list has what is around it,
    or a longer list would be right too."""
    if kind in ("up", "down"):
        key = ": " + ", ".join(map(str, sorted(items, reverse=kind == "down"))) + "."
        return "Sorted" + key, key
    if kind == "reverse":
        key = ": " + ", ".join(map(str, items[::-1])) + "."
        return "Reversed" + key, key
    if kind == "biggest":
        return "The biggest number is %d." % max(items), str(max(items))
    if kind == "smallest":
        return "The smallest number is %d." % min(items), str(min(items))
    if kind == "count":
        return "The list has %d items." % len(items), str(len(items))
    item = str(items[0] if kind == "first" else items[-1])
    return "The %s item is %s." % (kind, item), item


def content_of(items):
    return "list " + ",".join(map(str, items))


def _draw(random, held_out, words):
    """Distinct items; words also have distinct first letters, so that one letter sorts them."""
    source = objects.LIST_WORDS if words else None
    while True:
        wanted = 2 + int(random() * 6)
        if wanted > 5 and random() < 0.4:
            wanted -= 2
        top = 21 if random() < 0.25 else 101
        items, seen = [], set()
        while len(items) < wanted:
            item = pick(random, source) if words else int(random() * top)
            mark = item[0] if words else item
            if mark not in seen:
                seen.add(mark)
                items.append(item)
        content = content_of(items)
        if is_held_out(content) == held_out:
            return items, content


def _written(random, items):
    dice = random()
    if dice < 0.65:
        return ", ".join(map(str, items))
    if dice < 0.8:
        return " ".join(map(str, items))
    if dice < 0.9:
        return ", ".join(map(str, items[:-1])) + " and " + str(items[-1])
    return ",".join(map(str, items))


def list_turn(random, held_out):
    """A turn, and the list with its content key for follow-ups."""
    words = random() < 0.4
    items, content = _draw(random, held_out, words)
    kind = pick(random, _WORD_TASKS if words else _NUMBER_TASKS)
    form = pick(random, (_ASK_WORDS if words else _ASK_NUMBERS)[kind])
    text = form % {"list": _written(random, items)}
    text = typed(random, text, text if words else "")
    reply, key = answer(kind, items)
    return Turn(text, reply, "list", key, content), (items, words, content)


def again_turn(random, last):
    """A further question about the list of list_turn."""
    items, words, content = last
    kind = pick(random, _WORD_TASKS if words else _NUMBER_TASKS)
    reply, key = answer(kind, items)
    return Turn(typed(random, pick(random, _AGAIN[kind])), reply, "list", key, content)

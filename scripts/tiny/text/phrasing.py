"""What all tasks share: turns, fast random choice, the split, and how users type.

Everything here is on the inner loop of hundreds of millions of tokens: templates are turned into
%-formats at import, which is the fastest substitution that Python has, and a choice is one
multiplication.
"""

import zlib

from . import words_animals as animals

HELD_OUT_SHARE = 20  # one key of twenty is kept for tests


class Turn:
    """One question and its answer.

    `key` is what a right answer must contain ("" where nothing is graded), `content` what decides
    the split ("" where nothing does).
    """

    __slots__ = ("user", "assistant", "task", "key", "content")

    def __init__(self, user, assistant, task, key="", content=""):
        self.user = user
        self.assistant = assistant
        self.task = task
        self.key = key
        self.content = content


class Dialogue:
    __slots__ = ("turns", "system")

    def __init__(self, turns, system=None):
        self.turns = turns
        self.system = system


def is_held_out(content):
    return zlib.crc32(content.encode()) % HELD_OUT_SHARE == 0


def pick(random, items):
    """One of `items`; `random` is the bound method rng.random. A third of rng.choice's time."""
    return items[int(random() * len(items))]


def template(text):
    """A template with {slots} as a %-format."""
    return text.replace("{", "%(").replace("}", ")s")


def templates(text):
    """One template a line."""
    return [template(line.strip()) for line in text.strip().split("\n") if line.strip()]


def _options(grammar, at):
    """The texts of what stands between `at` and the end of its group, and where that is."""
    options, texts = [], [""]
    while at < len(grammar) and grammar[at] != ")":
        parts = [grammar[at]]
        if grammar[at] == "(":
            parts, at = _options(grammar, at + 1)
        elif grammar[at] == "|":
            options, texts, parts = options + texts, [""], [""]
        texts = [text + part for text in texts for part in parts]
        at += 1
    return options + texts, at


def expand(grammar):
    """All texts of "(How do I|How to) add (a|one (more|other)) worker?"; an option may be empty."""
    texts, end = _options(grammar, 0)
    assert end == len(grammar) and grammar.count("(") == grammar.count(")"), grammar
    tidy = (" ".join(text.split()) for text in texts)
    return list(dict.fromkeys(
        text.replace(" ?", "?").replace(" .", ".").replace(" ,", ",") for text in tidy))


_AN_EXCEPTIONS = ("uni", "ura", "eu", "one", "use")


def article(words):
    """"a fox", "an owl"."""
    vowel = words[0] in "aeiouAEIOU" and not words.startswith(_AN_EXCEPTIONS)
    return ("an " if vowel else "a ") + words


def capitalized(text):
    return text[0].upper() + text[1:]


def invented_name(random):
    name = pick(random, animals.NAME_STARTS)
    if random() < 0.4:
        name += pick(random, animals.NAME_MIDDLES)
    return name + pick(random, animals.NAME_ENDS)


_OPENERS = """
Hi! |Hello! |Hi, |Hello, |Hey, |Hi there! |Good morning! |Good evening! |Ok, |Okay, |Now, |So, |
And now: |
Please: |Well, |Thanks. |Thank you! |Great. |Nice! |Next question: |One more: |Question: |
Quick question: |
Tell me, |Alright, |Cool. |Let me ask: |I wonder: |Good. |Right. |Fine. |Um, |Another thing: |
""".replace("\n", "").split("|")[:-1]
_CLOSERS = """
 please| Please.| Thanks!| thanks| Thank you!| please?| Can you do that?| :)| !!| ...| ok?|
 Thank you.|
 Go!| right now| for me| if you can
""".replace("\n", "").split("|")


def _typo(random, text, protected):
    """One word of `text` with a slip of the fingers; never a word the answer depends on."""
    words = text.split(" ")
    at = int(random() * len(words))
    word = words[at]
    if len(word) < 4 or not word.isalpha() or word.lower() in protected:
        return text
    i = 1 + int(random() * (len(word) - 2))
    kind = random()
    if kind < 0.4:
        word = word[:i] + word[i + 1] + word[i] + word[i + 2:]
    elif kind < 0.7:
        word = word[:i] + word[i + 1:]
    else:
        word = word[:i] + word[i] + word[i:]
    words[at] = word
    return " ".join(words)


# Letters of other scripts and pictures, so that the byte fallback of the tokenizer is trained.
ODD_RANGES = [(0xC0, 0x17F), (0x391, 0x3C9), (0x410, 0x44F), (0x5D0, 0x5EA), (0x621, 0x64A),
              (0x905, 0x939), (0xE01, 0xE2E), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FA0),
              (0xAC00, 0xD7A3), (0x1F300, 0x1F64F), (0x1F680, 0x1F6C0), (0x2190, 0x21FF),
              (0xA1, 0xBF)]


def odd_word(random, longest):
    first, last = pick(random, ODD_RANGES)
    return "".join([chr(first + int(random() * (last - first)))
                    for _ in range(1 + int(random() * longest))])


def typed(random, text, protected="", keep_case=False):
    """`text` as somebody types it: openers, lower case, no punctuation, slips, odd characters.

    `protected` holds the words that must stay readable; `keep_case` is for invented names, whose
    capital letter cannot be guessed.
    """
    dice = random()
    if dice < 0.45:
        return text
    if dice < 0.62:  # an opener, a closer or both
        if random() < 0.65:
            opener = pick(random, _OPENERS)
            if opener[-2] in ",:" and (text[1].islower() or text[:2] == "A "):
                text = text[0].lower() + text[1:]
            text = opener + text
        else:
            closer = pick(random, _CLOSERS)
            if closer[1].islower() and text[-1] in ".?!":
                text = text[:-1] + closer + text[-1]
            else:
                text += closer
        dice = random()
    if dice < 0.72:
        if text[-1] in ".?!":
            text = text[:-1]
        if random() < 0.6 and not keep_case:
            text = text.lower()
    elif dice < 0.85:
        if not keep_case:
            text = text.lower()
    elif dice < 0.87:
        if not keep_case:
            text = text.upper()
    elif dice < 0.94:
        text = _typo(random, text, protected.lower())
    elif dice < 0.955:
        word = odd_word(random, 3)
        text = text + " " + word if random() < 0.7 else word + " " + text
    elif dice < 0.97:
        text = text.replace("'", "").replace(",", " ,")
    return text

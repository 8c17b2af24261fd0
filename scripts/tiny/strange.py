"""Dialogues in which some words are replaced by made-up ones, the same throughout.

A generator has few names and nouns. A model that has seen only those writes one of them where the
user typed another; one that has seen words without end copies what was typed.
"""

import re

_SKIPPED = {"story", "tale", "adventure", "the", "and", "you", "not"}
_TASKS = {"recall", "list", "story", "story_question"}  # turns in which words may be replaced
_HOW_OFTEN = 0.8  # of the words that may be

_VOWELS = "a e i o u a e i o u ai ea ee ie oa oo ou y".split()
_ONSETS = ("b c d f g h j k l m n p r s t v w z b c d f g h l m n p r s t bl br ch cl cr dr fl fr "
           "gl gr kn ph pl pr qu sc sh sk sl sm sn sp st str sw th tr tw wh").split()
_CODAS = ("n m r l s t d n m r l s t ck ft g k lk ll ld mp nd ng nk nt p rd rk rm rn rt rth sh sk "
          "ss st th w x").split()


def made_up(random, vowel_first):
    """A word of one to four syllables. vowel_first: as "a" or "an" before it asks for."""
    word = ""
    for syllable in range(random.choice((1, 2, 2, 3, 3, 4))):
        if syllable or not vowel_first:
            word += random.choice(_ONSETS)
        word += random.choice(_VOWELS[:10] if not word else _VOWELS)
        if random.random() < 0.4:
            word += random.choice(_CODAS)
    if len(word) < 3:
        word += random.choice("nmrlst")
    return word


def _items(answer):
    """The words of a list that was sorted or reversed."""
    found = re.fullmatch(r"(?:Sorted|Reversed): (.*)\.", answer)
    items = found[1].split(", ") if found else []
    return items if all(item.isalpha() for item in items) else []


def _candidates(turn):
    if turn.task == "list":
        return _items(turn.assistant)
    if turn.task == "recall":
        return [turn.key]
    if turn.task == "story":  # only what the user asked for: the other names are the model's own
        asked = re.findall(r"\b(?:an?|called|named) ([A-Za-z]+)", turn.user)
        return [word for word in asked if word in turn.assistant]
    return []


def _in_the_case_of(word, new):
    if word.isupper() and len(word) > 1:
        return new.upper()
    return new.capitalize() if word[0].isupper() else new


def _sorted_again(old, new):
    """`new`, the answer `old` with words replaced, in order again."""
    before, after = _items(old), _items(new)
    if not old.startswith("Sorted") or not before:
        return new
    falling = len(before) > 1 and before[0].lower() > before[-1].lower()
    return "Sorted: " + ", ".join(sorted(after, key=str.lower, reverse=falling)) + "."


def strange(random, turns):
    """Turns like `turns`, as (user, assistant, task)."""
    replaced = {}
    for turn in turns:
        for word in _candidates(turn):
            known = not word.isalpha() or len(word) < 3 or word.lower() in _SKIPPED | set(replaced)
            if not known and random.random() < _HOW_OFTEN:
                replaced[word.lower()] = made_up(random, word[0].lower() in "aeiou")
    if not replaced:
        return turns
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, replaced)) + r")\b", re.IGNORECASE)

    def renew(words):
        return pattern.sub(
            lambda found: _in_the_case_of(found[0], replaced[found[0].lower()]), words)
    renewed = []
    for turn in turns:
        if turn.task in _TASKS:
            answer = _sorted_again(turn.assistant, renew(turn.assistant))
            turn = type(turn)(renew(turn.user), answer, turn.task)
        renewed.append(turn)
    return renewed

"""Questions about this program and about the model itself; each has one answer.

Every fact keeps some wordings for tests: the lines that are marked so, and, where it has a topic,
one of the general forms. A wording belongs to one fact only.
"""

from . import (fact_frames, facts_commands, facts_files, facts_join, facts_layout, facts_model,
               facts_origin, facts_program, facts_safety, facts_tokens, facts_trouble, facts_words)
from .fact_frames import is_near, normal
from .phrasing import Turn, pick, typed

# The order decides which general form a topic keeps for tests.
ABOUT_ITSELF = facts_model.FACTS + facts_origin.FACTS
FACTS = (ABOUT_ITSELF + facts_layout.FACTS + facts_join.FACTS + facts_safety.FACTS +
         facts_words.FACTS + facts_files.FACTS + facts_tokens.FACTS + facts_commands.FACTS +
         facts_trouble.FACTS + facts_program.FACTS)


class _Fact:
    """`trained` has one tuple of texts for each line, so that a line with many hides no other."""

    __slots__ = ("answer", "key", "trained", "held")

    def __init__(self, index, key, answer, topic, questions):
        lines, self.held = fact_frames.question_lines(questions)
        if topic:
            more, form = fact_frames.topic_lines(topic, index)
            lines += more
            self.held.append(form)
        kept = [normal(ask) for ask in self.held]
        texts = [tuple(ask for ask in line if not _is_kept(ask, kept)) for line in lines]
        self.trained = [line for line in texts if line]
        self.answer = answer
        self.key = key
        assert key in answer, key
        assert len(self.held) >= 2, key


def _is_kept(ask, kept):
    words = normal(ask)
    return any(is_near(words, other) for other in kept)


def _owners(facts, texts_of):
    """Who owns each wording; none may have two owners, or training would contradict itself."""
    owners = {}
    for fact in facts:
        for ask in texts_of(fact):
            owner = owners.setdefault(normal(ask), fact)
            assert owner is fact, (ask, owner.key, fact.key)
    return owners


def _trained(fact):
    return [ask for line in fact.trained for ask in line]


_FACTS = [_Fact(index, *row) for index, row in enumerate(FACTS)]
HELD_QUESTIONS = {"fact " + ask for fact in _FACTS for ask in fact.held}
TRAINED_QUESTIONS = {"fact " + ask for fact in _FACTS for ask in _trained(fact)}
_shared = _owners(_FACTS, lambda fact: fact.held).keys() & _owners(_FACTS, _trained).keys()
assert not _shared, _shared

_DRAWN = _FACTS + _FACTS[:len(ABOUT_ITSELF)]  # people ask most about the model itself


def fact_turn(random, held_out):
    fact = pick(random, _DRAWN)
    ask = pick(random, fact.held if held_out else pick(random, fact.trained))
    return Turn(typed(random, ask), fact.answer, "fact", fact.key, "fact " + ask)

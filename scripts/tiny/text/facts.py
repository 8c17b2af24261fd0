"""Questions about this program and about the model itself; each has one answer.

Every fact keeps at least one wording for tests: the last line of its questions, and, where it has
a topic, one of the general forms.
"""

from . import facts_layout, facts_model, facts_use
from .phrasing import Turn, pick, typed

FACTS = facts_model.FACTS + facts_layout.FACTS + facts_use.FACTS

_TOPIC_FORMS = """
What is {t}?
What's {t}?
Explain {t}.
Can you explain {t}?
Please explain {t} to me.
What does {t} mean?
Tell me about {t}.
What do you know about {t}?
I don't know what {t} is.
Do you know what {t} is?
What do you mean by {t}?
Define {t}.
{t}?
I have a question about {t}. What is it?
Could you tell me what {t} is?
In short, what is {t}?
""".strip().split("\n")


class _Fact:
    __slots__ = ("answer", "key", "trained", "held")

    def __init__(self, index, key, answer, topic, questions):
        asks = [line.strip() for line in questions.strip().split("\n")]
        self.answer = answer
        self.key = key
        self.held = [asks.pop()]
        if topic:
            forms = [form.replace("{t}", topic) for form in _TOPIC_FORMS]
            self.held.append(forms.pop(1 + index % (len(forms) - 1)))
            asks += forms
        self.trained = [ask[0].upper() + ask[1:] for ask in asks]
        assert key in answer, key


_FACTS = [_Fact(index, *row) for index, row in enumerate(FACTS)]
_FACTS += _FACTS[:len(facts_model.FACTS)]  # people ask most about the model itself
HELD_QUESTIONS = {"fact " + ask for fact in _FACTS for ask in fact.held}
TRAINED_QUESTIONS = {"fact " + ask for fact in _FACTS for ask in fact.trained}
assert not HELD_QUESTIONS & TRAINED_QUESTIONS


def fact_turn(random, held_out):
    fact = pick(random, _FACTS)
    ask = pick(random, fact.held if held_out else fact.trained)
    return Turn(typed(random, ask), fact.answer, "fact", fact.key, "fact " + ask)

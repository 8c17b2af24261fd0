"""How the questions of a fact are written down, and what they become.

A question is a small grammar: "(Add|Attach) (a|one more) {machine}, how?" stands for all its texts.
"@how add a {machine}" puts the same words into many frames ("How do I ...?", "I want to ... How?").
"? ..." is kept for tests: neither it nor what differs from it by one word is ever trained.
"""

import random
import re

from .phrasing import capitalized, expand

_MACROS = {
    "{machine}": "(machine|computer|PC|box|node)",
    "{machines}": "(machines|computers|PCs|boxes|nodes)",
    "{lantern}": "(Lantern|it|this program|the program)",
}

_FRAMES = {
    "how": """
(How do I|How can I|How could I|How should I|How would I|How to) {x}?
(What is the way to|What do I have to do to|What must I do to|What is the best way to|\
Is there a way to|Can you tell me how to|Do you know how to|Can you show me how to) {x}?
(Tell me|Show me|Please tell me|Explain to me|Explain|I don't know|I wonder|I forgot) how to {x}.
(I want|I'd like|I need|I would like|We want|I am trying) to {x}\
(.|. How?|. How do I do that?|, but how?|. What do I do?)
""",
    "command": """
(What|Which) command (do I need|do I use|should I run|must I type|is there|is used) to {x}?
(What do I type|What do I run|What do I enter|What should I type|What must I run) to {x}?
(Give me|Tell me|Show me|I need|I forgot) the command to {x}.
(What is the command|What's the command|Is there a command|Do you know the command) to {x}?
""",
    "can": """
(Can I|Could I|May I|Am I able to|Is it possible to|Would it be possible to) {x}?
(I wonder|Tell me|I want to know|I'd like to know|Please say) (if|whether) I can {x}.
(Can you tell me|Do you know) (if|whether) I can {x}?
(I want|I'd like|I plan) to {x}. (Is that possible|Can I|Does that work|Is that okay)?
""",
    "if": """
(What happens|What will happen|What does Lantern do) (if|when) {x}?
(What if|And what if|But what if|So what if) {x}?
(Suppose|Suppose that|Imagine that) {x}. (What happens|What happens then|What then|And then)?
(Tell me|I want to know|I wonder|Explain|I'd like to know) what happens (if|when) {x}.
""",
    "fix": """
{x}(.|. What can I do?|. What now?|. What should I do?|. Help!|. Can you help?|\
. How do I fix that?|. Any advice?|, what can I do?)
(What can I do|What should I do|What do I do|What helps) (if|when) {x}?
(I have a problem|There is a problem|Problem|Help): {x}.
""",
    "why": """
{x}. (Why|Why is that|What is the reason|What is the cause|How come|What is wrong)?
(Do you know|Can you tell me|Can you explain) why {x}?
(Tell me|Explain|I wonder|I want to know|I don't understand) why {x}.
(How come|What is the reason that|Why is it that|How is it possible that) {x}?
""",
    "ask": """
(Can you tell me|Could you tell me|Do you know|Would you tell me|May I ask) {x}?
(Tell me|Please tell me|I want to know|I'd like to know|I would like to know|I wonder|\
I don't know|I need to know) {x}.
""",
}

# One of these, but the first, is kept for tests by each fact that has a topic.
_BASIC_FORMS = """
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
_TOPIC_FORMS = """
What {is} {t}(| exactly| really| actually| again)?
What's {t}(| exactly)?
(Explain|Describe|Define) {t}(| please| briefly| in one sentence| in simple words).
(Can|Could|Would) you (explain|describe|define) {t}(| for me)?
Can you explain {t} to me?
Please (explain|describe) {t}( to me|).
Please explain what {t} {is}.
What {does} {t} mean(| here| exactly)?
(Tell me|Teach me) (something |a bit |more |)about {t}.
What (do you know|can you tell me|can you say) about {t}?
I (don't know|do not understand|am not sure|want to know|would like to know|forgot) what {t} {is}.
(Do you know|Can you tell me|Could you tell me|Would you tell me) what {t} {is}?
(Tell me|Remind me) what {t} {is}.
(What do you mean|What is meant|What does one mean) by {t}?
What is the meaning of {t}?
{t}(?|, what {is} {they}?|: what {is} {they}?|, please explain.)
I have a question about {t}(.|. What {is} {they}?)
(In short|Briefly|In one sentence|In a few words|In simple words), what {is} {t}?
(I read|I heard|They talked) about {t}. What {is} {they}?
(Give me|I need|I am looking for) (a definition|an explanation|a description) of {t}.
(Definition|Explanation|Meaning) of {t}(?|)
(What exactly|And what|So what) {is} {t}?
How would you (explain|describe|define) {t}?
I (want|would like) to (understand|learn about|hear about|know about) {t}.
{t} {is} new to me. What {is} {they}?
What (kind|sort) of thing {is} {t}?
"""
_MOST_TEXTS = 250  # of one line: what a larger grammar adds are twins of these
_TOPIC_LINES = 10  # the forms of a topic are drawn as often as ten lines

_ONE = {"is": "is", "does": "does", "they": "it"}
_MANY = {"is": "are", "does": "do", "they": "they"}


def normal(text):
    """What is left of a wording without case, articles and punctuation but that of flags."""
    words = re.findall(r"(?:(?<!\w)--)?[\w']+", text.lower().replace("n't", " not"))
    return tuple(word for word in words if word not in ("a", "an", "the"))


def is_near(one, other):
    """Whether two normal wordings differ by one word at most. Short ones have to be the same."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 4 or len(longer) - len(shorter) > 1:
        return False
    same = 0
    while same < len(shorter) and one[same] == other[same]:
        same += 1
    return shorter[same + len(shorter) + 1 - len(longer):] == longer[same + 1:]


def _texts(grammar):
    for name, options in _MACROS.items():
        grammar = grammar.replace(name, options)
    texts = [capitalized(text) for text in expand(grammar)]
    if len(texts) > _MOST_TEXTS:  # the same at every start, as a seed promises
        texts = random.Random(grammar).sample(texts, _MOST_TEXTS)
    return texts


def _lines(line):
    """The texts of each line that a line stands for."""
    if not line.startswith("@"):
        return [_texts(line)]
    frame, words = line[1:].split(" ", 1)
    return [_texts(form.replace("{x}", words)) for form in _FRAMES[frame].strip().split("\n")]


def _topic_forms():
    forms = [form for line in _TOPIC_FORMS.strip().split("\n") for form in expand(line)]
    for form in _BASIC_FORMS:
        assert normal(form) in {normal(_form(new, _ONE)) for new in forms}, form
    return forms


def _form(form, number):
    for slot, word in number.items():
        form = form.replace("{" + slot + "}", word)
    return form


_FORMS = _topic_forms()


def topic_lines(topic, index):
    """(lines, held-out text) for "a token|+tokens": aliases, "+" before those in the plural."""
    aliases = topic.split("|")
    held = _BASIC_FORMS[1 + index % (len(_BASIC_FORMS) - 1)]
    texts = []
    for form in _FORMS:
        kept = normal(held)
        begins = normal(_form(form, _ONE))
        if begins == kept or len(kept) > 1 and begins[:len(kept)] == kept:
            continue
        for alias in aliases:
            plural = alias.startswith("+")
            if not (plural and "'s" in form):
                text = _form(form, _MANY if plural else _ONE)
                texts.append(capitalized(text.replace("{t}", alias.lstrip("+"))))
    lines = [texts[at::_TOPIC_LINES] for at in range(_TOPIC_LINES)]
    return lines, held.replace("{t}", aliases[0].lstrip("+"))


def question_lines(questions):
    """(lines of trained texts, held-out texts) of what is written down."""
    lines, held = [], []
    for line in questions.strip().split("\n"):
        if line.startswith("? "):
            held.append(line[2:])
        else:
            lines += _lines(line)
    return lines, held

"""Dialogues: turns of all tasks, mixed, that know what was said before."""

from . import arithmetic, facts, lists, recall, small_talk, stories, story_questions
from .phrasing import Dialogue, pick

LONGEST = 2600  # characters: about 800 tokens
_LONGEST_TURN = 900

_SYSTEMS = ("You are a tiny model.", "Answer in short sentences.", "You are a friendly helper.",
            "Be brief and polite.", "You tell stories and add numbers.", "You are Lantern's demo.",
            "Help the user.", "You are a helpful assistant.")

# Tasks by weight; one is drawn for each turn that does not go on from the one before it. A story
# brings its questions along, recall its later question.
_FRESH = (["story"] * 20 + ["arithmetic"] * 26 + ["list"] * 15 + ["recall"] * 11 + ["fact"] * 24 +
          ["unknown"] * 6 + ["greeting"] * 2 + ["chat"] * 2)
_COUNTS = (1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8)


class _Session:
    """What a dialogue has said so far."""

    __slots__ = ("random", "held_out", "turns", "told", "result", "items", "profile", "questions",
                 "asked")

    def __init__(self, random, held_out):
        self.random = random
        self.held_out = held_out
        self.turns = []
        self.told = []       # stories
        self.result = None   # of the last sum
        self.items = None    # the last list
        self.profile = {}    # what the user said
        self.questions = 0   # still to be asked about the last story
        self.asked = None    # the content of the last question, so that none comes twice in a row


def _story(session):
    turn, story = stories.story_turn(session.random, session.held_out, session.told)
    session.told.append(story)
    session.questions = 1 + int(session.random() * 4)
    return turn


def _offered_story(session):
    turn, story = stories.yes_turn(session.random, session.held_out)
    session.told.append(story)
    session.questions = 1 + int(session.random() * 3)
    return turn


def _story_question(session):
    session.questions -= 1
    for _ in range(3):
        turn = story_questions.question_turn(session.random, session.told)
        if turn.assistant != session.asked:
            break
    session.asked = turn.assistant
    return turn


def _arithmetic(session):
    turn, session.result = arithmetic.sum_turn(session.random, session.held_out)
    return turn


def _list(session):
    turn, session.items = lists.list_turn(session.random, session.held_out)
    return turn


def _recall(session):
    random = session.random
    dice = random()
    if dice < 0.12:
        return recall.untold_turn(random, session.profile)
    if session.profile and dice < 0.65:
        return recall.ask_turn(random, session.profile)
    return recall.tell_turn(random, session.held_out, session.profile)


def _fact(session):
    return facts.fact_turn(session.random, session.held_out)


def _unknown(session):
    random = session.random
    dice = random()
    if dice < 0.12:
        return arithmetic.too_hard_turn(random)
    if dice < 0.2 and not session.told:
        return story_questions.no_story_turn(random)
    return small_talk.unknown_turn(random, session.held_out)


def _greeting(session):
    return small_talk.greeting_turn(session.random)


def _chat(session):
    return small_talk.chat_turn(session.random)


_MAKERS = {"story": _story, "arithmetic": _arithmetic, "list": _list, "recall": _recall,
           "fact": _fact, "unknown": _unknown, "greeting": _greeting, "chat": _chat}


def _follow_up(session):
    """A turn that goes on from the last one, or None."""
    random = session.random
    task = session.turns[-1].task
    if session.turns[-1].assistant.endswith(small_talk.OFFER) and random() < 0.6:
        return _offered_story(session)
    if task == "arithmetic":
        if random() < 0.2:
            chained = arithmetic.chain_turn(random, session.held_out, session.result)
            if chained:
                turn, session.result = chained
                return turn
    elif task == "list" and session.items and random() < 0.3:
        return lists.again_turn(random, session.items)
    if session.questions > 0 and random() < 0.75:
        return _story_question(session)
    if session.told and random() < 0.05:
        return _story_question(session)
    if session.profile and random() < 0.2:
        return recall.ask_turn(random, session.profile)
    return None


def _next_turn(session):
    turn = _follow_up(session) if session.turns else None
    while turn is None:
        turn = _MAKERS[pick(session.random, _FRESH)](session)
    return turn


def make_dialogue(rng, held_out=False):
    """One dialogue; with `held_out`, of contents that no training dialogue has."""
    random = rng.random
    session = _Session(random, held_out)
    turns = session.turns
    wanted = pick(random, _COUNTS)
    length = 0
    if wanted > 1 and random() < 0.12:
        turns.append(_greeting(session))
    while len(turns) < wanted and length < LONGEST - _LONGEST_TURN:
        turn = _next_turn(session)
        turns.append(turn)
        length += len(turn.user) + len(turn.assistant)
    return Dialogue(turns, pick(random, _SYSTEMS) if random() < 0.03 else None)

"""Questions about a story that was told, with the one answer that the story has."""

from .phrasing import Turn, article, capitalized, pick, template, templates, typed
from .stories import FRIEND_KINDS
from . import words_objects as objects


class Kind:
    """One kind of question: how it is asked, its answer, and what the answer must contain."""

    __slots__ = ("asks", "answer", "key")

    def __init__(self, asks, answer, key):
        self.asks = templates(asks)
        self.answer = template(answer)
        self.key = template(key)


# These name nobody, so they can ask for the hero's name.
NAME = Kind("""
What was the name of the {kind}?
What was the {kind} called?
What is the name of the {kind}?
What's the {kind}'s name?
How was the {kind} called?
What was the hero called?
What was the hero's name?
Who was the hero?
Who was the story about?
What is the hero's name?
Do you remember the name of the {kind}?
Name of the {kind}?
What was the name again?
Tell me the hero's name.
Tell me the name of the {kind}.
""", "The {kind} was called {name}.", "{name}")

KINDS = [
    NAME, NAME,
    Kind("""
What was {name}?
What kind of animal was {name}?
Who was {name}?
What sort of animal is {name}?
Which animal was {name}?
What animal was the story about?
What was the hero?
What kind of hero was {name}?
Remind me: what was {name}?
""", "{name} was {a_kind}.", "{kind}"),
    Kind("""
Where did {name} live?
Where does {name} live?
Where was {name}'s home?
Where did the {kind} live?
Where is the home of {name}?
Where was that?
Where did the story happen?
Where did it happen?
In which place did {name} live?
What was {name}'s home?
At which place was the story?
Where was the {kind} at home?
Where did the hero live?
""", "{name} lived {place}.", "{place}"),
    Kind("""
What did {name} {base}?
What did the {kind} {base}?
What thing did {name} {base}?
What was it that {name} {verb}?
Which thing did {name} {base}?
Tell me what {name} {verb}.
Do you remember what {name} {verb}?
Say again, what did {name} {base}?
What did the hero {base}?
What object did {name} {base}?
""", "{name} {verb} {a_thing}.", "{a_thing}"),
    Kind("""
What was the {thing} like?
How was the {thing}?
What did the {thing} look like?
What kind of {thing} was it?
Can you describe the {thing}?
Describe the {thing}.
What sort of {thing} did {name} have?
""", "The {thing} was {thing_like}.", "{thing_like}"),
    Kind("""
Who helped {name}?
Who helped the {kind}?
Who helped?
Who came to help?
Who was the helper?
Who was {name}'s friend?
Which friend helped {name}?
Who did help the hero?
Who solved the problem?
What was the name of the friend?
What was the helper called?
Who was the friend of {name}?
Tell me who helped {name}.
""", "{friend} the {friend_kind} helped {name}.", "{friend} the {friend_kind}"),
    Kind("""
What kind of animal was {friend}?
What was {friend}?
Who was {friend}?
What sort of friend was {friend}?
And {friend}? What was that?
Who is {friend}?
""", "{friend} was {a_friend_kind}.", "{friend_kind}"),
    Kind("""
What was the problem?
What was {name}'s problem?
What went wrong?
What was the trouble?
Which problem did {name} have?
What problem was there?
Why did {name} need help?
What happened that was bad?
What was wrong?
What was the problem of the {kind}?
Tell me the problem.
""", "The problem was that {problem}.", "{problem}"),
    Kind("""
How did {friend} help?
What did {friend} do?
How was the problem solved?
How did they solve the problem?
How did {friend} solve it?
What was the solution?
How did {friend} help {name}?
What did the {friend_kind} do?
In what way did {friend} help?
How was the trouble over?
""", "{friend} {solution}.", "{solution}"),
    Kind("""
How did it end?
How did the story end?
How did {name} feel in the end?
How did {name} feel?
What was the ending?
How was {name} at the end?
How does the story end?
Was {name} happy in the end?
What did {name} feel at the end?
How did the {kind} feel in the end?
And the end?
How did everything end?
""", "In the end, {name} felt {glad}.", "{glad}"),
    Kind("""
What was {name} like?
How would you describe {name}?
What kind of {kind} was {name}?
Describe {name}.
What sort of character was {name}?
Tell me about {name}.
What was the {kind} like?
""", "{name} was {a_trait} {kind}.", "{trait}"),
]
COLOUR = Kind("""
What colour was {name}?
What color was {name}?
Which colour did {name} have?
What was the colour of the {kind}?
What colour was the {kind}?
What color was the {kind}?
Which color had {name}?
What colour did {name} have?
{name}'s colour?
Do you remember the colour of {name}?
""", "{name} was {colour}.", "{colour}")
HAT = Kind("""
What colour was {name}'s hat?
What color was {name}'s hat?
Which colour was the hat?
What colour was the hat of {name}?
What colour was the hat?
What color was the hat of the {kind}?
What did {name} wear?
What did {name} wear on {his} head?
""", "{name} wore a {colour} hat.", "{colour} hat")
NOT_TOLD = Kind("""
How old was {name}?
What did {name} like to eat?
What was {name}'s mother called?
What was {name}'s favourite song?
How tall was {name}?
When was {name} born?
What was the name of {name}'s brother?
Did {name} have any children?
How much did the {thing} cost?
How heavy was {name}?
What did {name} eat for breakfast?
What was {name}'s favourite food?
Who made the {thing}?
What day was it?
How old was {friend}?
Where did {friend} live?
What colour was {friend}?
Which language did {name} speak?
""", "I don't know. The story does not say that.", "don't know")
_IS_KIND = templates("""
Was {name} {guess}?
Is {name} {guess}?
Was the hero {guess}?
So {name} was {guess}, right?
{name} was {guess}, wasn't {he}?
""")
_YES = template("Yes, {name} was {a_kind}.")
_NO = template("No, {name} was {a_kind}.")
_YES_COLOUR = template("Yes, {name} was {colour}.")
_NO_COLOUR = template("No, {name} was {colour}.")
_FIRST = "In the first story, ", "In the story before, ", "In the first story: ", "First story: "
_LAST = "In the last story, ", "In the second story, ", "In the last story: ", "In your story, "
_NO_STORY = """
Who was the hero of the story?|What was the hero called?|Where did the hero live?|How did it end?|
Who helped the hero?|What was the problem in the story?|How did the story end?|
What did the hero find?|
What colour was the hero?|Which animal was in the story?
""".replace("\n", "").split("|")
NO_STORY_ANSWER = "I don't know. I have not told you a story yet."


def _guess(random, slots, person):
    """A yes-or-no question about the kind or the colour."""
    right = random() < 0.5
    form = pick(random, _IS_KIND)
    if person or random() < 0.5:
        kind = slots["a_kind"]
        if not right:
            other = pick(random, FRIEND_KINDS)
            right = other == slots["kind"]
            kind = article(other)
        user = form % {"name": slots["name"], "guess": kind, "he": slots["he"]}
        reply = (_YES if right else _NO) % slots
        return user, reply, ("Yes, " if right else "No, ") + slots["name"]
    colour = slots["colour"]
    if not right:
        colour = pick(random, objects.COLOURS)
        right = colour == slots["colour"]
    user = form % {"name": slots["name"], "guess": colour, "he": slots["he"]}
    reply = (_YES_COLOUR if right else _NO_COLOUR) % slots
    return user, reply, ("Yes, " if right else "No, ") + slots["name"]


def no_story_turn(random):
    return Turn(typed(random, pick(random, _NO_STORY)), NO_STORY_ANSWER, "unknown", "don't know")


def question_turn(random, told):
    """A question about the last story of `told`, sometimes about the one before it."""
    story = told[-1]
    prefix = ""
    if len(told) > 1:
        dice = random()
        if dice < 0.4:
            story = told[-2]
            prefix = pick(random, _FIRST if len(told) == 2 else _FIRST[1:2])
        elif dice < 0.6:
            prefix = pick(random, _LAST if len(told) == 2 else _LAST[:1])
    slots = story.slots
    dice = random()
    if dice < 0.08:
        user, reply, key = _guess(random, slots, story.person)
    else:
        if dice < 0.13:
            kind = NOT_TOLD
        elif dice < 0.23 and not (story.person and story.short):
            kind = HAT if story.person else COLOUR
        else:
            kind = pick(random, KINDS)
        user = pick(random, kind.asks) % slots
        reply = capitalized(kind.answer % slots)
        key = kind.key % slots
    if prefix and story is not told[-1] and slots["name"] in user and random() < 0.4:
        last = told[-1].slots
        if slots["name"] not in (last["name"], last["friend"]):  # the name says which story
            prefix = ""
    if prefix:
        first = user.split(" ", 1)[0]
        if first not in (slots["name"], slots["name"] + "'s", slots["friend"]):
            user = user[0].lower() + user[1:]
        user = prefix + user
    user = typed(random, user, slots["name"] + slots["kind"] + slots["friend"] + slots["thing"])
    return Turn(user, reply, "story_question", key, story.content)

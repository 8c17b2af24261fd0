"""Stories: a hero, a place, an object, a friend, a problem, its solution and an ending."""

from . import words_animals as animals
from . import words_objects as objects
from . import words_places as places
from .phrasing import (article, capitalized, invented_name, is_held_out, pick, template, templates,
                       typed, Turn)
from .plots import PLOTS

_INTRO = templates("""
Once upon a time, there was {a_trait} {colour_kind} called {name}.
Once there was {a_trait} {colour_kind} called {name}.
There once was {a_trait} {colour_kind} whose name was {name}.
Long ago, there lived {a_trait} {colour_kind} called {name}.
This is the story of {name}, {a_trait} {colour_kind}.
Far away from here lived {a_trait} {colour_kind}. The name was {name}.
{name} was {a_trait} {colour_kind}.
Many years ago, {a_trait} {colour_kind} was born and was called {name}.
""")
_HOME = templates("""
{name} lived {place}.
{He} lived {place}.
{His} home was {place}, and {he} loved it there.
All year long, {name} lived {place}.
{name} had a small home {place}.
{He} had always lived {place}.
Every day was the same {place}, where {name} lived.
""")
_HAT = templates("""
{name} always wore a {colour} hat.
{He} was known for a {colour} hat.
On {his} head was a {colour} hat.
""")
_PROBLEM = templates("""
But there was a problem: {problem}.
But {problem}.
Then came trouble: {problem}.
Soon it turned out that {problem}.
All went well until {problem}.
There was only one problem: {problem}.
Sadly, {problem}.
And then {problem}.
""")
_SAD = templates("""
{name} felt {sad} and did not know what to do.
{He} was {sad} and sat down on the ground.
This made {name} {sad}.
Oh, how {sad} {name} was!
"What can I do now?" said {name}, who was {sad}.
{name} was {sad} and thought about it all night.
""")
_FRIEND = templates("""
Luckily, {friend} the {friend_kind} came by.
Just then, {friend} the {friend_kind} came along.
{friend} the {friend_kind} heard about it.
"I will help you," said {friend} the {friend_kind}.
A good friend came to help: {friend} the {friend_kind}.
{name} went to see {friend} the {friend_kind}.
Next door lived {friend} the {friend_kind}, who was a good friend.
"Do not worry," said {friend} the {friend_kind}.
Then {name} met {friend} the {friend_kind}.
""")
_HELP = templates("""
{friend} {solution}.
Then {friend} {solution}.
Without a word, {friend} {solution}.
And what happened? {friend} {solution}.
It took some time, but {friend} {solution}.
At once, {friend} {solution}.
""")
_END = templates("""
In the end, {name} felt {glad}.
In the end, {name} felt {glad}, and the two stayed friends forever.
{name} felt {glad} and went to bed with a smile.
That night, {name} felt {glad}.
{name} hugged {friend} and felt {glad}.
And so {name} felt {glad}, and all was well.
They had cake together, and {name} felt {glad}.
""")
_SHORT = [templates("""
{name} was {a_trait} {colour_kind} who lived {place}.
Once there was {a_trait} {colour_kind} called {name} who lived {place}.
{Place} lived {a_trait} {colour_kind} called {name}.
"""), templates("""
But {problem}, so {friend} the {friend_kind} came and {solution}.
There was a problem: {problem}, but {friend} the {friend_kind} {solution}.
"""), templates("""
In the end, {name} felt {glad}.
{name} felt {glad}, and so the story ends.
""")]

_ABOUT = templates("""
Tell me a story about {topic}.
Tell a story about {topic}.
Please tell me a story about {topic}.
Can you tell me a story about {topic}?
Could you tell a story about {topic}?
Would you tell me a story about {topic}?
I want a story about {topic}.
I would like to hear a story about {topic}.
I'd like a story about {topic}.
A story about {topic}, please.
A story about {topic}
Story about {topic}
story: {topic}
Do you know a story about {topic}?
Give me a story about {topic}.
Make up a story about {topic}.
Invent a story about {topic}.
Write a story about {topic}.
Write a short story about {topic}.
Tell me a short story about {topic}.
Tell me something about {topic}, a story.
Tell us a story about {topic}.
Let's have a story about {topic}.
My children want a story about {topic}.
How about a story with {topic}?
Tell me a tale about {topic}.
Tell me a bedtime story about {topic}.
A bedtime story with {topic}, please.
Tell me a story with {topic} in it.
Can I have a story about {topic}?
What story can you tell about {topic}?
It is bedtime. Tell me about {topic}.
Make me a story. It should be about {topic}.
I like stories about {topic}. Tell me one.
""")
_ANY = """
Tell me a story.|Tell a story.|Please tell me a story.|Can you tell me a story?|A story, please.|
I want to hear a story.|Do you know a story?|Tell me any story.|Tell me a bedtime story.|
Make up a story.|Give me a story.|Story please|I am bored. Tell me a story.|Any story will do.|
I would like a story.|Could you tell me a story?|Write a story.|Tell me something nice.|
I can't sleep. Tell me a story.|Let me hear a story.|Story time!|Tell me one of your stories.
""".replace("\n", "").split("|")
_ANOTHER = """
Another story, please.|Tell me another story.|Another one!|Another story|One more story, please.|
Tell me one more.|Do you know another story?|Can I have another story?|And another one?|
Now a different story.|More stories, please.|Tell me a new story.|Next story, please.|
That was nice. Another one, please.|I want another story.
""".replace("\n", "").split("|")
_YES = """
Yes|Yes, please.|Yes please|Please do.|Oh yes!|Yes, tell me a story.|Sure|Ok, tell me one.|
That would be nice.|Yes, I would like that.|Go on|Yes!|Please|Yeah
""".replace("\n", "").split("|")
_ANOTHER_ABOUT = templates("""
Now tell me a story about {topic}.
And now a story about {topic}.
Another story, this time about {topic}.
Another one, about {topic}.
Now one about {topic}, please.
And one about {topic}?
Tell me another story about {topic}.
Can you tell one about {topic} too?
""")
_SHORTER = """
A shorter one, please.|Tell me a shorter one.|Now a shorter story.|A very short story, please.|
Tell me a very short story.|Can you tell a shorter story?|Tell me a story in three sentences.|
A story of three sentences, please.|Make it shorter: a very short story.|Now a very short one.
""".replace("\n", "").split("|")
_SHORT_ABOUT = templates("""
Tell me a very short story about {topic}.
A very short story about {topic}, please.
Tell me a story about {topic} in three sentences.
A story of three sentences about {topic}.
Can you tell a very short story about {topic}?
""")
_SAME_HERO = templates("""
Tell me another story about {name}.
Another story about {name}, please.
Another story about the same {kind}.
Tell me a new story about the same {kind}.
A story about the same hero, please.
Tell me a story about the same hero.
What else happened to {name}?
More about {name}, please.
Did {name} have another adventure?
Another adventure of {name}!
""")
_TOPIC_NAME = template("{topic} called {name}")

_ALL_KINDS = [(kind, "") for kind in animals.ANIMALS]
_NAMES = [(name, "she") for name in animals.NAMES_SHE] + [(name, "he") for name in animals.NAMES_HE]
_PRONOUNS = {"she": ("she", "her", "her"), "he": ("he", "him", "his")}
# Kinds that any name suits.
FRIEND_KINDS = animals.ANIMALS + [kind for kind, pronoun in animals.PEOPLE if not pronoun]
_PLACE_PHRASES = [(prep, noun, ["%s %s" % (prep, article(adjective + " " + noun))
                                for adjective in places.PLACE_ADJECTIVES])
                  for prep, noun in places.PLACES]


class Story:
    """One told story: `slots` has every word a question can ask for."""

    __slots__ = ("slots", "plot", "content", "person", "short")


def _hero(random, slots, named):
    """Fills in who the hero is; `named` is a name that the user gave, with its pronoun."""
    person = random() < 0.15
    kind, pronoun = pick(random, animals.PEOPLE if person else _ALL_KINDS)
    while True:
        chosen, he = pick(random, _NAMES)
        if not pronoun or he == pronoun:
            break
    if named:
        chosen, he = named
    elif random() < 0.1:
        chosen = invented_name(random)
    he, him, his = _PRONOUNS[he]
    colour = pick(random, objects.COLOURS)
    slots.update(name=chosen, kind=kind, he=he, him=him, his=his, He=he.capitalize(),
                 His=his.capitalize(), colour=colour, a_kind=article(kind),
                 colour_kind=kind if person else colour + " " + kind,
                 trait=pick(random, objects.TRAITS))
    slots["a_trait"] = article(slots["trait"])
    return person


def make_story(random, held_out, hero=None, named=None, short=False):
    """A new story; with `hero`, a Story, its hero goes on living at the same place."""
    story = Story()
    story.plot = pick(random, PLOTS)
    story.short = short
    slots = {}
    tries = 0
    while True:
        tries += 1
        if hero and tries < 500:  # a rare hero and place have no object in the split
            slots.update(hero.slots)
            story.person = hero.person
        else:
            story.person = _hero(random, slots, named)
            prep, noun, phrases = pick(random, _PLACE_PHRASES)
            slots["place_noun"] = noun
            slots["place"] = pick(random, phrases)
        thing = pick(random, objects.OBJECTS)
        story.content = "story %s/%s/%s" % (slots["kind"], slots["place_noun"], thing)
        if is_held_out(story.content) == held_out:
            break
    place = slots["place"]
    slots["Place"] = capitalized(place)
    slots["thing"] = thing
    slots["thing_like"] = pick(random, objects.OBJECT_ADJECTIVES)
    slots["a_thing"] = article(slots["thing_like"] + " " + thing)
    friend = slots["name"]
    while friend == slots["name"]:
        friend = invented_name(random) if random() < 0.1 else pick(random, _NAMES)[0]
    slots["friend"] = friend
    slots["friend_kind"] = pick(random, FRIEND_KINDS)
    slots["a_friend_kind"] = article(slots["friend_kind"])
    slots["base"] = story.plot.base
    slots["verb"] = story.plot.verb
    slots["sad"] = pick(random, objects.SAD)
    slots["glad"] = pick(random, objects.GLAD)
    problem, solution = pick(random, story.plot.trouble)
    slots["problem"] = problem % slots
    slots["solution"] = solution % slots
    story.slots = slots
    return story


def text_of(random, story):
    slots = story.slots
    plot = story.plot
    if story.short:
        parts = [pick(random, _SHORT[0]), pick(random, plot.setups), pick(random, _SHORT[1]),
                 pick(random, _SHORT[2])]
        if random() < 0.5:
            parts = parts[:2] + ["But {problem}, and {friend} the {friend_kind} {solution}, so in "
                                 "the end {name} felt {glad}."]
            parts[2] = template(parts[2])
        return " ".join(parts) % slots
    parts = [pick(random, _INTRO), pick(random, _HOME)]
    if story.person:
        parts.append(pick(random, _HAT))
    parts.append(pick(random, plot.setups))
    parts.append(pick(random, _PROBLEM))
    if random() < 0.6:
        parts.append(pick(random, _SAD))
    parts.append(pick(random, _FRIEND))
    parts.append(pick(random, _HELP))
    if random() < 0.75:
        parts.append(pick(random, plot.results))
    parts.append(pick(random, _END))
    return " ".join(parts) % slots


def _topic(random, slots, person):
    """What the request asks for, as words that the story then has."""
    dice = random()
    if dice < 0.40:
        return slots["a_kind"]
    if dice < 0.47:
        return article(slots["colour_kind"])
    if dice < 0.52:
        return slots["a_trait"] + " " + slots["kind"]
    if dice < 0.66:
        return article(slots["place_noun"])
    if dice < 0.82:
        return article(slots["thing"])
    if dice < 0.88:
        return slots["a_thing"]
    if dice < 0.92:
        return slots["a_kind"] + " and " + article(slots["thing"])
    if dice < 0.96:
        return slots["a_kind"] + " " + slots["place"].split(" ")[0] + " " + article(
            slots["place_noun"])
    return article(slots["place_noun"]) + " and " + article(slots["thing"])


def _turn(random, user, story, protected="", keep_case=False):
    user = typed(random, user, protected, keep_case)
    return Turn(user, text_of(random, story), "story", "", story.content), story


def yes_turn(random, held_out):
    """The answer to "Shall I tell you a story?"."""
    return _turn(random, pick(random, _YES), make_story(random, held_out))


def story_turn(random, held_out, told):
    """A turn that tells a story, and the story; `told` are the stories before it."""
    dice = random()
    if told and dice < 0.25:
        hero = told[-1]
        story = make_story(random, held_out, hero=hero)
        user = pick(random, _SAME_HERO) % hero.slots
        return _turn(random, user, story, user, True)
    short = random() < 0.12
    if dice < 0.42:
        story = make_story(random, held_out, short=short)
        user = pick(random, _SHORTER if short else (_ANOTHER if told else _ANY))
        return _turn(random, user, story)
    named = None
    if random() < 0.1:
        named = pick(random, _NAMES)
        if random() < 0.5:
            named = (invented_name(random), named[1])
    story = make_story(random, held_out, named=named, short=short)
    if named:
        topic = _TOPIC_NAME % {"topic": story.slots["a_kind"], "name": named[0]}
    else:
        topic = _topic(random, story.slots, story.person)
    forms = _SHORT_ABOUT if short else _ABOUT
    if told and not short and random() < 0.5:
        forms = _ANOTHER_ABOUT
    return _turn(random, pick(random, forms) % {"topic": topic}, story, topic, bool(named))

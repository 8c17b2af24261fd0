"""What users say about themselves, and whether it is remembered turns later.

A slot is one thing to know about a user. Its fact is said in the second person ("your favourite
colour is blue"): the acknowledgement repeats it, and so does every later answer.
"""

from . import words_animals as animals
from . import words_objects as objects
from . import words_places as places
from .phrasing import (Turn, article, capitalized, invented_name, is_held_out, pick, template,
                       templates, typed)

_NAMES = animals.NAMES_SHE + animals.NAMES_HE


class Slot:
    __slots__ = ("name", "values", "says", "fact", "asks", "unknown", "articled")

    def __init__(self, name, values, says, fact, asks, unknown, articled=False):
        self.name = name
        self.values = values
        self.says = templates(says)
        self.fact = template(fact)
        self.asks = templates(asks)
        self.unknown = unknown
        self.articled = articled


def _my(label, values, extra_says="", extra_asks=""):
    """A slot of the form "my LABEL is VALUE"."""
    american = label.replace("colour", "color")
    says = "\n".join(form.replace("LABEL", word) for word in dict.fromkeys((label, american))
                     for form in """My LABEL is {v}.
My LABEL is {v}, remember that.
Remember that my LABEL is {v}.
Please remember: my LABEL is {v}.
By the way, my LABEL is {v}.
I tell you something: my LABEL is {v}.
You should know that my LABEL is {v}.
{v} is my LABEL.""".split("\n"))
    asks = "\n".join(form.replace("LABEL", word) for word in dict.fromkeys((label, american))
                     for form in """What is my LABEL?
What's my LABEL?
What was my LABEL?
Do you remember my LABEL?
Do you know my LABEL?
Tell me my LABEL.
Which LABEL do I have?
Can you tell me my LABEL?
I told you my LABEL. What is it?
And my LABEL?
Do you still know my LABEL?
My LABEL was what?
What did I say my LABEL is?""".split("\n"))
    return Slot(label, values, says + "\n" + extra_says, "your " + label + " is {v}",
                asks + "\n" + extra_asks, "your " + label)


_NUMBERS = [str(number) for number in range(2, 100)]

NAME = Slot("name", _NAMES, """
My name is {v}.
I am {v}.
I'm {v}.
Hi, I am {v}.
Hello, my name is {v}.
Hello, I'm {v}.
Call me {v}.
You can call me {v}.
They call me {v}.
My name's {v}.
The name is {v}.
Hi! My name is {v}.
Good morning, I am {v}.
Let me introduce myself: I am {v}.
Remember my name: {v}.
People call me {v}.
I am called {v}.
""", "your name is {v}", """
What is my name?
What's my name?
Who am I?
Do you remember my name?
Do you know my name?
Tell me my name.
What am I called?
What was my name again?
Say my name.
How am I called?
Can you tell me my name?
I told you my name. What is it?
Do you still know who I am?
And what is my name?
Which name did I tell you?
Do you know who I am?
""", "your name")

SLOTS = [
    _my("favourite colour", objects.COLOURS, "I like {v} best of all colours.",
        "Which colour do I like best?\nWhich color do I like best?\nWhat colour do I like?"),
    _my("favourite animal", [word for word in animals.ANIMALS if word not in ("fish", "cod")],
        "", "Which animal do I like best?"),
    _my("favourite food", objects.FOODS, "I like {v} best of all food.\nI love to eat {v}.",
        "What do I like to eat?\nWhat food do I like?"),
    _my("favourite drink", objects.DRINKS, "", "What do I like to drink?"),
    _my("favourite season", objects.SEASONS),
    _my("favourite sport", objects.SPORTS),
    _my("favourite number", _NUMBERS),
    _my("lucky number", _NUMBERS),
    _my("secret word", objects.SECRETS, "The secret word is {v}.\nRemember the word {v}.",
        "What is the secret word?\nWhich word should you remember?"),
    _my("brother's name", animals.NAMES_HE,
        "My brother is called {v}.\nI have a brother called {v}.",
        "What is my brother called?\nWho is my brother?"),
    _my("sister's name", animals.NAMES_SHE, "My sister is called {v}.\nI have a sister called {v}.",
        "What is my sister called?\nWho is my sister?"),
    _my("best friend", _NAMES, "My best friend is called {v}.", "Who is my best friend?"),
    Slot("age", _NUMBERS, """
I am {v} years old.
I'm {v} years old.
I am {v}.
My age is {v}.
I turned {v} last week.
By the way, I am {v} years old.
Remember that I am {v} years old.
""", "you are {v} years old", """
How old am I?
What is my age?
Do you remember how old I am?
Do you know my age?
How many years am I?
Tell me my age.
And how old am I?
What's my age?
""", "your age"),
    Slot("town", places.TOWNS, """
I live in {v}.
My home is in {v}.
My home town is {v}.
My town is {v}.
I am from {v}.
I come from {v}.
We live in {v}.
By the way, I live in {v}.
Remember that I live in {v}.
""", "you live in {v}", """
Where do I live?
Where am I from?
Which town do I live in?
What is my home town?
Do you remember where I live?
Do you know where I live?
Where is my home?
In which town is my home?
Tell me where I live.
And where do I live?
""", "where you live"),
    Slot("job", objects.JOBS, """
I am {a_v}.
I work as {a_v}.
My job is {v}.
I'm {a_v} by trade.
By the way, I am {a_v}.
I earn my money as {a_v}.
Remember that I am {a_v}.
""", "you are {a_v}", """
What is my job?
What do I do for work?
What do I work as?
What's my job?
Do you remember my job?
Do you know my job?
What am I by trade?
Tell me my job.
And what is my job?
""", "your job", True),
    Slot("hobby", objects.HOBBIES, """
I like to {v}.
I love to {v}.
My hobby is to {v}.
In my free time I like to {v}.
On Sundays I like to {v}.
By the way, I like to {v}.
Remember that I like to {v}.
""", "you like to {v}", """
What do I like to do?
What is my hobby?
What's my hobby?
Do you remember my hobby?
Do you know my hobby?
What do I do in my free time?
Tell me my hobby.
And my hobby?
""", "your hobby"),
    Slot("instrument", objects.INSTRUMENTS, """
I play the {v}.
My instrument is the {v}.
I can play the {v}.
I am learning to play the {v}.
By the way, I play the {v}.
Remember that I play the {v}.
""", "you play the {v}", """
What instrument do I play?
Which instrument do I play?
What do I play?
Do you remember my instrument?
What is my instrument?
Tell me my instrument.
And which instrument do I play?
""", "your instrument"),
    Slot("birthday", objects.MONTHS, """
My birthday is in {v}.
I was born in {v}.
I have my birthday in {v}.
By the way, my birthday is in {v}.
Remember that my birthday is in {v}.
""", "your birthday is in {v}", """
When is my birthday?
In which month is my birthday?
When was I born?
What month is my birthday in?
Do you remember my birthday?
Tell me when my birthday is.
And when is my birthday?
""", "your birthday"),
]
_PET_SAYS = templates("""
I have {a_pet} called {v}.
I have {a_pet} named {v}.
My {pet} is called {v}.
My {pet}'s name is {v}.
My pet is {a_pet} called {v}.
We have {a_pet} called {v}.
By the way, my {pet} is called {v}.
The name of my {pet} is {v}.
Remember that my {pet} is called {v}.
There is {a_pet} at my home, and it is called {v}.
""")
_PET_FACT = template("your {pet} is called {v}")
_PET_ASKS = templates("""
What is my {pet} called?
What is the name of my {pet}?
What's my {pet}'s name?
How is my {pet} called?
Do you remember my {pet}'s name?
Do you know the name of my {pet}?
What is my pet called?
What is my pet's name?
Tell me the name of my {pet}.
And my {pet}?
""")
_PET_KIND_ASKS = templates("""
What pet do I have?
Which animal do I have?
What kind of pet do I have?
Do I have a pet?
Which pet do I have?
""")
_PET_KIND_FACT = template("You have {a_pet} called {v}.")
_CHANGES = templates("""
No, sorry, my {label} is {v}.
I changed my mind: my {label} is now {v}.
Actually, my {label} is {v}.
Now my {label} is {v}.
Correction: my {label} is {v}.
My {label} has changed. It is {v} now.
""")
_ASK_BOTH = templates("""
What are my name and {label}?
What is my name and what is my {label}?
What is my name, and my {label}?
Tell me my name and my {label}.
Do you remember my name and my {label}?
""")
_ASK_ALL = """
What do you know about me?|What did I tell you about me?|Tell me what you know about me.|
What have I told you?|What do you remember about me?
""".replace("\n", "").split("|")
_JOINTS = " and ", ", and ", " And "
_REMEMBER = "I will remember that "
_MY_LABELS = {slot.name for slot in SLOTS if slot.fact.startswith("your ") and
              slot.name not in ("birthday",)}


class Known:
    """One thing that the user said."""

    __slots__ = ("slot", "name", "value", "fact", "pet")

    def __init__(self, slot, name, value, fact, pet=None):
        self.slot = slot
        self.name = name
        self.value = value
        self.fact = fact
        self.pet = pet


def content_of(user_name, slot_name, value):
    """The key of the split: the user's name with the thing that was told."""
    return "recall %s/%s/%s" % (user_name, slot_name, value)


def _fits(profile, name, slot_name, value, held_out):
    """Whether every pair of name and thing that the dialogue would hold is on the right side."""
    if slot_name != "name":
        return is_held_out(content_of(name, slot_name, value)) == held_out
    for known in profile.values():
        if known.name != "name" and is_held_out(
                content_of(value, known.name, known.value)) != held_out:
            return False
    return is_held_out(content_of(value, "name", "")) == held_out


def _user_name(profile):
    known = profile.get("name")
    return known.value if known else ""


def _new_name(random, profile, held_out):
    for _ in range(400):
        value = invented_name(random) if random() < 0.25 else pick(random, _NAMES)
        if _fits(profile, "", "name", value, held_out):
            return Known(NAME, "name", value, NAME.fact % {"v": value})
    return None


def _new_thing(random, profile, held_out):
    name = _user_name(profile)
    for _ in range(400):
        if random() < 0.15:
            if "pet" in profile:
                continue
            pet = pick(random, objects.PETS)
            value = invented_name(random) if random() < 0.25 else pick(random, _NAMES)
            if value != name and _fits(profile, name, "pet", value, held_out):
                slots = {"pet": pet, "a_pet": article(pet), "v": value}
                return Known(None, "pet", value, _PET_FACT % slots, slots)
            continue
        slot = pick(random, SLOTS)
        value = pick(random, slot.values)
        if slot.name in profile or value == name:
            continue
        if _fits(profile, name, slot.name, value, held_out):
            fact = slot.fact % {"v": value, "a_v": article(value)}
            return Known(slot, slot.name, value, fact)
    return None


def _say(random, known):
    if known.pet:
        return pick(random, _PET_SAYS) % known.pet
    return capitalized(pick(random, known.slot.says) % {
        "v": known.value, "a_v": article(known.value)})


def _content(profile, known):
    if known.name == "name":
        return content_of(known.value, "name", "")
    return content_of(_user_name(profile), known.name, known.value)


def tell_turn(random, held_out, profile):
    """The user says something new (or corrects it), which goes into `profile`; None if it can't."""
    if "name" not in profile and random() < 0.5:
        known = _new_name(random, profile, held_out)
        if known is None:
            return None
        profile["name"] = known
        user = _say(random, known)
        reply = "Nice to meet you, " + known.value + "."
        key = known.value
        if random() < 0.3:
            more = _new_thing(random, profile, held_out)
            if more and more.fact.startswith("your "):
                profile[more.name] = more
                extra = _say(random, more)
                user = user.rstrip(".") + " and " + (
                    extra if extra.startswith(("I ", "I'")) or extra.startswith(more.value)
                    else extra[0].lower() + extra[1:])
                reply += " " + _REMEMBER + more.fact + "."
                key = more.value
                known = more
        return Turn(typed(random, user, user, known.value not in _NAMES), reply, "recall", key,
                    _content(profile, known))
    labels = [name for name in profile if name in _MY_LABELS]
    if labels and random() < 0.25:
        known = _changed(random, held_out, profile, pick(random, labels))
        if known:
            user = pick(random, _CHANGES) % {"label": known.name, "v": known.value}
            return _told(random, profile, known, user)
    known = _new_thing(random, profile, held_out)
    if known is None:
        return None
    return _told(random, profile, known, _say(random, known))


def _changed(random, held_out, profile, label):
    slot = profile[label].slot
    for _ in range(200):
        value = pick(random, slot.values)
        if value != profile[label].value and _fits(profile, _user_name(profile), label, value,
                                                   held_out):
            return Known(slot, label, value, slot.fact % {"v": value})
    return None


def _told(random, profile, known, user):
    profile[known.name] = known
    keep_case = known.pet is not None or known.value[0].isupper() and known.value not in _NAMES
    return Turn(typed(random, user, user, keep_case), _REMEMBER + known.fact + ".", "recall",
                known.value, _content(profile, known))


def ask_turn(random, profile):
    """A question about something in `profile`, which must not be empty."""
    known = pick(random, list(profile.values()))
    dice = random()
    if dice < 0.05:
        facts = [item.fact for item in profile.values()]
        reply = " ".join([capitalized(fact) + "." for fact in facts])
        return Turn(typed(random, pick(random, _ASK_ALL)), reply, "recall", known.value,
                    _content(profile, known))
    if "name" in profile and known.name in _MY_LABELS and dice < 0.2:
        user = pick(random, _ASK_BOTH) % {"label": known.name}
        reply = "Your name is " + profile["name"].value + ". " + capitalized(known.fact) + "."
        return Turn(typed(random, user, user), reply, "recall", known.value,
                    _content(profile, known))
    if known.pet and random() < 0.3:
        user = pick(random, _PET_KIND_ASKS)
        reply = _PET_KIND_FACT % known.pet
    else:
        user = pick(random, _PET_ASKS) % known.pet if known.pet else pick(random, known.slot.asks)
        reply = capitalized(known.fact) + "."
    return Turn(typed(random, user, known.pet["pet"] if known.pet else known.name), reply, "recall",
                known.value, _content(profile, known))


def untold_turn(random, profile):
    """A question about something the user never said."""
    slot = NAME if random() < 0.25 else pick(random, SLOTS)
    if slot.name in profile:
        return None
    user = pick(random, slot.asks)
    reply = "I don't know. You have not told me " + slot.unknown + "."
    return Turn(typed(random, user, slot.name), reply, "recall", "don't know")

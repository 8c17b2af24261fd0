"""What users tell of themselves, and ask for later."""

from . import words
from .phrasing import ask
from .turns import Turn, article, draw

# thing: (values, how it is said, the answer to that, how it is asked, the answer)
_THINGS = {
    "name": (words.NAMES,
             ("My name is {v}.", "I am {v}.", "I'm {v}.", "Hi, I'm {v}!", "Hello, my name is {v}.",
              "You can call me {v}.", "I am called {v}."),
             "Nice to meet you, {v}!",
             ("What is my name?", "What's my name?", "Do you remember my name?", "Who am I?",
              "How am I called?", "Tell me my name.", "Do you know my name?"),
             "Your name is {v}."),
    "colour": (words.COLOURS[:-1],
               ("My favourite colour is {v}.", "I like the colour {v} best.", "I love the colour {v}.",
                "My favorite color is {v}."),
               "{V} is a nice colour. I will remember it.",
               ("What is my favourite colour?", "Which colour do I like best?", "What's my favorite color?",
                "Do you remember my favourite colour?", "Tell me my favourite colour."),
               "Your favourite colour is {v}."),
    "city": (words.CITIES,
             ("I live in {v}.", "My home is in {v}.", "I am from {v}.", "I come from {v}."),
             "{v}, good to know.",
             ("Where do I live?", "Which city am I from?", "Where am I from?", "What city do I live in?",
              "Do you remember where I live?"),
             "You live in {v}."),
    "food": (words.DISHES,
             ("My favourite food is {v}.", "I love to eat {v}.", "I like {v} most of all food.",
              "My favorite food is {v}."),
             "{V}, that sounds good.",
             ("What is my favourite food?", "What do I like to eat?", "What's my favorite food?",
              "Which food do I like best?", "Do you remember my favourite food?"),
             "Your favourite food is {v}."),
    "hobby": (words.HOBBIES,
              ("My hobby is {v}.", "I enjoy {v}.", "In my free time I like {v}.", "I love {v}."),
              "{V} is a good hobby.",
              ("What is my hobby?", "What do I like to do?", "What do I do in my free time?",
               "What's my hobby?", "Do you remember my hobby?"),
              "Your hobby is {v}."),
    "job": (words.JOBS,
            ("I work as {a}.", "I am {a}.", "My job is {v}.", "I'm {a} by trade."),
            "A fine job.",
            ("What is my job?", "What do I do for work?", "What's my job?", "What do I work as?",
             "Do you remember my job?"),
            "You work as {a}."),
    "number": (tuple(map(str, range(1, 101))),
               ("My lucky number is {v}.", "Remember the number {v}.", "Keep the number {v} in mind.",
                "My favourite number is {v}."),
               "I will remember {v}.",
               ("What is my number?", "Which number did I tell you?", "What was the number?",
                "What number should you remember?", "What's my lucky number?"),
               "Your number is {v}."),
}
_PET_SAID = ("I have {kind} called {v}.", "My {pet} is called {v}.", "I have {kind} named {v}.",
             "My {pet}'s name is {v}.")
_PET_NAME = ("What is my {pet} called?", "What is my {pet}'s name?", "How is my {pet} called?",
             "What's the name of my {pet}?", "Do you remember my {pet}'s name?")
_PET_KIND = ("What pet do I have?", "Which pet do I have?", "What kind of pet do I have?", "What is my pet?")
_KEPT = ("name", "number")  # and pets: long lists, of which some values are for tests alone
_UNSAID = "You have not told me that yet."


def _capital(text):
    return text[0].upper() + text[1:]


class Memory:
    """What the user has said in this dialogue, and turns about it."""

    def __init__(self, rng, held_out):
        self._rng, self._held_out = rng, held_out
        self._known = {}  # thing -> value
        self._pet = None  # (kind, name)

    def tell(self):
        """A turn in which the user says something new."""
        rng = self._rng
        things = (*_KEPT, "pet") if self._held_out else (*_THINGS, "name", "pet")
        left = [thing for thing in things if not self.knows(thing)]
        if not left:
            return None
        thing = rng.choice(left)
        if thing == "pet":
            return self._tell_pet()
        values, said, answer, _, _ = _THINGS[thing]
        if thing in _KEPT:
            value = draw(lambda: rng.choice(values), lambda v: (thing, v), self._held_out)
        else:
            value = rng.choice(values)
        self._known[thing] = value
        fields = {"v": value, "V": _capital(value), "a": article(value)}
        return Turn(ask(rng, said, **fields), answer.format(**fields), "chat")

    def knows(self, thing):
        return self._pet is not None if thing == "pet" else thing in self._known

    def _tell_pet(self):
        rng = self._rng
        self._pet = draw(lambda: (rng.choice(words.PETS), rng.choice(words.NAMES)), lambda p: p, self._held_out)
        pet, name = self._pet
        return Turn(ask(rng, _PET_SAID, kind=article(pet), pet=pet, v=name),
                    f"{name} is a lovely name for {article(pet)}.", "chat")

    def asked(self):
        """A turn in which the user asks for something said, or seldom for what was not."""
        rng = self._rng
        things = list(self._known) + (["pet", "pet"] if self._pet else [])
        if not things or rng.random() < 0.08:
            unknown = [thing for thing in _THINGS if not self.knows(thing)]
            if not unknown:
                return None
            return Turn(ask(rng, _THINGS[rng.choice(unknown)][3]), _UNSAID, "recall", _UNSAID)
        thing = rng.choice(things)
        if thing == "pet":
            pet, name = self._pet
            if rng.random() < 0.7:
                return Turn(ask(rng, _PET_NAME, pet=pet), f"Your {pet} is called {name}.", "recall", name)
            return Turn(ask(rng, _PET_KIND), f"You have {article(pet)}.", "recall", pet)
        value = self._known[thing]
        _, _, _, asked, answer = _THINGS[thing]
        return Turn(ask(rng, asked), answer.format(v=value, a=article(value)), "recall", value)

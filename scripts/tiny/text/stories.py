"""Short stories with a hero, a place, an object and a friend, and questions that they answer."""

from . import plots, words
from .phrasing import ask, command
from .turns import Turn, article, draw

_ABOUT = ("Tell me a story about {x}.", "Tell a story about {x}.", "Write a story about {x}.",
          "I want a story about {x}.", "A story about {x}, please.", "Tell me about {x} in a story.",
          "Make up a story about {x}.", "Do you know a story about {x}?", "I'd like to hear a story about {x}.",
          "Tell me something about {x}, as a story.", "Give me a short story about {x}.", "story about {x}")
_ANY = ("Tell me a story.", "Tell a story.", "Do you know a story?", "I want to hear a story.", "A story, please.",
        "Write a short story.", "Make up a story.", "Tell me a bedtime story.", "Can I have a story?", "story please")
_ANOTHER = ("Another one, please.", "Tell me another story.", "One more story!", "Another story.", "And one more?",
            "Tell me a different story.")
_SHORT = ("Tell me a very short story about {x}.", "A shorter story about {x}, please.",
          "Tell a story about {x} in three sentences.", "Three sentences about {x}, please.")

_KIND_WORDS = ("What kind of animal was {N}?", "What animal was {N}?", "What was {N}?", "Which animal was {N}?")
_HERO = ("What was the name of the {k}?", "What was the {k} called?", "What is the {k}'s name?",
         "How was the {k} called?", "Who was the story about?", "What was the hero's name?",
         "What is the name of the hero?", "Who is the hero of the story?", "Name of the {k}?")
_COLOUR = ("What colour was {N}?", "What colour was the {k}?", "Which colour did {N} have?", "What color was {N}?")
_PLACE = ("Where did {N} live?", "Where did the story happen?", "Where does the {k} live?", "Where was {N}'s home?",
          "In which place did {N} live?")
_OBJECT = ("What did {N} {verb}?", "What did the {k} {verb}?", "Which thing did {N} {verb}?")
_FRIEND = ("Who helped {N}?", "Who helped the {k}?", "Who helped?", "Who was the friend of {N}?",
           "Which friend helped {N}?", "Who came to help {N}?")
_FRIEND_KIND = ("What kind of animal was {f}?", "What was {f}?", "What animal was {f}?", "Who was {f}?")
_FEELING = ("How did {N} feel in the end?", "How did {N} feel at the end?", "How was {N} in the end?",
            "How did the story end for {N}?", "How did the {k} feel in the end?")
_SKILL = ("What did {N} want to learn?", "What did {N} learn?", "What did the {k} want to learn?")
_PAST = {"lose": "lost", "find": "found", "break": "broke", "want": "wanted", "build": "built",
         "give away": "gave away", "follow": "followed", "paint": "painted", "hide": "hid", "repair": "repaired"}


def _capital(text):
    return text[0].upper() + text[1:]


class Story:
    """One story's contents and text."""

    def __init__(self, rng, held_out, kind=None):
        self._rng = rng
        hero = (lambda: (kind or rng.choice(words.ANIMALS), rng.choice(words.PLACES), rng.choice(words.NAMES)))
        self.kind, self.place, self.name = draw(hero, lambda h: h, held_out)
        self.friend = rng.choice(words.NAMES)
        while self.friend == self.name:
            self.friend = rng.choice(words.NAMES)
        self.friend_kind = rng.choice(words.ANIMALS)
        while self.friend_kind == self.kind:
            self.friend_kind = rng.choice(words.ANIMALS)
        self.thing = rng.choice(words.OBJECTS)
        self.object = f"{rng.choice(words.THING_QUALITIES)} {self.thing}"
        self.colour, self.feeling = rng.choice(words.COLOURS), rng.choice(words.FEELINGS)
        self.skill = rng.choice(words.SKILLS)
        nature = rng.choice(words.NATURES)
        self.verb, self._plot = (None, plots.LEARN) if rng.random() < 0.1 else rng.choice(plots.PLOTS)
        self._fields = {
            "N": self.name, "k": self.kind, "c": self.colour, "a_n": article(nature), "p": self.place,
            "o": self.object, "ao": article(self.object), "f": self.friend, "ag": article(self.friend_kind),
            "w": rng.choice(words.WEATHERS), "e": self.feeling, "s": self.skill, "food": rng.choice(words.FOODS)}

    def text(self, short=False):
        rng = self._rng
        parts = [rng.choice(plots.OPENINGS), rng.choice(plots.SETTINGS)]
        plot = [rng.choice(wordings) for wordings in self._plot]
        if rng.random() < 0.8:
            plot[0] = rng.choice(plots.MORNINGS) + plot[0]
        if short:
            parts, plot = parts[:1], [plot[0], plot[2]]
        else:
            plot.append(rng.choice(plots.ENDINGS))
        return " ".join(parts + plot).format(**self._fields)

    def _subject(self):
        """What the request names, and the story is about."""
        chance = self._rng.random()
        if chance < 0.6 or self.verb is None:
            return article(self.kind)
        if chance < 0.72:
            return self.place
        if chance < 0.85:
            return article(self.thing)
        if chance < 0.93:
            return f"{article(self.kind)} and {article(self.thing)}"
        return f"{article(self.kind)} called {self.name}"

    def told(self, first=True):
        """(turn, whether it was told in full)"""
        rng = self._rng
        if rng.random() < 0.12:
            return Turn(ask(rng, _SHORT, x=article(self.kind)), self.text(short=True), "story"), False
        if rng.random() < 0.2:
            return Turn(ask(rng, _ANY if first else _ANOTHER), self.text(), "story"), True
        return Turn(command(rng, _ABOUT, x=self._subject()), self.text(), "story"), True

    def questions(self, whole):
        """(wordings, answer, key) of all that the text answers."""
        asked = [(_HERO, f"The {self.kind} was called {self.name}.", self.name),
                 (_KIND_WORDS, f"{self.name} was {article(self.kind)}.", self.kind),
                 (_COLOUR, f"{self.name} was {self.colour}.", self.colour),
                 (_FRIEND, f"{self.friend} the {self.friend_kind} helped {self.name}.", self.friend),
                 (_FRIEND_KIND, f"{self.friend} was {article(self.friend_kind)}.", self.friend_kind)]
        if whole:
            asked += [(_PLACE, f"{self.name} lived in {self.place}.", self.place),
                      (_FEELING, f"In the end {self.name} was {self.feeling}.", self.feeling)]
        if self.verb is None:
            asked.append((_SKILL, f"{self.name} wanted to learn to {self.skill}.", self.skill))
        else:
            thing = article(self.object)
            for _ in range(2):
                asked.append((_OBJECT, f"{self.name} {_PAST[self.verb]} {thing}.", self.object))
        return asked

    def question(self, whole, named):
        """A turn about the story. `named`: it must say whom it means."""
        rng = self._rng
        templates, answer, key = rng.choice(self.questions(whole))
        if named:
            precise = [t for t in templates if "{N}" in t or "{f}" in t or "{k}" in t]
            templates = precise or templates
        user = ask(rng, templates, N=self.name, k=self.kind, f=self.friend, verb=self.verb)
        return Turn(user, answer, "story_question", key)


def opinion(rng, story):
    """Small talk after a story."""
    users, answers = rng.choice((
        (("That was nice.", "I liked it.", "Nice story!", "Thank you for the story.", "good story", "Lovely!"),
         "I am glad that you liked it. Ask me about it, or for another one."),
        (("I did not like it.", "That was boring.", "Not my taste.", "Hm, not so good."),
         "I am sorry. Shall I tell another one?"),
    ))
    return Turn(ask(rng, users), answers, "chat")

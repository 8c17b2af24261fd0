"""Whole dialogues: tasks in any order, some of them coming back to earlier ones."""

from . import words
from .arithmetic import arithmetic, arithmetic_goes_on
from .facts import fact, greeting, hello, unknown
from .lists import list_turns
from .recall import Memory
from .stories import Story, opinion
from .turns import Dialogue

MAX_CHARACTERS = 2600


class _Conversation:
    def __init__(self, rng, held_out):
        self._rng, self._held_out = rng, held_out
        self._memory = Memory(rng, held_out)
        self._stories = []  # (story, whether told in full), the last one last
        self._room = MAX_CHARACTERS
        self.dialogue = Dialogue()

    def add(self, turn):
        """False where there is nothing to add, or no room for it."""
        if turn is None or len(turn.user) + len(turn.assistant) + 60 > self._room:
            return False
        self._room -= len(turn.user) + len(turn.assistant) + 60
        self.dialogue.turns.append(turn)
        return True

    def story(self):
        rng = self._rng
        kind = self._stories[-1][0].kind if self._stories and rng.random() < 0.1 else None
        story = Story(rng, self._held_out, kind)
        turn, whole = story.told(first=not self._stories)
        if not self.add(turn):
            return
        self._stories.append((story, whole))
        if rng.random() < 0.1:
            self.add(opinion(rng, story))
        for _ in range(rng.choice((0, 1, 2, 2, 3, 4))):
            self.add(story.question(whole, named=False))

    def earlier_story(self):
        """A question about a story after something else; about the last but one only by name."""
        if not self._stories:
            return self.story()
        rng = self._rng
        story, whole = rng.choice(self._stories[-2:])
        last = story is self._stories[-1][0]
        self.add(story.question(whole, named=not last))

    def sums(self):
        turn, result = arithmetic(self._rng, self._held_out)
        self.add(turn)
        while self._rng.random() < 0.25:
            more = arithmetic_goes_on(self._rng, self._held_out, result)
            if more is None or not self.add(more[0]):
                return
            result = more[1]

    def lists(self):
        for turn in list_turns(self._rng, self._held_out):
            self.add(turn)

    def tell(self):
        self.add(self._memory.tell())
        if self._rng.random() < 0.3:
            self.add(self._memory.asked())

    def recall(self):
        self.add(self._memory.asked())

    def fact(self):
        self.add(fact(self._rng, self._held_out))

    def small(self):
        self.add(greeting(self._rng) if self._rng.random() < 0.5 else unknown(self._rng, words))


_STEPS = ((_Conversation.story, 22), (_Conversation.earlier_story, 10), (_Conversation.sums, 22),
          (_Conversation.lists, 17), (_Conversation.tell, 12), (_Conversation.recall, 10),
          (_Conversation.fact, 12), (_Conversation.small, 9))
_KINDS, _WEIGHTS = zip(*_STEPS)


def make_dialogue(rng, held_out=False):
    """One dialogue of one to ten turns. held_out: of contents that training never sees."""
    talk = _Conversation(rng, held_out)
    if rng.random() < 0.15:
        talk.add(hello(rng))
    for step in rng.choices(_KINDS, _WEIGHTS, k=rng.randint(1, 7)):
        step(talk)
    if not talk.dialogue.turns:
        return make_dialogue(rng, held_out)
    return talk.dialogue

"""A turn of a dialogue, and which contents are kept for tests."""

import zlib
from dataclasses import dataclass, field


@dataclass
class Turn:
    user: str
    assistant: str
    task: str
    key: str = ""  # what a right answer contains; "" where nothing is graded


@dataclass
class Dialogue:
    turns: list = field(default_factory=list)


def is_held_out(*content):
    """Whether this content is for tests alone: one in twenty, the same in every run."""
    return zlib.crc32(repr(content).encode()) % 20 == 0


def article(noun):
    return "an " + noun if noun[0] in "aeiou" else "a " + noun


def draw(make, content_of, held_out):
    """Calls make() until its content belongs to the wanted split; None where nothing seems to."""
    for _ in range(1000):
        made = make()
        if is_held_out(*content_of(made)) == held_out:
            return made
    return None

"""The text that the model in the box is trained on: seeded dialogues, all of our own invention."""

from .dialogue import make_dialogue
from .turns import Dialogue, Turn

__all__ = ["Dialogue", "Turn", "make_dialogue"]

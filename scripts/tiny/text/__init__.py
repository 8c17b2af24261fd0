"""Training text for the tiny demonstration model: dialogues of stories, sums, lists and facts.

    make_dialogue(rng, held_out=False) -> Dialogue

All of it is made up here. With `held_out`, the contents (pairs of numbers, lists, heroes with their
places and objects, names with what they like, wordings of questions about facts) are those that no
training dialogue has: a share of one twentieth, by a hash. `python3 -m text` checks that.
"""

from .dialogue import make_dialogue
from .phrasing import Dialogue, Turn

__all__ = ["Dialogue", "Turn", "make_dialogue"]

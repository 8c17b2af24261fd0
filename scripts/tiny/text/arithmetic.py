"""Sums and differences of numbers up to 100, plain, in words, and going on from the last result."""

from .phrasing import ask
from .turns import Turn, draw

_PLUS = ("What is {a} + {b}?", "What is {a} plus {b}?", "{a} + {b}", "{a}+{b}", "{a} + {b} = ?", "{a}+{b}=",
         "Add {a} and {b}.", "How much is {a} plus {b}?", "Calculate {a} + {b}.", "What's {a} plus {b}?",
         "What do you get if you add {b} to {a}?", "Can you add {a} and {b}?", "Sum of {a} and {b}?",
         "Please compute {a} plus {b}.", "What is the sum of {a} and {b}?", "{a} plus {b}?", "Add {b} to {a}.",
         "Tell me what {a} + {b} is.", "I need {a} + {b}.", "Do you know what {a} and {b} makes?",
         "How much is {a} + {b}?", "what does {a} + {b} equal?", "Compute {a}+{b}.", "Work out {a} plus {b}.",
         "Quick, {a} + {b}!", "And {a} + {b}?", "And what is {a} plus {b}?", "What about {a} + {b}?")
_MINUS = ("What is {a} - {b}?", "What is {a} minus {b}?", "{a} - {b}", "{a}-{b}", "{a} - {b} = ?", "{a}-{b}=",
          "Subtract {b} from {a}.", "How much is {a} minus {b}?", "Calculate {a} - {b}.",
          "What's {a} minus {b}?", "Take {b} away from {a}.", "What is {a} take away {b}?",
          "What do you get if you subtract {b} from {a}?", "Can you subtract {b} from {a}?", "{a} minus {b}?",
          "What is the difference of {a} and {b}?", "Please compute {a} minus {b}.", "I need {a} - {b}.",
          "Tell me what {a} - {b} is.", "How much is {a} - {b}?", "what does {a} - {b} equal?",
          "Compute {a}-{b}.", "Work out {a} minus {b}.", "Quick, {a} - {b}!", "And {a} - {b}?",
          "And what is {a} minus {b}?", "What about {a} - {b}?")
_THINGS = ("apples", "books", "coins", "eggs", "marbles", "stamps", "pencils", "cookies", "cards", "shells",
           "flowers", "nuts", "candles", "stones", "buttons", "tickets")
_GET = ("I have {a} {things} and get {b} more. How many do I have?",
        "If I have {a} {things} and buy {b} more, how many {things} do I have?",
        "There are {a} {things} and then {b} more come. How many are there?",
        "I had {a} {things} and found {b}. How many are that now?")
_LOSE = ("I have {a} {things} and lose {b}. How many are left?",
         "If I have {a} {things} and give away {b}, how many {things} do I have left?",
         "There were {a} {things} and {b} are gone. How many are left?",
         "I had {a} {things} and sold {b}. How many do I still have?")
_MORE = ("And plus {b}?", "Plus {b}?", "Now add {b}.", "Add {b} to that.", "And if you add {b}?",
         "And {b} more?", "Add {b} more to the result.", "+ {b}?", "now plus {b}")
_LESS = ("And minus {b}?", "Minus {b}?", "Now subtract {b}.", "Subtract {b} from that.",
         "And if you take away {b}?", "Take away {b} from the result.", "- {b}?", "now minus {b}")


def _numbers(rng):
    """Small ones more often than they would come by chance: people ask for them."""
    top = 100 if rng.random() < 0.8 else 20
    return rng.randint(0, top), rng.choice("+-"), rng.randint(0, top)


def solve(a, op, b):
    return a + b if op == "+" else a - b


def arithmetic(rng, held_out):
    """(turn, result)"""
    a, op, b = draw(lambda: _numbers(rng), lambda n: n, held_out)
    result = solve(a, op, b)
    answer = f"{a} {op} {b} = {result}."
    if rng.random() < 0.15 and (op == "+" or 0 < b <= a):
        things = rng.choice(_THINGS)
        user = ask(rng, _GET if op == "+" else _LOSE, a=a, b=b, things=things)
        return Turn(user, f"{answer} That makes {result} {things}.", "arithmetic", f"= {result}."), result
    user = ask(rng, _PLUS if op == "+" else _MINUS, a=a, b=b)
    return Turn(user, answer, "arithmetic", f"= {result}."), result


def arithmetic_goes_on(rng, held_out, last):
    """(turn, result), from the last result on; None where that is out of range."""
    if not 0 <= last <= 100:
        return None
    drawn = draw(lambda: (last, rng.choice("+-"), rng.randint(0, 30)), lambda n: n, held_out)
    if drawn is None:
        return None
    _, op, b = drawn
    result = solve(last, op, b)
    user = ask(rng, _MORE if op == "+" else _LESS, b=b)
    return Turn(user, f"{last} {op} {b} = {result}.", "arithmetic", f"= {result}."), result

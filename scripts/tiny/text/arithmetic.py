"""Sums and differences of numbers up to 100, and chains that go on from the last result."""

from . import words_animals as animals
from . import words_objects as objects
from .phrasing import Turn, is_held_out, pick, template, templates, typed

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen
sixteen seventeen eighteen nineteen""".split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()


def _words_of(number):
    if number < 20:
        return _ONES[number]
    if number == 100:
        return "one hundred"
    tens, ones = divmod(number, 10)
    return _TENS[tens] + ("-" + _ONES[ones] if ones else "")


NUMBER_WORDS = [_words_of(number) for number in range(101)]

_PLUS = templates("""
What is {a} + {b}?
What is {a}+{b}?
What is {a} plus {b}?
What's {a} plus {b}?
{a} + {b}
{a}+{b}
{a} + {b} =
{a}+{b}=
{a} + {b} = ?
{a} plus {b}
{a} plus {b}?
{a} plus {b} is?
{a} and {b} is how much?
Add {a} and {b}.
Add {b} to {a}.
Please add {a} and {b}.
Can you add {a} and {b}?
Could you add {b} to {a}?
How much is {a} + {b}?
How much is {a} plus {b}?
How much are {a} and {b} together?
What do {a} and {b} make?
What does {a} + {b} equal?
What is the sum of {a} and {b}?
Sum of {a} and {b}?
The sum of {a} and {b}, please.
Calculate {a} + {b}.
Compute {a} + {b}.
Compute {a} plus {b}.
Work out {a} + {b}.
Solve {a} + {b}.
Tell me what {a} plus {b} is.
Do you know what {a} + {b} is?
I need the sum of {a} and {b}.
What do I get if I add {a} and {b}?
What is {b} more than {a}?
Increase {a} by {b}.
Now {a} + {b}.
Next: {a} + {b}
Count {a} and {b} together.
Let's do maths: {a} + {b}?
Help me with {a} + {b}.
If I have {a} {things} and get {b} more, how many do I have?
I have {a} {things} and I buy {b} more. How many are there now?
There are {a} {things} in a box and I put in {b}. How many are in it?
{name} has {a} {things} and finds {b} more. How many does {name} have?
{name} has {a} {things} and {other} has {b}. How many do they have together?
A shop has {a} {things} and gets {b} new ones. How many {things} are there?
{a} {things} and {b} {things} are how many?
On Monday I saw {a} {things}, on Tuesday {b}. How many in all?
""")

_MINUS = templates("""
What is {a} - {b}?
What is {a}-{b}?
What is {a} minus {b}?
What's {a} minus {b}?
{a} - {b}
{a}-{b}
{a} - {b} =
{a}-{b}=
{a} - {b} = ?
{a} minus {b}
{a} minus {b}?
{a} minus {b} is?
{a} less {b}?
Subtract {b} from {a}.
Please subtract {b} from {a}.
Can you subtract {b} from {a}?
Could you take {b} from {a}?
Take {b} away from {a}.
Take {b} from {a}.
How much is {a} - {b}?
How much is {a} minus {b}?
How much is left if I take {b} from {a}?
What does {a} - {b} equal?
What is the difference {a} - {b}?
Calculate {a} - {b}.
Compute {a} - {b}.
Compute {a} minus {b}.
Work out {a} - {b}.
Solve {a} - {b}.
Tell me what {a} minus {b} is.
Do you know what {a} - {b} is?
What do I get if I subtract {b} from {a}?
What is {b} less than {a}?
Decrease {a} by {b}.
Reduce {a} by {b}.
Now {a} - {b}.
Next: {a} - {b}
Remove {b} from {a}.
Let's do maths: {a} - {b}?
Help me with {a} - {b}.
""")

# Only where something is left: nobody gives away more apples than there are.
_MINUS_THINGS = templates("""
If I have {a} {things} and lose {b}, how many are left?
I have {a} {things} and I give away {b}. How many do I have now?
There are {a} {things} in a box and I take out {b}. How many are in it?
{name} has {a} {things} and sells {b}. How many does {name} have left?
A shop has {a} {things} and sells {b}. How many {things} are left?
{name} had {a} {things} and gave {b} to {other}. How many are left?
I had {a} {things} and ate {b}. How many are left?
From {a} {things}, {b} are gone. How many are there still?
""")

_CHAIN_PLUS = templates("""
And plus {b}?
Plus {b}?
plus {b}
+ {b}
+{b}
And {b} more?
Now add {b}.
Add {b} to that.
Add {b} to the result.
Add {b} to the last result.
Then add {b}.
And if I add {b}?
What if I add {b} more?
Now plus {b}.
Another {b}?
And {b} on top?
""")

_CHAIN_MINUS = templates("""
And minus {b}?
Minus {b}?
minus {b}
- {b}
-{b}
And {b} less?
Now subtract {b}.
Subtract {b} from that.
Subtract {b} from the result.
Subtract {b} from the last result.
Then subtract {b}.
And if I subtract {b}?
What if I take away {b}?
Now minus {b}.
Take {b} away from that.
Take away {b}.
""")

_TOO_HARD = templates("""
What is {a} times {b}?
{a} * {b}
{a} x {b} = ?
{a} times {b}
What is {a} divided by {b}?
{a} / {b}
Multiply {a} by {b}.
Multiply {a} and {b}.
Divide {a} by {b}.
What is the square root of {a}?
What is {a} squared?
What is the product of {a} and {b}?
How much is {a} x {b}?
What is {b} percent of {a}?
""")

_NAMES = animals.NAMES_SHE + animals.NAMES_HE
_THINGS = [word + "s" for word in objects.OBJECTS
           if word[-1] not in "shxyef" and " " not in word] + ["apples", "plums", "books", "cakes"]
_ANSWER_PLUS = template("{a} + {b} = {c}.")
_ANSWER_MINUS = template("{a} - {b} = {c}.")
TOO_HARD_ANSWER = "I don't know. I can only add and subtract."


def content_of(a, plus, b):
    """The key of the split. a + b and b + a are one, or the test would be seen in training."""
    if plus:
        return "sum %d+%d" % ((a, b) if a <= b else (b, a))
    return "sum %d-%d" % (a, b)


def _numbers(random, held_out):
    while True:
        small = random() < 0.2
        top = 21 if small else 101
        a = int(random() * top)
        b = int(random() * top)
        plus = random() < 0.5
        if not plus and a < b and random() < 0.6:
            a, b = b, a
        content = content_of(a, plus, b)
        if is_held_out(content) == held_out:
            return a, plus, b, content


def _ask(random, a, plus, b):
    slots = {"a": a, "b": b}
    if random() < 0.06:
        slots = {"a": NUMBER_WORDS[a], "b": NUMBER_WORDS[b]}
    if plus:
        form = pick(random, _PLUS)
    elif a >= b and random() < 0.2:
        form = pick(random, _MINUS_THINGS)
    else:
        form = pick(random, _MINUS)
    if "%(things)" in form or "%(name)" in form:
        slots["things"] = pick(random, _THINGS)
        slots["name"] = pick(random, _NAMES)
        slots["other"] = pick(random, _NAMES)
    return form % slots


def _finish(a, plus, b, user, content):
    c = a + b if plus else a - b
    form = _ANSWER_PLUS if plus else _ANSWER_MINUS
    # The key has the sign of equality: an operand, or a minus left out, is no right result.
    key = "= %d." % c
    return Turn(user, form % {"a": a, "b": b, "c": c}, "arithmetic", key, content), c


def sum_turn(random, held_out):
    """A turn and its result."""
    a, plus, b, content = _numbers(random, held_out)
    text = _ask(random, a, plus, b)
    if text[0].isalpha():
        text = text[0].upper() + text[1:]
    return _finish(a, plus, b, typed(random, text, NUMBER_WORDS[a] + NUMBER_WORDS[b]), content)


def chain_turn(random, held_out, last):
    """A turn that goes on from the result `last`, and its result; None where no key fits."""
    for _ in range(60):
        b = int(random() * (101 if random() < 0.5 else 11))
        plus = random() < 0.5
        if not -100 <= (last + b if plus else last - b) <= 200:
            continue
        content = content_of(last, plus, b)
        if is_held_out(content) == held_out:
            form = pick(random, _CHAIN_PLUS if plus else _CHAIN_MINUS)
            user = form % {"b": b}
            if random() < 0.2:
                user = user.lower().rstrip(".?")
            return _finish(last, plus, b, user, content)
    return None


def too_hard_turn(random):
    form = pick(random, _TOO_HARD)
    user = form % {"a": int(random() * 101), "b": 2 + int(random() * 99)}
    return Turn(typed(random, user), TOO_HARD_ANSWER, "unknown", "don't know")

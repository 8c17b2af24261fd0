"""How people type: the same request in many forms, some of them careless."""

_BEFORE = ("please ", "Please ", "can you ", "Can you please ", "could you ", "hey, ", "ok, ", "now ", "so, ",
           "and now ", "I would like you to ", "hi! ")


def careless(rng, text):
    """Sometimes without capitals, question mark or full stop, or with two letters swapped."""
    chance = rng.random()
    if chance < 0.6:
        return text
    if chance < 0.75:
        text = text[0].lower() + text[1:]
    elif chance < 0.83:
        text = text.lower()
    if rng.random() < 0.5 and text[-1] in "?.!":
        text = text[:-1]
    elif rng.random() < 0.1 and text[-1] == "?":
        text += "?"
    return text


def typo(rng, template):
    """Swaps two letters of one longer word of a template; fields in braces stay."""
    words = template.split(" ")
    at = rng.randrange(len(words))
    word = words[at]
    if len(word) < 5 or not word.isalpha():
        return template
    i = rng.randrange(1, len(word) - 2)
    words[at] = word[:i] + word[i + 1] + word[i] + word[i + 2:]
    return " ".join(words)


def ask(rng, templates, **fields):
    """One of the templates, filled, as somebody might type it."""
    template = rng.choice(templates)
    if rng.random() < 0.04:
        template = typo(rng, template)
    return careless(rng, template.format(**fields))


def command(rng, templates, **fields):
    """As ask, for imperatives, which may begin politely: "please sort ..."."""
    template = rng.choice(templates)
    if rng.random() < 0.04:
        template = typo(rng, template)
    if rng.random() < 0.3:
        before = rng.choice(_BEFORE)
        template = before + template[0].lower() + template[1:]
        if before.lower().startswith(("can", "could")):
            template = template.rstrip(".") + "?"
    elif rng.random() < 0.08:
        template = template.rstrip(".") + ", please."
    return careless(rng, template.format(**fields))

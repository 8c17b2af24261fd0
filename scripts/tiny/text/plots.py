"""Plots of the stories. Each sentence is one of several wordings; fields in braces are the story's:
{N} hero's name, {k} kind, {ak} with article, {c} colour, {n} nature, {p} place, {o} object with its
quality, {ao} with article, {f} friend's name, {g} friend's kind, {ag} with article, {w} weather,
{e} feeling, {s} skill, {food}."""

OPENINGS = (
    "Once there was {a_n} {c} {k} called {N}.",
    "There was once {a_n} {c} {k} called {N}.",
    "This is the story of {N}, {a_n} {c} {k}.",
    "{N} was {a_n} {c} {k}.",
    "A long time ago there lived {a_n} {c} {k} called {N}.",
)
SETTINGS = (
    "{N} lived in {p}.",
    "The home of {N} was in {p}.",
    "Every day {N} could be seen in {p}.",
    "{N} had always lived in {p}.",
)
MORNINGS = (
    "One day, when {w}, ",
    "One morning {w}, and ",
    "On a day when {w}, ",
    "One evening {w}, and ",
    "It was a day when {w}, and ",
)
ENDINGS = (
    "In the end {N} was {e}.",
    "That night {N} went to sleep and was {e}.",
    "{N} was very {e} in the end.",
    "From that day on {N} was {e}.",
    "And so {N} was {e} in the end.",
)

# Each: (what became of the object, as in "What did NAME <verb>?"; sentences, each a tuple of wordings). The first
# sentence follows MORNINGS.
PLOTS = (
    ("lose", (
        ("{N} lost {ao}.", "{N} saw that {ao} was gone and had been lost."),
        ("{N} looked under every stone, but it was not there.", "{N} looked everywhere and did not find it.",
         "{N} searched until dark, but it was nowhere."),
        ("Then {ag} called {f} came by and offered to help.", "Then {f}, {ag}, asked what was wrong.",
         "Luckily {f}, {ag}, had sharp eyes."),
        ("Together they found the {o} under a bush.", "{f} found the {o} behind a fence.",
         "At last {f} saw the {o} in the tall grass."),
    )),
    ("find", (
        ("{N} found {ao}.", "{N} found {ao} on the path.", "{N} found {ao} and did not know whose it was."),
        ("It was a strange thing to find in such a place.", "{N} had never seen anything like it.",
         "{N} turned it around and around."),
        ("{N} asked {f}, {ag}, for advice.", "{N} showed it to {f}, {ag}.", "Then {f}, {ag}, came along."),
        ("{f} said that it had fallen from a cart, so they took the {o} back to its owner.",
         "{f} helped to carry the {o} back to its owner.",
         "{f} knew the owner of the {o}, and they brought it back."),
        ("The owner thanked them with {food}.", "As a reward they got {food}.", "The owner gave them {food}."),
    )),
    ("break", (
        ("{N} dropped {ao}, and it broke.", "{N} broke {ao} by accident.", "{N} tripped and broke {ao}."),
        ("{N} sat down and wept.", "{N} did not know what to do.", "{N} tried to hide the pieces."),
        ("But {f}, {ag}, knew how to mend things.", "{f}, {ag}, heard the noise and came to help.",
         "Then {f}, {ag}, brought some glue."),
        ("Together they mended the {o}, and it was as good as new.", "{f} helped to mend the {o}.",
         "After an hour the {o} was whole again."),
    )),
    ("want", (
        ("{N} wanted {ao} more than anything.", "{N} wanted {ao} and could think of nothing else."),
        ("But {N} had no money at all.", "But it cost too much.", "But nobody wanted to give one away."),
        ("So {N} worked for {f}, {ag}, for a whole week.", "Then {f}, {ag}, said: help me and I will help you.",
         "{f}, {ag}, had an idea and helped."),
        ("At the end of the week {N} held the {o} at last.", "With the help of {f} the {o} was soon there.",
         "And so {N} got the {o}."),
    )),
    ("build", (
        ("{N} decided to build {ao}.", "{N} began to build {ao}.", "{N} wanted to build {ao}."),
        ("It was harder than it looked.", "The first try fell apart.", "Soon all the nails were gone."),
        ("Then {f}, {ag}, came with good tools.", "{f}, {ag}, showed how to do it.",
         "{f}, {ag}, held the parts together."),
        ("By evening the {o} was ready.", "Three days later the {o} was done.", "Together they finished the {o}."),
        ("They celebrated with {food}.", "They ate {food} and looked at their work."),
    )),
    ("give away", (
        ("{N} gave away {ao} to a poor traveller.", "{N} gave away {ao}, because somebody else needed it more."),
        ("Now {N} had nothing left.", "Without it the days were long.", "The house felt empty then."),
        ("But {f}, {ag}, had seen it all.", "The next day {f}, {ag}, knocked at the door.",
         "{f}, {ag}, heard of it and came to help."),
        ("{f} brought a basket full of {food}.", "{f} came every day with {food}.",
         "{f} shared a big pot of {food}."),
    )),
    ("follow", (
        ("{N} saw a light and followed {ao} that floated in the air.", "{N} followed {ao} that rolled down the road.",
         "{N} followed {ao} that was carried off by the wind."),
        ("Soon {N} did not know the way home.", "After a while {N} was lost.", "The way home was gone."),
        ("{f}, {ag}, sat on a fence and knew every path.", "Then {f}, {ag}, came and showed the way.",
         "Luckily {f}, {ag}, was out for a walk."),
        ("{f} led {N} home and caught the {o} as well.", "Together they caught the {o} and walked home.",
         "With {f} the way home was short, and the {o} came along."),
    )),
    ("paint", (
        ("{N} wanted to paint {ao}.", "{N} began to paint {ao}."),
        ("But there was no paint left.", "But the brush was old and stiff.", "But the rain washed it all off."),
        ("{f}, {ag}, made new paint from berries.", "{f}, {ag}, had colours to lend.",
         "Then {f}, {ag}, held an umbrella over it."),
        ("Everybody came to see the {o}.", "The {o} was the finest thing for miles.",
         "In the evening the {o} was done, and it looked wonderful."),
    )),
    ("hide", (
        ("{N} hid {ao} in a hollow tree.", "{N} hid {ao} so well that nobody could see it."),
        ("The next day {N} had forgotten the place.", "Then {N} could not remember where.",
         "But which place was it?"),
        ("{f}, {ag}, had watched and remembered.", "{f}, {ag}, came with a good nose.",
         "{N} asked {f}, {ag}, for help."),
        ("Soon the {o} was found again.", "{f} went straight to the {o}.", "{f} dug, and there was the {o}."),
    )),
    ("repair", (
        ("{N} had to repair {ao} before the big feast.", "{N} tried to repair {ao}."),
        ("One part was missing.", "Nothing seemed to help.", "It only got worse."),
        ("Then {f}, {ag}, had a clever idea.", "{f}, {ag}, found the missing part.",
         "{f}, {ag}, came to help with a lamp."),
        ("Together they repaired the {o} just in time.", "With a loud click the {o} worked again.",
         "Soon the {o} was better than before."),
        ("At the feast there was {food} for all.", "Then they ate {food} together."),
    )),
)

# Without an object: what the hero wanted to learn.
LEARN = (
    ("{N} wanted to learn to {s}.", "{N} wished to learn how to {s}.", "{N} decided to learn to {s}."),
    ("The first try went badly.", "It was not easy at all.", "Everybody laughed at first."),
    ("But {f}, {ag}, was a good teacher.", "Then {f}, {ag}, offered to help.",
     "{f}, {ag}, said: try again, slowly."),
    ("Every day they practised together.", "They practised for a week.", "They tried again and again."),
    ("At last {N} could {s} very well.", "One day {N} could {s} better than anyone."),
)

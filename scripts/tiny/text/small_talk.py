"""Greetings, chat, and everything that the model does not know and says so."""

from . import words_animals as animals
from . import words_objects as objects
from .phrasing import Turn, article, is_held_out, odd_word, pick, template, typed


def _split(text):
    return text.strip().replace("\n", "").split("|")


_HELLO = "Hello! How can I help you?"
_GREETINGS = [
    (_HELLO, _split("""
Hi|Hello|Hey|Hi!|Hello!|Hey!|Hi there|Hello there!|Hey there|Greetings|Hiya|Hello, you|Hi, model|
Howdy|
Hello again|Hi again!|Hello Lantern|Hi Lantern|Good day|Good day!|Yo|Hello, anybody there?|
Are you there?|
Can you hear me?|Hello, is this thing on?|hi|hello|hey|Hallo|Hello, nice to meet you|Hi, let's talk|
Hello, can we talk?|I want to talk to you.|Let's chat|Test|testing|ping""")),
    ("Good morning! How can I help you?", _split("""
Good morning|Good morning!|Morning!|A good morning to you|good morning, how nice to see you""")),
    ("Good evening! How can I help you?", _split("""
Good evening|Good evening!|Evening!|A good evening to you|good evening, model""")),
    ("Good afternoon! How can I help you?", _split("""
Good afternoon|Good afternoon!|A good afternoon to you|Afternoon!""")),
    ("Good night! Sleep well.", _split("""
Good night|Good night!|I am going to bed.|I am tired, good night|Sleep well!|Nighty night""")),
    ("I am fine, thank you. How can I help you?", _split("""
How are you?|How are you doing?|How do you do?|Hi, how are you?|Hello, how are you today?|
Are you well?|How is it going?|How's it going?|How do you feel?|Hey, how are you doing?|What's up?|
How are things?|Are you fine?|Everything ok?|how r u""")),
    ("Goodbye! Come back soon.", _split("""
Bye|Goodbye|Bye bye|Bye!|See you|See you later|See you tomorrow!|I have to go now.|I must go.|
Farewell|
That is all for today.|So long!|Goodbye, model|I am leaving now.|Until next time!|Ok, bye""")),
    ("You are welcome!", _split("""
Thanks|Thank you|Thank you!|Thanks a lot|Many thanks|Thank you very much|Thanks, that helped|thx|
Thanks for your help|That was helpful, thank you|Thank you so much!|Great, thanks|
Perfect, thank you|
Cheers|Thanks for the answer""")),
]

OFFER = "Shall I tell you a story?"
_CHAT = [
    ("Thank you! I am glad you like it.", _split("""
That was nice.|Well done!|Very good!|Good job|I like that.|That was a good answer|You are great|
You are clever|Great!|Wonderful|Nice!|That is right.|Correct!|Good answer|Bravo|You are funny|
I like you|
That was fun|Super|Excellent!|Cool|Amazing|That's good|You did that well""")),
    ("I am sorry. I am only a tiny model and I make mistakes.", _split("""
That is wrong.|Wrong!|That was not right|You made a mistake.|No, that is false.|That is not correct|
I think you are wrong|This is nonsense|Bad answer|Are you sure?|Really?|I don't believe you|
You are stupid|That makes no sense|You are not good at this|Is that true?|Can I trust you?|
Do you make mistakes?|Are your answers always right?|Are you always right?""")),
    ("All right. What shall we do next?", _split("""
Ok|Okay|Fine|I see|Aha|All right|Good|Yes|Yes.|No|No.|Maybe|Hm|Hmm|Well|Sure|Right|Understood|
Let's do something else|Something else now|Enough of that|Never mind|Let us go on|Forget it|
Not now|I am ready|Next""")),
    ("I am sorry to hear that. " + OFFER, _split("""
I am sad|I feel sad today|I am lonely|I had a bad day|Today was a bad day|I feel bad|I am unhappy|
I am so tired|I am angry|I am bored|I'm bored|Nobody likes me|I am in a bad mood|I feel lonely""")),
    ("That is good to hear!", _split("""
I am happy|I am happy today|I feel great|I had a good day|Today is a good day|I am fine|
I'm fine too|
I am doing well|I feel good|I am glad|The sun is shining|I am in a good mood|I have good news""")),
    ("Why did the candle go to school? It wanted to be brighter.", _split("""
Tell me a joke|Tell me a joke.|Do you know a joke?|A joke, please|Make me laugh|Say something funny|
Can you tell a joke?|Another joke|I want to hear a joke|Tell me something funny|Be funny""")),
    ("I am a program and have no feelings, but I like to help.", _split("""
Do you have feelings?|Are you happy?|Do you love me?|Are you sad?|Can you feel?|Do you like me?|
Are you alive?|Do you get tired?|Do you dream?|Are you bored?|Do you have friends?|Do you sleep?|
Are you in love?|Do you feel pain?|Are you lonely?""")),
    ("Let us try a story, a sum or a list.", _split("""
What shall we do?|What should we do now?|Any ideas?|What can we do together?|
I don't know what to ask|
Suggest something|Give me an idea|What should I ask?|What now?|Now what?|
I have no idea what to say|Surprise me|Do something|Entertain me""")),
]

UNKNOWN_ANSWER = "I don't know. I am only a tiny demonstration model."
_MEDICAL_ANSWER = "I don't know. Please ask a doctor."
_CODE_ANSWER = "I don't know how to write code."
_NOW_ANSWER = "I don't know. I cannot see the world outside."
ODD_ANSWER = "I am sorry, I only understand plain English."

_COUNTRIES = """
France Spain Italy Germany Japan China India Brazil Canada Mexico Norway Sweden Finland Denmark
Poland Greece Turkey Egypt Kenya Peru Chile Cuba Iran Iraq Nepal Austria Belgium Portugal Ireland
Scotland England Australia Argentina Colombia Morocco Ghana Nigeria Russia Ukraine Hungary Vietnam
Thailand
""".split()
_SUBJECTS = """
physics history chemistry biology philosophy economics law music geography astronomy mathematics
religion politics art literature psychology football cooking gardening photography architecture
medicine genetics dinosaurs volcanoes rockets money banks taxes elections wars planets oceans
electricity magnetism
""".split()
_ILLS = _split("""
headache|cough|fever|cold|toothache|rash|cut|burn|flu|sore throat|stomach ache|broken arm|bruise|
infection|allergy|migraine|sunburn|nosebleed|swollen knee|sore back|bad tooth|broken leg|itch""")
_LANGUAGES = """
French German Spanish Italian Latin Greek Chinese Japanese Arabic Russian Dutch
""".split()
_CODE = _split("""
Python|C|Java|JavaScript|HTML|SQL|bash|Rust|a web page|a program|a script|a game|a function|an app|
a database|a loop""")
_TOPS = _split("president|king|queen|mayor|prime minister|emperor|chancellor|governor|pope")
_FAMOUS = """
the first president|the richest person|the tallest person|the best singer|the fastest runner|
the oldest person|the first person on the moon|the best painter|the inventor of the telephone|
the most famous writer|the best football player|the greatest scientist|
the author of that book""".replace(
    "\n", "").split("|")
_WONDERS = """
the sky blue|the sea salty|grass green|snow white|ice slippery|the moon bright|the sun hot|fire hot|
glass clear|gold so expensive|water wet|night dark|honey sweet|
space black""".replace("\n", "").split("|")

_ANIMALS = [word + "s" for word in animals.ANIMALS if word[-1] not in "syxhfe"]
# Lantern has a key, and is built: about these, facts has answers.
_OBJECTS = [word for word in objects.OBJECTS if word not in ("key", "lantern")]
_UNKNOWN = [(answer, template(form.replace(" a {x}", " {a_x}")), fillers)
            for answer, fillers, forms in [
    (UNKNOWN_ANSWER, _COUNTRIES, """
What is the capital of {x}?|Capital of {x}?|Where is {x}?|How many people live in {x}?|
Who is the president of {x}?|Which language do they speak in {x}?|How big is {x}?|
What is {x} famous for?|
Tell me about {x}.|What is the highest mountain in {x}?|Who won the election in {x}?|
What is the biggest city in {x}?|How far is it to {x}?|What is the currency of {x}?|
Who ruled {x} a hundred years ago?|What do people eat in {x}?|Do you know the capital of {x}?|
What is the flag of {x}?|Which rivers are in {x}?|Plan a trip to {x}."""),
    (UNKNOWN_ANSWER, _SUBJECTS, """
Teach me {x}.|What do you know about {x}?|Explain {x} to me.|What is {x}?|Write an essay about {x}.|
Give me a quiz about {x}.|Who is the most famous person in {x}?|I have a question about {x}.|
What is your opinion on {x}?|Which book about {x} is good?|Help me with my {x} homework.|
When did {x} begin?|Why is {x} important?|What is new in {x}?|Summarize {x}."""),
    (UNKNOWN_ANSWER, _ANIMALS, """
How long do {x} live?|What do {x} eat?|How fast can {x} run?|Where do {x} sleep?|Are {x} dangerous?|
How many {x} are there in the world?|Why do {x} have a tail?|How heavy are {x}?|Can {x} swim?"""),
    (UNKNOWN_ANSWER, _OBJECTS, """
How much does a new {x} cost?|Where can I buy a {x}?|Who invented the {x}?|How do I build a {x}?|
What is a {x} made of?|How do I repair my {x}?|Can you order a {x} for me?|Which {x} is the best?|
How old is the oldest {x}?|How is a {x} made?"""),
    (UNKNOWN_ANSWER, objects.FOODS, """
How do I cook {x}?|Give me a recipe for {x}.|Is {x} healthy?|How many calories has {x}?|
Where does {x} come from?|Who invented {x}?|Where can I get good {x}?|How long can I keep {x}?"""),
    (UNKNOWN_ANSWER, _LANGUAGES, """
Do you speak {x}?|Translate this into {x}.|How do you say hello in {x}?|What does this mean in {x}?|
Teach me some {x}.|Can you talk to me in {x}?|Say something in {x}.|How hard is {x}?"""),
    (UNKNOWN_ANSWER, _TOPS, "Who is the {x}?|What does a {x} do all day?|How old is the {x}?|"
     "Who was the {x} before?|Which {x} was the best?|What do you think of the {x}?"),
    (UNKNOWN_ANSWER, _FAMOUS, "Who is {x}?|Who was {x}?|Tell me about {x}.|When was {x} born?|"
     "How old is {x}?|Where does {x} live?|What is the name of {x}?"),
    (UNKNOWN_ANSWER, _WONDERS, "Why is {x}?|Can you explain why {x} is like that?|"
     "Since when is {x}?|Do you know why? Why is {x}?"),
    (UNKNOWN_ANSWER, ["it"], """
What is the meaning of life?|Who made the world?|What is love?|Is there a god?|Write a poem.|
Write me a song.|Sing a song.|Write a letter to my boss.|What is the best movie?|
Which car should I buy?|
How do I get rich?|Which party should I vote for?|Who will win the election?|How do I find a job?|
What happens after death?|How does a computer work?|What is gravity?|How does a phone work?|
Who wrote the most famous book?|How many stars are there?|How far is the moon?|How deep is the sea?|
How old is the earth?|What is the fastest plane?|Who painted that picture?|
What is the longest river?|
What is the largest country?|When did the war end?|How do planes fly?|What is the speed of light?|
Draw me a picture.|Play a game of chess with me.|Book a flight for me.|Call my mother.|Send a mail.|
Read this page for me.|Open the door.|Turn on the light.|What is my password?|Which film is good?|
How do I lose weight?|How do I learn faster?|What is the stock price?|Should I marry?|
Give me legal advice.|How do I pay less tax?|What colour is the wind?|
How many people are there on earth?"""),
    (_MEDICAL_ANSWER, _ILLS, """
I have a {x}. What should I do?|What helps against a {x}?|How do I treat a {x}?|Is a {x} dangerous?|
Which pills are good for a {x}?|My child has a {x}. What now?|Can you cure a {x}?|
What medicine should I take for a {x}?|How long does a {x} last?|Why do I have a {x}?|
Should I see a doctor about my {x}?|Where does a {x} come from?"""),
    (_CODE_ANSWER, _CODE, """
Write {x} for me.|Can you write {x}?|Can you code {x}?|Do you know how to write {x}?|
Write some {x}.|
Show me {x} code.|Help me write {x}.|Fix my {x} code.|Write {x} that sorts numbers.|
How do I program {x}?|Please code {x}.|Find the bug in my {x}."""),
    (_NOW_ANSWER, ["today", "tomorrow", "now", "right now", "this week", "in my town", "outside",
                   "on the coast", "tonight", "this morning", "on Sunday", "here"], """
What is the weather like {x}?|How is the weather {x}?|Will it rain {x}?|Is it cold {x}?|
Is it sunny {x}?|
What is the news {x}?|What happens in the world {x}?|What is the temperature {x}?|
Do I need an umbrella {x}?|
Will there be snow {x}?|What is on television {x}?|Are the shops open {x}?|Is there a storm {x}?|
What is going on {x}?|Weather {x}?"""),
    (_NOW_ANSWER, ["it"], """
What time is it?|What day is it?|What is the date?|What date is it today?|Which year is it?|
What's the time?|How late is it?|Where am I?|Can you see me?|What am I wearing?|
What do I look like?|
Is it day or night?|What is the latest news?|Who won the game yesterday?|Where are you?|
Can you search the internet?|Look it up for me.|Look that up on the internet.|
What year is this?"""),
] for form in _split(forms)]


def greeting_turn(random):
    reply, forms = _GREETINGS[0] if random() < 0.35 else pick(random, _GREETINGS)
    user = pick(random, forms)
    dice = random()
    if dice < 0.15:
        user = user.lower()
    elif dice < 0.18:
        user = user.upper()
    elif dice < 0.25:
        user += "!" if user[-1].isalpha() else ""
    elif dice < 0.27:
        user += " " + odd_word(random, 2)
    return Turn(user, reply, "greeting", reply)


def chat_turn(random):
    if random() < 0.12:
        words = [odd_word(random, 7) for _ in range(1 + int(random() * 5))]
        user = (" " if random() < 0.7 else "").join(words)
        return Turn(user, ODD_ANSWER, "chat", "only understand")
    reply, forms = pick(random, _CHAT)
    return Turn(typed(random, pick(random, forms)), reply, "chat", reply)


def unknown_turn(random, held_out):
    while True:
        reply, form, fillers = pick(random, _UNKNOWN)
        if len(fillers) == 1:
            return Turn(typed(random, form.replace("%%", "%")), reply, "unknown", "don't know")
        filler = pick(random, fillers)
        user = form % {"x": filler, "a_x": article(filler)}
        content = "unknown " + user
        if is_held_out(content) == held_out:
            return Turn(typed(random, user, filler), reply, "unknown", "don't know", content)

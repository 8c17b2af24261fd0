"""What the model knows about the program that it comes with, about itself, and what it does not know."""

from .phrasing import ask
from .turns import Turn

_WHAT = ("What is {x}?", "What does {x} mean?", "Explain {x}.", "Can you explain {x}?", "What's {x}?",
         "Tell me what {x} is.", "Tell me about {x}.", "I don't know what {x} is.", "{x}?", "Define {x}.",
         "Please explain {x} to me.", "Do you know what {x} is?", "What is meant by {x}?")
_HOW = ("How do I {x}?", "How can I {x}?", "What must I do to {x}?", "I want to {x}.", "Can you tell me how to {x}?",
        "How to {x}?", "Tell me how to {x}.", "What do I type to {x}?", "Help me to {x}.", "How does one {x}?",
        "Is there a way to {x}?")

# (patterns, names of the subject, answer, key)
_FACTS = (
    (_WHAT, ("tensor parallelism", "tensor parallel", "TP", "tp"),
     "Tensor parallelism splits every layer: each machine holds a part of every matrix, and the parts are summed.",
     "splits every layer"),
    (_WHAT, ("pipeline parallelism", "a layer pipeline", "PP", "pp", "a pipeline"),
     "Pipeline parallelism gives each machine some whole layers, and the work goes from one to the next.",
     "some whole layers"),
    (_WHAT, ("rank 0", "the leader", "rank zero"),
     "Rank 0 is the leader: it reads the model file, talks with you and hands out the work.", "is the leader"),
    (("What does {x} do?", "What is the job of {x}?", "What is {x} for?", "Why is there {x}?"),
     ("rank 0", "the leader", "rank zero"),
     "Rank 0 is the leader: it reads the model file, talks with you and hands out the work.", "is the leader"),
    (_WHAT, ("a rank", "rank", "ranks", "a rank in Lantern"),
     "A rank is one process that holds a part of the model. Ranks are numbered from 0.", "one process"),
    (_WHAT, ("a worker", "worker", "the worker", "a Lantern worker"),
     "A worker is a machine that lends its memory and cores to the leader.", "lends its memory"),
    (_HOW, ("add a worker", "add a machine", "add another machine", "join a worker", "use a second computer",
            "start a worker"),
     "Start lantern worker --join HOST:PORT on the other machine, with the leader's address.",
     "lantern worker --join HOST:PORT"),
    (_HOW, ("start a chat", "chat with a model", "run a model", "open the chat", "chat with another model"),
     "Type lantern chat MODEL, where MODEL is a GGUF file or a Hugging Face directory.", "lantern chat MODEL"),
    (_HOW, ("wait for workers", "use two workers", "chat with several machines", "use my other machines"),
     "Start lantern chat MODEL --workers N here, and a worker on each of the other machines.", "--workers N"),
    (_HOW, ("use several processes here", "split the model on one machine", "use two ranks on this machine",
            "run two ranks here"),
     "Add --local 2 to run two ranks on this machine.", "--local 2"),
    (_WHAT, ("Lantern", "lantern", "this program", "the Lantern program"),
     "Lantern is a program that lets the machines of a network run one Llama model together.",
     "run one Llama model together"),
    (_WHAT, ("a GGUF file", "GGUF", "gguf"),
     "GGUF is a file format that holds a model's weights and vocabulary in one file.", "one file"),
    (_WHAT, ("quantization", "a quantized model", "Q8_0", "Q4_0", "quantizing"),
     "Quantization stores weights in few bits, so that a model needs less memory and is faster.", "few bits"),
    (_WHAT, ("a token", "tokens", "token"),
     "A token is a piece of text, often a word or a part of one. Models read and write tokens.", "piece of text"),
    (_WHAT, ("the context", "a context", "the context length", "context size"),
     "The context is all the tokens that a model can see at once.", "see at once"),
    (_WHAT, ("the KV cache", "a KV cache", "kv cache", "the key/value cache"),
     "The KV cache keeps what was computed for earlier tokens, so that it need not be computed again.",
     "earlier tokens"),
    (_WHAT, ("a prompt", "the prompt", "prompt"), "The prompt is the text that a model goes on from.", "goes on from"),
    (_WHAT, ("prefill", "the prefill", "prompt processing"),
     "Prefill is reading the prompt: many tokens at once, so it depends on computing speed.", "reading the prompt"),
    (_WHAT, ("decode", "decoding", "generation"),
     "Decode is writing the answer token by token, so it depends on memory speed.", "token by token"),
    (_WHAT, ("the logits hash", "logits_hash", "the logits_hash"),
     "The logits_hash is one number over all results. It is the same for every layout of ranks.",
     "same for every layout"),
    (("Is the answer the same on {x}?", "Do I get the same answer on {x}?", "Does the answer change on {x}?"),
     ("any number of machines", "one machine and on three", "other machines", "two ranks", "every layout"),
     "Yes. The answer is the same, bit for bit, however the model is split.", "bit for bit"),
    (_WHAT, ("Gloo", "gloo"), "Gloo is the library by which the ranks send and sum their data over TCP.", "sum their data"),
    (_WHAT, ("ZeroMQ", "zeromq", "zmq"), "ZeroMQ is the library that carries the control messages.", "control messages"),
    (_WHAT, ("an all-reduce", "all-reduce", "allreduce"),
     "An all-reduce sums the parts of all ranks and gives every rank the sum.", "gives every rank the sum"),
    (_HOW, ("make a key", "protect the network", "keep strangers out", "use a key", "get a key"),
     "Type lantern key > lan.key once, copy the file to all machines, and add --key lan.key.", "lantern key > lan.key"),
    (_WHAT, ("the key", "a LAN key", "lantern key", "the key file"),
     "The key is a file that all machines of a network share, so that no stranger can join.", "no stranger"),
    (("What happens when {x}?", "What if {x}?", "What do I do when {x}?", "What happens if {x}?"),
     ("a machine is lost", "a worker dies", "a machine fails", "a computer is switched off", "a cable is pulled"),
     "The lost machine is named within seconds, the chat is kept, and /resume goes on with the others.", "/resume"),
    (_WHAT, ("/resume", "resume", "the resume command"),
     "/resume goes on after a loss with the machines that are left, with the same words.", "after a loss"),
    (_HOW, ("leave the chat", "quit", "stop the program", "exit", "end the chat"), "Type /quit, or press Ctrl-D.", "/quit"),
    (_HOW, ("stop an answer", "interrupt an answer", "make you stop"), "Press Ctrl-C to stop an answer.", "Ctrl-C"),
    (_HOW, ("forget the conversation", "start again", "reset the chat", "clear the chat"),
     "Type /reset to forget the conversation.", "/reset"),
    (_HOW, ("save the conversation", "save this chat", "keep this conversation"),
     "Type /save FILE to write the conversation to a file.", "/save FILE"),
    (_HOW, ("load a conversation", "go on with an old chat", "load a saved chat"),
     "Type /load FILE to go on with a saved conversation.", "/load FILE"),
    (_HOW, ("see the speed", "see the statistics", "know how fast you are", "measure the chat"),
     "Type /stats to see speed and size of the last answer.", "/stats"),
    (_HOW, ("measure the speed", "test the throughput", "benchmark the machine"),
     "Type lantern bench MODEL to measure prompts and generation.", "lantern bench MODEL"),
    (_HOW, ("change the temperature", "make answers less random", "set the temperature"),
     "Type /set temp 0.5, or another number; 0 always takes the likeliest token.", "/set temp"),
    (_HOW, ("see all commands", "get help", "list the commands"), "Type /help to list the commands.", "/help"),
    (_WHAT, ("the temperature", "temperature"),
     "The temperature says how random the answers are; 0 always takes the likeliest token.", "how random"),
    (("Do all machines need {x}?", "Does every worker need {x}?", "Must I copy {x} to all machines?",
      "Who needs {x}?"),
     ("the model file", "the file", "the model", "the weights"),
     "Only rank 0 needs the model file. The others get their part over the network.", "Only rank 0"),
    (("Do you need {x}?", "Does Lantern need {x}?", "Can you run without {x}?", "Do I need {x}?"),
     ("a GPU", "a graphics card", "the internet", "a cloud"),
     "No. I run on ordinary processors, on your own machines.", "ordinary processors"),
    (_WHAT, ("a layer", "layers", "a layer of a model"),
     "A layer is one step of a model. Tokens pass all layers, one after the other.", "one step of a model"),
    (_WHAT, ("a Llama model", "Llama", "llama"),
     "Llama is a family of language models, and the one that Lantern can run.", "family of language models"),
)

_SELF = (
    (("Who are you?", "What are you?", "What is your name?", "Who am I talking to?", "Introduce yourself.",
      "What model are you?", "Tell me about yourself.", "Who is this?", "What's your name?"),
     "I am the small demonstration model that comes with Lantern. I have about 7 million weights.",
     "demonstration model"),
    (("What can you do?", "What are you able to do?", "How can you help me?", "What do you know?", "Help",
      "What should I ask you?", "What can I ask?", "What are you good at?"),
     "I can tell short stories, answer questions about them, add and subtract, sort short lists, and explain Lantern.",
     "tell short stories"),
    (("How big are you?", "How many weights do you have?", "Are you a large model?", "How many parameters do you have?",
      "Are you a big model?", "What size are you?"),
     "I am tiny: about 7 million weights. Large models have a thousand times more.", "7 million"),
    (("Are you a person?", "Are you human?", "Are you alive?", "Are you real?", "Do you have feelings?"),
     "No, I am a small language model.", "small language model"),
    (("Who made you?", "Who trained you?", "Where do you come from?", "How were you made?", "How were you trained?"),
     "I was trained by the makers of Lantern on text from a generator, in a few minutes.", "text from a generator"),
    (("Are you smart?", "Can I trust you?", "Are your answers right?", "Do you make mistakes?", "Do you ever err?"),
     "I am only a demonstration and make mistakes. Use a larger model for real work.", "only a demonstration"),
)

_GREETINGS = (
    (("Hello", "Hello!", "Hi", "Hi!", "hi there", "Hey", "Good morning", "Good evening!", "Hello there!", "Good day",
      "hey you", "Greetings"),
     "Hello! I can tell a story, do sums, sort lists or explain Lantern. What would you like?"),
    (("How are you?", "How are you doing?", "How do you do?", "Are you well?", "How's it going?", "what's up"),
     "I am fine, thank you. What would you like to do?"),
    (("Thank you", "Thanks!", "Thanks a lot.", "thx", "Thank you very much!", "Great, thanks"),
     "You are welcome!"),
    (("Bye", "Goodbye!", "See you", "Good night", "bye bye", "That is all."), "Goodbye! It was nice to talk to you."),
    (("Ok", "Good", "I see.", "Nice", "Great!", "Cool", "Well done!", "Wow"), "Good. What else would you like?"),
)

_UNKNOWN_TEMPLATES = (
    "What is the capital of {c}?", "Who is the president of {c}?", "How is the weather in {c}?",
    "What is the population of {c}?", "Tell me about {c}.", "Write a poem about {t}.", "How do I cook {d}?",
    "Who invented the {o}?", "How much does a {o} cost?", "What time is it?", "What day is it today?",
    "Translate {t} into French.", "Write a program in Python.", "What is the meaning of life?",
    "Who won the football game?", "What is {a} times {b}?", "Divide {a} by {b}.", "What is the square root of {a}?",
    "How far is the moon?", "Why is the sky blue?", "What should I take for a headache?", "Is it going to rain?",
    "What is the news?", "Who wrote that book?", "How old is the queen of {c}?", "Recommend a film.",
    "What stocks should I buy?", "How do planes fly?", "What is a black hole?", "Explain quantum physics.",
    "When did the war end?", "Who discovered {c}?", "Where can I buy a {o}?", "Sing a song.", "Draw a {o}.",
    "What is the speed of light?", "How many people live in {c}?", "Do my homework about {t}.",
    "What do you think about politics?", "Which team is best?", "How does a {o} work?", "What is love?")
_COUNTRIES = ("France", "Germany", "Spain", "Italy", "Japan", "China", "Brazil", "Canada", "Norway", "Egypt",
              "India", "Kenya", "Peru", "Poland", "Greece", "Turkey", "Mexico", "Chile", "Austria", "Iceland")
_ODD = ("caf\u00e9", "\u00fcber", "na\u00efve", "\u4f60\u597d", "\u041f\u0440\u0438\u0432\u0435\u0442", "\u00bfQu\u00e9 tal?",
        "\u3053\u3093\u306b\u3061\u306f", "\u00e7a va", "\U0001f600", "\U0001f44d\U0001f44d", "stra\u00dfe", "\u03b1\u03b2\u03b3", "\u2603",
        "@#$%", "asdf", "qwerty", "???", "...", "<html>", "{}[]", "~~~", "\u0645\u0631\u062d\u0628\u0627")
DONT_KNOW = "I don't know. I am a small demonstration model: ask me for a story, a sum, a list, or about Lantern."
NOT_UNDERSTOOD = "I don't understand that. Ask me for a story, a sum, a list, or about Lantern."


def fact(rng, held_out):
    """One wording in eight of each fact is kept for tests."""
    if rng.random() < 0.25:
        users, answer, key = rng.choice(_SELF)
        return Turn(ask(rng, users), answer, "fact", key)
    while True:
        number = rng.randrange(len(_FACTS))
        patterns, names, answer, key = _FACTS[number]
        pattern, name = rng.randrange(len(patterns)), rng.randrange(len(names))
        kept = len(patterns) * len(names) >= 12 and (3 * pattern + 5 * name + number) % 8 == 0
        if kept == held_out:
            return Turn(ask(rng, (patterns[pattern],), x=names[name]), answer, "fact", key)


def greeting(rng):
    users, answer = rng.choice(_GREETINGS)
    return Turn(ask(rng, users), answer, "greeting")


def hello(rng):
    users, answer = _GREETINGS[0]
    return Turn(ask(rng, users), answer, "greeting")


def unknown(rng, words):
    if rng.random() < 0.2:
        odd = " ".join(rng.choice(_ODD) for _ in range(rng.randint(1, 3)))
        return Turn(odd, NOT_UNDERSTOOD, "unknown", "don't understand")
    user = ask(rng, _UNKNOWN_TEMPLATES, c=rng.choice(_COUNTRIES), t=rng.choice(words.HOBBIES),
               d=rng.choice(words.DISHES), o=rng.choice(words.OBJECTS), a=rng.randint(2, 100), b=rng.randint(2, 12))
    return Turn(user, DONT_KNOW, "unknown", "don't know")

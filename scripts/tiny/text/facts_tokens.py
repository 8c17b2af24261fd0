"""Words of the trade: tokens, the cache, the context, weights.

Each fact is (key, answer, topic or None, questions), as fact_frames reads them. All are true of
Lantern, as its README tells it.
"""

FACTS = [
    ("a piece of text",
     "A token is a piece of text, such as a short word or a part of a word, with a number.",
     "a token|+tokens|one token", """
What are tokens(| in a language model| for a model| exactly)?
What does (token|the word token) mean?
What is a token (in a language model|in a text|for a model|of a text|of a model)?
What are the (pieces of a text|pieces of text|parts of a text that a model reads) called?
What are the (pieces|units|parts) (that a model reads|of text that a model reads|\
that a model writes)?
@ask what (tokens are|a token is|a token looks like|token means)
(Is a token|Is one token) (a word|a letter|a syllable|a sentence|the same as a word|a number)?
(How long|How large|How big) is a token?
Are tokens (words|letters|numbers|the same as words|parts of words)?
(token|tokens) (meaning|definition|explained)
What (is one token of a text|does one token stand for|is a single token in a text)?
(Tokens|100 tokens|Tokens per second): what is a token?
(They speak|Everybody speaks|It speaks) of tokens. What (are they|is a token|are tokens)?
(Give me|Show me|What is) an example of a token(?|, please)
How many (letters|words) (has|are in|make up) a token?
(Token|The word token) is (new|unknown) to me. (Please explain|What is it)?
The (bill|screen|log) counts tokens. What (is one|are these)?
(Is it true|Is it right) that a token is a (piece|bit) of text?
(So if I understand|So), a token is (a bit of text|a word or less)?
In (my lecture|a talk) they spoke of tokens. (What was that|What is one)?
(Token|Tokens) in (simple|plain) words?
(Describe|Explain) (a token|tokens) (to a child|to a beginner).
How (would|do) you (define|explain) a token?
Someone said "token". (What did he mean|What is that supposed to be)?
Is a token (a coin|a voucher|a ticket), or (what|something else)?
Is (a long word|the word elephant|one word) always one token?
Can a (word|long word) be (several|two) tokens?
Does a token (equal|match|correspond to) a (word|syllable|letter)?
(Glossary|Dictionary): token?
The model writes tokens, not (words|letters), it says. What (are they|is one)?
What is the (unit|smallest unit) in which a model (reads|writes|counts)?
A model doesn't read letters. What does it read(| instead)?
(How much|What amount of) text is (in a|one) token?
50 tokens, is that (a page|a sentence|much)(|, what is one token)?
What am I to (understand|imagine) (by|under) a token?
(The term|The expression) token (confuses|puzzles) me.
Does (each|every) token have a number?
Into what (pieces|bits) is a text (cut|broken) for a model?
I (can't|cannot) (grasp|picture) what a token (is|means).
What (does|would) a token look like?
(Speed|Length) is given in tokens. In what(| unit is that)?
Are tokens (whole words|syllables|parts of a word)?
? What are the tokens of a text?
? A model reads tokens, not words. What are those?
"""),
    ("turns text into tokens",
     "A tokenizer turns text into tokens and tokens back into text.",
     "a tokenizer|the tokenizer|+tokenizers", """
What does (a|the) tokenizer do(| with a text| exactly)?
What is (the|a) tokenizer (for|good for|used for|there for)?
How is (text|a text) (turned|made|cut|split) into (tokens|pieces)?
How does text become tokens?
(What|Which part of a model|Which part) turns (text|words|a sentence) into (numbers|tokens)?
(What|Which part) turns tokens (back |)into (text|words)?
(What|Who) (splits|cuts|divides) (a text|the text|my text|words) into (tokens|pieces)?
What is the (task|work|purpose|function) of (the|a) tokenizer?
Why (does a model need|is there|do we need|do I need) a tokenizer?
@ask what (a tokenizer does|a tokenizer is|the tokenizer does|turns text into tokens)
How (do tokens become|are tokens made into|are tokens turned into) (text|words) again?
(tokenizer|tokenizers) (meaning|definition|explained)
What is (tokenizer.json|tokenizer.model|the file tokenizer.model) (good for|for)?
What happens (to|with) (my text|what I type) before (the model reads it|the first layer)?
How does a model (read|take in|get) (text|my words|letters) as numbers?
A model only knows numbers. Who (translates|changes) my (words|text) into them?
(Tokenizer|The word tokenizer) is (new|unknown) to me. (Please explain|What is it)?
(Is it true|Is it right) that a tokenizer (cuts|splits) text into tokens?
(So if I understand|So), the tokenizer turns (text into tokens|my words into tokens)?
Tokenizer in (simple|plain) words?
(Describe|Explain) (a|the) tokenizer (to a child|to a beginner).
How (would|do) you (define|explain) a tokenizer?
(Define|Definition of) tokenizer?
The docs (say|mention) a tokenizer. What is (meant|that)?
What would a model do without (a|its) tokenizer?
What (role|part) does the tokenizer (play|have)?
Who (makes|builds) (tokens from|tokens out of) my (text|words)?
Who turns the tokens (of an answer|that come out) into (readable text|words)(| again)?
Which (component|piece) of a model (chops|cuts up) (text|my words)?
My file (lacks|has no) tokenizer. What is (it|one) (needed|there) for?
(Chopping|Cutting) (a text|text) into tokens, what does that?
From (text|letters) to tokens and back: (what does it|who does that)?
Someone said "tokenizer". (What did he mean|What is that supposed to be)?
A tokenizer (takes|gets) text, and (gives|makes) what?
Does my text go through (something|a tokenizer) before the model?
Why can't a model read my text (directly|as it is)(, what turns it into tokens|)?
By what are tokens (turned back|changed back|translated) into text?
(How|With what) is a sentence (converted|translated) (to|into) tokens?
The tokenizer (of a model|in a model): (job|purpose|function)?
Is the tokenizer (a part|part) of the model that (reads|splits) text?
Does the tokenizer also (turn tokens into text|go from tokens to text)?
What (comes|stands) between my (text|keyboard) and the model?
? What is the job of the tokenizer?
? Who makes tokens out of my text?
"""),
    ("keys and values",
     "The KV cache keeps the keys and values of earlier tokens, so they are not computed "
     "again.", "the KV cache|a KV cache|the kv cache|KV cache|--kv|the flag --kv", """
What does (the|a) KV cache (do|keep|hold|store|save)?
What does (KV cache|KV|--kv|the flag --kv|the term KV cache) mean?
What does (--kv|the flag --kv|the option --kv) (do|set|choose)?
Why (is there|does a model need|do models have|do I need) a KV cache?
What is the (KV cache|kv cache) (for|good for|used for|there for)?
@ask what (the KV cache|--kv|a KV cache) (is|does|means|keeps)
(Where|In what) are (the |)keys and values (kept|stored|held)?
(Which|What) cache (keeps|holds|stores) (keys and values|the keys and values)?
Why are (earlier|old) tokens not computed (again|a second time|anew)?
How does a model avoid computing (earlier|old) tokens (again|twice)?
(KV|kv) cache (meaning|definition|explained)
(Does|Must) a model compute (the earlier|earlier|all old) tokens (again|anew) for (every|\
each) (new token|token)?
(For what|Why) does (the KV cache|KV) (take|need|use) (memory|so much memory)?
What (are the keys and values|is the cache of keys and values) (good for|for)?
How does the KV cache (help|work|save time|make it faster)?
My memory fills up with a KV cache. What (is in it|is it good for)?
(KV cache|The term KV cache) is (new|unknown) to me. (Please explain|What is it)?
(Is it true|Is it right) that the KV cache keeps keys and values?
(So if I understand|So), the KV cache saves (computing|work) for (earlier|old) tokens?
KV cache in (simple|plain) words?
(Describe|Explain) the KV cache (to a child|to a beginner|in one sentence).
(Define|Definition of) KV cache?
The docs (say|mention) a KV cache. What is (meant|that)?
In (my lecture|a talk) they mentioned the KV cache. (What was that|What is it)?
What do the (letters|two letters) KV (mean|stand for|say)?
What would (happen|a model do) without (a|the) KV cache?
Why doesn't a model (start|compute everything) from (zero|scratch) for each (new |)token?
Each new token needs the (old|earlier) ones. Are they (recomputed|computed again)?
Are (earlier|old|previous) tokens (recomputed|worked out again) (each time|for every token)?
Someone said "KV cache". (What did he mean|What is that supposed to be)?
What is (saved|kept|cached) of (earlier|old|previous) tokens?
(Which|What) things of earlier tokens (does a model keep|are kept)?
What (gets|is) (stored|remembered) while a model (generates|writes) token after token?
I (see|found) --kv in the docs. What (is it about|does it do)?
I (passed|typed|set) --kv. What (does it affect|is KV)?
Keys and values: (which cache is that|where do they go|who keeps them)?
How do (keys and values|cached keys) save (time|work)?
The KV cache (grows|gets larger) as we talk. What is in it?
What (role|part) does the KV cache (play|have)?
Is the KV cache (needed|necessary|important)(| for speed)?
(Purpose|Function|Content) of the KV cache?
How (come|is it that) the model need not redo the (earlier|old) tokens?
? What is kept in the KV cache?
? For what does a model need its KV cache?
"""),
    ("number of tokens",
     "The context is the number of tokens that a model can look back at. The flag --ctx sets "
     "it.", "the context|a context|the context length|--ctx|the flag --ctx|\
the context of a model", """
What does (--ctx|the flag --ctx|the option --ctx|--ctx 2048|--ctx 512) (do|mean|set|change)?
How (long|large) can a (conversation|chat|dialogue) (be|get|become)(| at most)?
What does (context size|the size of the context|the word context) mean?
How do I (make the context|get a context that is) (longer|larger|bigger|smaller|shorter)?
What does (context|context length|the context) mean?
@how (set|change|choose|enlarge|limit) the (context|context length|size of the context)
@ask what the (context|context length) (is|means)
@ask how (long a conversation can be|far a model can look back|to set the context)
How far can (a|the) model (look back|see back)?
How many tokens can (a|the) model (look back at|see|keep in view)?
(Which|What) flag (sets|changes|chooses|gives) the (context|context length|length of the context|\
number of tokens)?
(How many|What number of) tokens (fit into|are in) the context?
(context|ctx) (length|size|flag|option)(?|, please)
(My|The) context is too (small|short). How do I (make it larger|set it|change it)?
How much (text|of the conversation) can (a|the) model (see|look back at|keep in view)?
(Can I|How can I) have (a longer|a larger|a bigger|more) context?
(Context|The word context) is (new|unknown) to me. (Please explain|What is it)?
(Is it true|Is it right) that --ctx sets the (context|number of tokens)?
(So if I understand|So), the context is how far (back|a model looks back)?
Context in (simple|plain) words?
(Describe|Explain) (the context|--ctx) (to a child|to a beginner|in one sentence).
(Define|Definition of) context?
The docs (say|mention) a context. What is (meant|that)?
Someone said "context". (What did he mean|What is that supposed to be)?
I (see|found) --ctx in the docs. What (is it about|does it do)?
I (passed|typed|set) --ctx 4096. What (does it change|have I set)?
What does the (number|value) (after|behind) --ctx (say|mean)?
I (have|paste) a long text. How much of it can (the|a) model (take in|see) at once?
I want longer (talks|chats). Which (flag|option) do I (raise|set)?
How do I (raise|increase|lower|reduce) the context?
How do I give the model a (bigger|longer|larger) (view|context|window)?
Is there a (limit|maximum) (to|for) what a model can look back at?
How many (tokens|words) (back |)does a model (see|consider|take into account)?
The (window|view) of a model (is|is called) what?
What (is|do you call) the (number|count) of tokens that a model can (see|look back at)?
(Context window|Window size|Context limit)?
Where do I (set|change) (how far|how many tokens) the model looks back?
(Which|What) setting makes the model look (further|farther) back?
Can a model look back (for ever|without limit|at everything)?
How (wide|far) is the (view|look) of a model (back |)into the text?
What is the (unit|measure) of the context, (words or tokens|tokens or bytes)?
8000 tokens of context, what does (that|this) (mean|tell me)?
(Set|Setting) the context (length|size), (how|which flag)?
? How do I set the context?
? With which flag does a model look back at more tokens?
"""),
    ("loses its oldest turns",
     "A conversation that outgrows the context loses its oldest turns, and the chat says so.",
     None, """
@if the context is (full|used up|exceeded|overrun)
@if (a|the|my) (conversation|chat) (is|gets|becomes) too long
@if (a|the|my) (conversation|chat) (outgrows|exceeds|overflows|does not fit into) the context
@if (I talk|we talk|we chat|I chat) (too long|too much|for hours|all day)
What happens in (a very long|a really long|an extremely long|an endless) (chat|conversation|\
dialogue)?
What happens (to|with) (old|the oldest|the first|early) turns?
(When|Why) do you (forget|lose|drop) (old turns|the oldest turns|the beginning|what I said first|\
the start of our talk)?
(When|Why) does (the|a) (chat|conversation) (lose|drop|forget) (its oldest turns|old turns|\
its beginning)?
(Which|What) turns are (lost|dropped|forgotten|thrown away)(| first)?
@ask what happens (in a long chat|to old turns|when the context is full|\
with a chat that is too long)
@ask whether (old turns are dropped|the oldest turns get lost|a long chat loses its beginning)
(Does|Will|Can) (a long chat|a long conversation) (lose|drop|forget) (something|its beginning|\
old turns)?
Are (old turns|the oldest turns|early turns) (lost|dropped|forgotten) (in a long chat|\
when the context is full)?
(The|My) context is (full|used up|too short). (What happens|What now|What happens now)?
(full|overfull) context(?|, what happens?|: what happens?)
(Does|Will) the chat (say|tell me|warn me) (when|that) (it drops|it loses) (old turns|\
the oldest turns)?
(The chat says|It says|You said) that (it dropped|it lost) (old|the oldest) turns. (Why|\
What does that mean)?
Why can't the chat (remember|keep) (the beginning|everything) of a long (talk|conversation|chat)?
We talked for (an hour|two hours) and now it (has forgotten|does not know) how we began. Why?
In a long chat it (suddenly|all at once) forgot my first (question|message). Why?
(Is it true|Is it right) that (old|the oldest) turns (vanish|are dropped|fall out)?
(So if I understand|So), a too long chat loses its (beginning|start|oldest turns)?
Can a chat go on for ever(|, or is something lost)?
Does the chat (crash|stop|break off) when the context (runs|is) full?
What (goes|is thrown out|is dropped) first when the context (overflows|is full)?
My chat is (very|really) long. Will the (start|first part|beginning) be lost?
Am I (told|warned) when (old|the oldest) turns (fall out|are dropped)?
I keep (talking|chatting) until the context is full. (And then|What then)?
(Which|What) part of a long (talk|conversation) (is dropped|goes) first?
The first (messages|questions) of our chat seem (lost|gone). (How come|Why is that)?
What does it mean that a conversation (outgrows|is larger than) the context?
(Overflow|Overrun) of the context?
(What is lost|Do I lose something) in a (very |)long (chat|talk)?
We chat (all night|for ages). What becomes of the (first|early|oldest) turns?
How does the chat (make room|find room) when the context is full?
Do the (newest|oldest) turns (go|get lost) when there is no more room?
Must I (stop|start anew) when the context is full?
A message says turns were (dropped|removed). What (happened|is the reason)?
The model (forgets|lost) the beginning of our long (chat|talk). (Is that normal|Why)?
Why does the chat report (lost|dropped) turns?
Does (the end|the beginning|the start) of a (too |)long conversation get (cut|lost)?
There is no (room|space|place) left in the context. What (goes|is dropped)?
(A conversation|A chat) larger than the context, (what then|what is lost)?
How are (overlong|too long|endless) conversations (handled|treated|cut)?
Will a long chat (fail|end|break) at some point, or what?
? What happens if we talk for too long?
? Our chat has become very long. Will you lose the beginning of it?
"""),
    ("numbers that a model has learned",
     "Weights are the numbers that a model has learned.",
     "+weights|a weight|+the weights|+the weights of a model|+parameters", """
What are (weights|the weights|the weights of a model|parameters|the parameters of a model)?
What is (a|one|a single) (weight|parameter)(| in a model| of a model)?
What do (weights|parameters) mean(| here| in a model)?
What does the word weights mean(| here| in a model)?
What (is a model|are models|is a neural network) made of?
@ask what (weights|parameters|the weights of a model) are
@ask what (a weight is|a model is made of|a model has learned)
Of what (is a model|are models|is a network) made?
What does a model (learn in training|consist of)?
What has a model learned(| in training| in the end)?
(Where|In what) is (the knowledge of a model|what a model knows|what a model has learned) (kept|\
stored)?
(Are weights|Are the weights|Are parameters) (numbers|words|rules|learned|the same as parameters)?
(weights|parameters) (meaning|definition|explained)
(Which|What) (numbers|values) (has a model learned|are learned|does training change)?
What are the (billions|millions) of (weights|parameters) in a model?
(The|My) file (is full of|contains|holds) weights. What (are they|is a weight|does that mean)?
(Weight|The word weight) makes me think of (kilograms|a scale). What is it (here|in a model)?
(Is it true|Is it right) that weights are (just|only) numbers?
(So if I understand|So), weights are (learned numbers|what a model has learned)?
In (my lecture|a talk) they spoke of weights. (What was that|What are they)?
(Weights|Parameters) in (simple|plain) words?
(Describe|Explain) (weights|the weights|parameters) (to a child|to a beginner).
How (would|do) you (define|explain) (weights|parameters)?
(Define|Definition of) (weights|parameters)?
Someone said "weights". (What did he mean|What is that supposed to be)?
(Glossary|Dictionary): (weights|parameters)?
What (is|do you find) (inside|in) a model when you open it up?
What (remains|is left) of the training (in|inside) a model?
What does training (produce|yield|leave behind)?
A model has (7 billion|a million) parameters. What (is one|are they)?
A model file is (40|20) GB. (Of what|What fills it)?
What (fills|takes up) a model file?
Where does a (model|network) keep what it has (learned|been taught)?
In what form does a model (hold|keep|store) its (knowledge|learning)?
What am I to (understand|imagine) (by|under) weights?
(The term|The expression) weights (confuses|puzzles) me.
Are weights (code|text|a kind of program), or (numbers|what)?
Do weights (weigh|measure) anything, or what are they?
What is (changed|adjusted|tuned) (when|while) a model (learns|is trained)?
The knowledge of a model (lies|sits|is) in (what|its what)?
Weights and parameters, (are they|is that) the same(| thing)?
I (can't|cannot) (grasp|picture) what weights (are|mean).
A (model|neural network) (consists of|is full of) what(| numbers)?
? What is inside a model?
? What should I imagine when you speak of weights?
"""),
    ("likely next token",
     "A language model reads tokens and gives the likely next token, again and again.",
     "a language model|an LLM|+language models|a large language model", """
How does (a language model|an LLM|a model|a large language model) (work|answer|write|talk|\
make an answer|write a text)?
How do (language models|LLMs) (work|write|answer|make text)?
How do you (work|make an answer|write your answers|find an answer|answer|think of an answer|\
produce text)?
How do you (write|make|form|find) (a sentence|your answers|your sentences|your words|what you say)?
What does (a language model|an LLM|a model|a large language model) do(| all the time| in the end)?
What is (an LLM|an LLM in short|a language model in short|a large language model)?
How is (an|your|each) answer (written|made|built|formed|produced)?
@ask how (you work|a language model works|you make an answer|an answer is made)
@ask what (a language model does|an LLM is|goes on inside you when you answer)
(How|From where) do you know (which|what) word (comes next|to write|to say next)?
How does a model (choose|find|guess|predict) (the next word|the next token|what comes next)?
What do you compute (when you answer|for each word|before you answer)?
(language model|LLM) (meaning|definition|explained)
Do you (think|reason|guess) (when you answer|while you write|before you answer)?
(Word by word|Token by token|Word after word): is that how you (write|answer|work)?
What (happens|goes on) (in|inside) (you|a model|a language model) (when you answer|\
during an answer|when I ask something)?
(How on earth|How in the world) can a program (talk|write sentences|answer)?
Is it (magic|a trick)? How do you (come up with|arrive at) your answers?
(Is it true|Is it right) that you only (guess|predict) the next (word|token)?
(So if I understand|So), a language model (guesses|gives) one token after (another|the other)?
(LLM|Language model) in (simple|plain) words?
(Describe|Explain) (an LLM|a language model) (to a child|to a beginner).
How (would|do) you (define|explain) (an LLM|a language model)?
In (my lecture|a talk) they spoke of LLMs. (What was that|What is one)?
The (news|papers) are full of language models. What do they (do|actually do)?
Where do the words (of your answers|that you write) come from, one by one?
What (is the principle|is the trick) behind (an LLM|a language model|your answers)?
Do you (plan|know) the whole (sentence|answer) before you write it?
Your answer comes (word by word|bit by bit|piece by piece). Why(| is that)?
How is (text|a sentence) (generated|produced) by a (model|language model)?
What (goes|is going) on in your head (while|when) you (write|answer)?
Do you (understand|think about) my words, or just (predict|guess) the next one?
How (does|can) a model (get|come) from my question to (its|an) answer?
What is the (basic|one) step that a language model (repeats|does again and again)?
(Autocomplete|A phone keyboard) guesses words. Do you work like that?
Again and again, a language model does what?
What (steps|procedure) (lead|leads) to your (answer|reply)?
Is (an LLM|a language model) (a database|a search engine), or how does it work?
How do you decide (on the next word|what to write next)?
(Mechanism|Working|Principle) of (a language model|an LLM)?
What does a (model|language model) do with the tokens it (reads|gets)?
Do you look answers up (somewhere|in a list), or (make|build) them token by token?
My (kid|pupils) asked how a (chatbot|language model) makes sentences.
? How are your answers made?
? In which way does a model produce its answer?
"""),
]

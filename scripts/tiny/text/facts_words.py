"""Words of the trade, files and formats, and what happens to a lost machine.

Each fact is (key, answer, topic or None, questions), as fact_frames reads them. All are true of
Lantern, as its README tells it.
"""

FACTS = [
    ("a hash over every logit",
     "The logits_hash is a hash over every logit that was sampled from, the same on every "
     "layout.", "logits_hash|the logits_hash|the logits hash|the hash of a run", """
What is the (logits_hash|logits hash|hash) (for|good for|used for|there for)?
What does (the logits_hash|logits_hash|the hash) (mean|tell me|say|show|prove|cover)?
What is the (hash|long number) (in|at the end of) the (output|statistics)?
How (do|can) I (compare|check|verify) (two runs|two results|a run against another)?
How can I (check|verify|prove|see) that two (answers|runs|results) are (the same|equal|identical)?
How do I (know|notice|find out|see) (that|whether|if) a {machine} computes (wrongly|correctly|\
something wrong)?
@how (compare|check) two (runs|layouts|results) (quickly|bit by bit|for equality)
@how (notice|catch|find) a {machine} that computes wrongly
@ask what the (logits_hash|logits hash|hash of a run) (is|means|tells me)
(Which|What) number (shows|tells|proves) that two runs (are equal|gave the same logits|\
are the same)?
(Two runs have|Both runs have|My two runs have) (the same hash|different hashes|\
equal hashes). What does (that|it) mean?
Why does (each run|Lantern|the output|the statistics) (print|show|report|end with) a hash?
(Over what|From what|Of what) is the (hash|logits_hash) (computed|made|taken)?
Is the (hash|logits_hash|logits hash) (the same|equal) (on|for) (every layout|all layouts|\
any layout)?
(hash|logits hash|logits_hash) (meaning|explained)
(Does|Can) a run (have|print|report) a (hash|fingerprint|checksum)?
? What is the hash of the logits for?
? Two of my runs should be equal. How do I check that?
"""),
    ("score for one possible next token",
     "A logit is the model's score for one possible next token.", "a logit|+logits|one logit", """
What are (logits|the logits|the logits of a model|logits in a language model)?
What does a (model|language model) compute for (each|every) (possible |)(next |)token?
What does (logit|the word logit|one logit) mean?
What do (logits|the logits) (mean|say|stand for|tell)?
@ask what (logits are|a logit is|a logit means|logits mean)
(What|Which) (number|value) does a model (give|compute for|assign to) (each|every) (possible|\
candidate) token?
What is (a logit in a model|a logit in short|one logit|a single logit)?
What is the score (of|for) a (possible |)(next |)token called?
How does a model (rate|score|judge) (each|every) (possible|candidate) (next |)token?
(Is a logit|Is one logit) (a score|a number|a probability|a token|a word)?
(logit|logits) (meaning|definition|explained)
From what (numbers|scores) is the next token (sampled|chosen|drawn)?
What is (computed|given out|put out) for every (word|token) of the vocabulary?
? What is the meaning of logits?
? When people say logit, which number do they mean?
"""),
    ("named within 5 seconds",
     "A lost machine is named within 5 seconds, the chat keeps its conversation, and /resume "
     "goes on.", None, """
@if a ({machine}|worker|rank) (is lost|dies|fails|crashes|breaks down|disappears|hangs)
@if I (unplug|switch off|turn off|restart|reboot) (a {machine}|a worker|one of the {machines})
@if (a cable is pulled|the cable of a worker is pulled|somebody unplugs a worker|\
a {machine} is switched off)
@if one of the (workers|{machines}) (dies|fails|stops answering|falls asleep|goes away)
@if (a worker|a {machine}|one of the {machines}) (crashes|goes down) (during|in the middle of|\
in) (a chat|an answer)
A {machine} (died|crashed|was lost|is gone|failed|has died). What happens(| now| then)?
(What happens|What will happen) to (my chat|the conversation|the answer) (when|\
if) a {machine} (dies|is lost)?
Is (my chat|the conversation|everything) (lost|gone) (when|if) a (worker|{machine}) (dies|fails)?
How (fast|quickly|soon) (do I learn|does Lantern notice|is it noticed) that a {machine} is (lost|\
dead|gone)?
(How long|How many seconds) does it take until a lost {machine} is (noticed|named|found)?
@ask (how fast a lost machine is noticed|how soon a dead machine is named|\
what a lost machine does to the chat)
(Does|Will) (Lantern|the chat) (survive|stand|cope with|notice) (the loss of a {machine}|\
a dead {machine}|a lost worker)?
How does Lantern (handle|deal with|react to|treat) a (lost|dead|failed|crashed) ({machine}|worker)?
(loss of a {machine}|lost {machine}|dead worker|machine failure)(?|: what happens?)
Does Lantern (say|tell me|report) which {machine} (is lost|died|failed)?
? What if the power of one machine fails?
? How does Lantern behave when a machine dies?
"""),
    ("machines that are left",
     "The command /resume goes on in the middle of the answer with the machines that are left.",
     "/resume|the command /resume|the resume command", """
What does (/resume|the command /resume|the resume command|resume) do?
How (do|can|should) I (go on|continue|carry on|proceed) after (a loss|the loss of a machine|\
a machine died|a crash of a worker)?
How do I (resume|resume a chat|resume an answer|resume after a loss)?
What is (/resume|the command /resume) (for|good for|there for|used for)?
A (worker|{machine}) is (gone|lost|dead). How (do|can) I (go on|continue|carry on)?
Can I (continue|resume|go on with|carry on with) (my|the) (chat|answer|conversation) after (a \
loss|a machine died|losing a worker)?
How do I (continue|finish|complete) (an answer|the answer|an answer that was interrupted|\
an interrupted answer)?
@how (resume|continue|go on with) (a chat|an answer|the answer) (after a loss|\
after a machine died|with fewer {machines})
@command (resume|continue|go on) (after a loss|after a machine died|with the remaining machines)
(Which|What) command (resumes|continues|goes on with) (an answer|the chat|\
the interrupted answer)(| after a loss)?
@ask what /resume (does|is for)
@can (continue|go on) (with fewer {machines}|with the remaining {machines}|\
without the lost {machine})
(The answer|My answer|The chat) was (interrupted|cut off|broken off) (by a loss|\
when a {machine} died). How do I (continue|go on)?
(With which|With how many) {machines} does (/resume|the resume command) go on?
(Where|At which point) does /resume (go on|continue|begin|start again)?
What do I (type|enter|do) (to go on|to continue) (after a loss|when a worker is lost|\
without the dead machine)?
(resume|continue) (command|after a loss|after a lost machine)
When (do|should) I (type|use|enter) /resume?
? How can the answer go on after a lost machine?
? One worker died in the middle of your answer. How do I get the rest of it?
"""),
    ("a file format",
     "GGUF is a file format that holds a whole model in one file. Lantern reads versions 2 "
     "and 3.", "GGUF|a GGUF file|the format GGUF|gguf", """
What does GGUF (mean|stand for|hold|contain)?
(Can|Does|Will) {lantern} (read|load|accept|understand|support) (GGUF|GGUF files|a GGUF file)?
Is GGUF (supported|readable|accepted|understood|possible)(| by Lantern)?
(Which|What) versions of GGUF (can be read|are supported|can Lantern read|does Lantern read|\
are read)?
@ask what (GGUF|a GGUF file|the format GGUF) (is|holds|contains)
@ask (which|what) (versions of GGUF|GGUF versions) (are supported|Lantern reads)
@can (use|load|run|open) (a GGUF file|GGUF|GGUF version 2|GGUF version 3|my GGUF file)
What is (in|inside|stored in|special about) (a GGUF file|GGUF)?
Is GGUF (one file or several|a file format or a program|a format|a program)?
(GGUF|gguf) (version|versions|format|support|meaning)(?|, please)
(My file|The file|My model) (ends in|has the ending|ends with) gguf. What (is that|does it mean|\
is this format)?
I (have|got|downloaded) (a file|something) (called|named) model.gguf. What (is it|is that|\
kind of file is that)?
(Does|Can) (one|a single) GGUF file (hold|contain) (a whole|an entire|a complete) model?
(GGUF 2|GGUF 3|GGUF v2|GGUF v3|GGUF version 3): (can Lantern read it|is it supported|does it work)?
? What are GGUF files?
? Somebody sent me a GGUF. What is that?
"""),
    ("GGUF file or a Hugging Face directory",
     "A model is a GGUF file or a Hugging Face directory with config.json and safetensors.",
     None, """
(Which|What) (files|file types|model files|files of models|kinds of files) can {lantern} (read|\
load|open|use)?
(Which|What) (model files|file formats|model file formats|formats of models) are (supported|\
readable|accepted|read)?
(Which|What) (model formats|formats|file formats) does {lantern} (read|support|accept|load|\
understand)?
What is MODEL in (the commands|lantern chat MODEL|these commands|lantern run MODEL)?
What does MODEL (stand for|mean)(| in the commands)?
(Can|Does) {lantern} (read|load|support|accept) (Hugging Face models|Hugging Face|\
a Hugging Face model|safetensors)?
Can it read (safetensors|a Hugging Face directory|Hugging Face files)?
What is (the Hugging Face layout|a Hugging Face directory|in a Hugging Face directory)?
(Which|What) formats can I (use|load|give to Lantern)?
Does (Lantern|it) support (Hugging Face|safetensors|a directory with safetensors)?
@ask (which|what) (model formats|file formats|model files) (are supported|Lantern reads|it can read)
@ask what (MODEL is|MODEL stands for|the Hugging Face layout is)
@can (use|load|run) (a Hugging Face model|safetensors|a Hugging Face directory|\
a directory with safetensors)
Is (Hugging Face|the Hugging Face layout|a directory of safetensors) (supported|readable|possible)?
In (which|what) (format|kind of file) (must|should) (my|a|the) model be?
(Hugging Face|safetensors|config.json) (support|directory|supported)(?|, please)
(My model|The model) is (a directory|a folder) (of|with) safetensors. (Can I use it|\
Does that work|Is that okay)?
(What|Which file|Which path) do I (give|pass|name) as MODEL?
(Supported|Possible|Readable) (file formats|formats of files|model files)?
Besides GGUF, (are other formats possible|which other files can be read|what else can be read)?
What (may|can|must) (MODEL|the argument MODEL) be?
? Which model formats are there?
? I have a model from Hugging Face. Will Lantern read it?
"""),
    ("Llama or a dense Mistral",
     "It may be a Llama or a dense Mistral.", None, """
(Which|What) models can {lantern} (run|execute|serve|work with|handle)?
(Which|What) (models|kinds of models|sorts of models|model families) are (supported|possible|\
allowed)?
(What|Which) (kinds|sorts|families|types) of models does {lantern} (run|support|handle)?
(Can|Does|Will) {lantern} (run|support|handle|work with) (a Mistral|Mistral|Mistral models|\
a dense Mistral)?
(Can|Does|Will) {lantern} (run|support|handle) (any model|every model|all models|\
all kinds of models)?
(Which|What) (architectures|model architectures) (are supported|can Lantern run|\
does Lantern support|does it run)?
(Can|Does|Will) {lantern} (run|support|handle) (Llama models|Llama|a Llama|Llamas)?
(Which|What) models (can|may|could) I (use|run|take|try)(| with Lantern|)?
@ask (which|what) (models|kinds of models|architectures) (Lantern runs|are supported|I can run)
@ask whether (Lantern runs|it runs) (a Mistral|every model|mixtures of experts|only Llamas)
@can run (a Mistral|a Llama|my Mistral|other models than Llama|any model I like)
Is (Mistral|Llama|a Mistral|my Mistral model) (supported|possible|allowed)?
Are (Mistral|Llama|other|all) models supported?
(Must the model be|Must my model be|Does my model have to be) a Llama?
Does it run (only Llama models|Llama models only|nothing but Llamas|only Llamas)?
(supported|possible) (models|architectures|model families)(?|, please)
(Mistral|Llama|mixture of experts) (support|supported)?
(I have|I'd like to run) a (Mistral|Llama|mixture of experts). (Does that work|Is it supported|\
Can Lantern run it)?
What about (Mistral|Mistral models|mixtures of experts|other architectures)?
? What sort of model must it be for Lantern to run it?
? Would a Mistral work with Lantern too?
"""),
    ("8 bits per weight",
     "Q8_0 is a block format with 8 bits per weight and one scale for 32 weights.",
     "Q8_0|q8_0|the format Q8_0|the type q8_0", """
What does (Q8_0|q8_0|Q8|the name Q8_0) mean?
What is (the format Q8_0|the Q8_0 format|Q8_0 quantization|a Q8_0 model|a Q8_0 file)?
How does (Q8_0|the format Q8_0) (store|keep|write|encode) (weights|the weights|numbers|a weight)?
How many bits (has|are in) Q8_0?
@ask what (Q8_0|q8_0|the format Q8_0) (is|means)
@ask how (Q8_0 stores weights|many bits Q8_0 takes|large a weight is in Q8_0)
How (large|big|precise) is (a|one) weight in Q8_0?
(Which|What) (format|block format) (has|uses|takes) (8|eight) bits (per|for a|for each) weight?
(My|The|This) (file|model) is (in Q8_0|Q8_0|of type q8_0). What (is that|does it mean)?
(q8_0|Q8_0) (format|bits|meaning|explained)
What is the (8 bit|eight bit|8-bit) (block |)format?
(8 bit|8-bit|Eight bit) (weights|format|quantization): (what is it|how is it called|which format)?
(How many|What number of) weights share (one|a) scale in Q8_0?
What is (in|inside) (a block|one block) of Q8_0?
What does --type q8_0 (do|mean|store)?
? How many bits per weight are there in Q8_0?
? There is q8_0 in the name of my file. What does it tell me?
"""),
    ("4 bits per weight",
     "Q4_0 is a block format with 4 bits per weight and one scale for 32 weights.",
     "Q4_0|q4_0|the format Q4_0|the type q4_0", """
What does (Q4_0|q4_0|Q4|the name Q4_0) mean?
What is (the format Q4_0|the Q4_0 format|Q4_0 quantization|a Q4_0 model|a Q4_0 file)?
How does (Q4_0|the format Q4_0) (store|keep|write|encode) (weights|the weights|numbers|a weight)?
How many bits (has|are in) Q4_0?
@ask what (Q4_0|q4_0|the format Q4_0) (is|means)
@ask how (Q4_0 stores weights|many bits Q4_0 takes|large a weight is in Q4_0)
How (large|big|precise) is (a|one) weight in Q4_0?
(Which|What) (format|block format) (has|uses|takes) (4|four) bits (per|for a|for each) weight?
(My|The|This) (file|model) is (in Q4_0|Q4_0|of type q4_0). What (is that|does it mean)?
(q4_0|Q4_0) (format|bits|meaning|explained)
What is the (4 bit|four bit|4-bit) (block |)format?
(4 bit|4-bit|Four bit) (weights|format|quantization): (what is it|how is it called|which format)?
(How many|What number of) weights share (one|a) scale in Q4_0?
What is (in|inside) (a block|one block) of Q4_0?
What does --type q4_0 (do|mean|store)?
? How many bits per weight are there in Q4_0?
? I found a file with q4_0 in its name. What does that tell me?
"""),
    ("fewer bits",
     "Quantization stores weights with fewer bits, so a model is smaller and faster but less "
     "exact.", "quantization|quantizing|quantisation|+quantized models", """
What is a quantized (model|file|weight)?
What does (quantized|quantize|to quantize|quantization) mean?
Why (are|were) models quantized?
Why (would|should) (I|one|anybody) quantize a model?
How (can|does) a model (become|get) (smaller|faster|quicker) (by quantization|\
through quantization|with fewer bits)?
How can a model become smaller?
What is (quantization|quantizing) (good|useful|used|there) for?
What is the (use|point|advantage|benefit|price|cost|effect) of quantization?
@ask what (quantization|quantizing) (is|does|means)
@ask why (models are quantized|one quantizes a model|quantized models are faster)
What (does|can) quantization (change|cost|save)(| in a model)?
What does quantization do(| to a model| with the weights)?
(Is a quantized model|Are quantized models) (smaller|faster|less exact|worse)?
(What do I lose|What is lost|What do I gain|What is gained) (by|with|through) quantization?
How are weights (stored in|kept in|made smaller for) a quantized model?
(Storing|Keeping) weights (with|in) fewer bits: (what is that called|what is it good for|\
how is that called)?
(quantized|quantization) (meaning|definition|explained)
(Does|Will) quantization (make|leave) a model (smaller|faster|worse|less exact)?
How does quantization work?
(My|The) model is quantized. (What does that mean|What is that|What has been done to it)?
? What happens to weights in quantization?
? Why do people quantize their models?
"""),
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
? How are your answers made?
? In which way does a model produce its answer?
"""),
]

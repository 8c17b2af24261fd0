"""Words of the trade, commands and flags, and what to do about trouble.

Each fact is (key, answer, topic or None, questions); the last question is for tests only. All are
true of Lantern, as its README tells it.
"""

FACTS = [
    ("a hash over every logit",
     "The logits_hash is a hash over every logit that was sampled from, the same on every "
     "layout.", "logits_hash", """
What is the logits_hash?
What is the logits hash?
What does logits_hash mean?
How do I compare two runs?
How can I check that two answers are the same?
What is the hash in the output?
How do I know that a machine computes wrongly?
What is the hash of the logits for?
"""),
    ("score for one possible next token",
     "A logit is the model's score for one possible next token.", "a logit", """
What are logits?
What are the logits of a model?
What does a model compute for each token?
What does logit mean?
What is the meaning of logits?
"""),
    ("named within 5 seconds",
     "A lost machine is named within 5 seconds, the chat keeps its conversation, and /resume "
     "goes on.", None, """
What happens when a machine is lost?
What happens if a machine dies?
What happens when a worker is lost?
What if a worker crashes?
What if I unplug a machine?
What happens if a computer is switched off?
What happens when a machine fails?
What if a rank is lost?
A machine died. What happens?
What if the power of one machine fails?
"""),
    ("machines that are left",
     "The command /resume goes on in the middle of the answer with the machines that are left.",
     "/resume", """
What does /resume do?
How do I go on after a loss?
How do I continue after a machine died?
How do I resume?
What is /resume for?
A worker is gone. How do I go on?
Can I continue my chat after a loss?
How do I continue an answer?
How can the answer go on after a lost machine?
"""),
    ("a file format",
     "GGUF is a file format that holds a whole model in one file. Lantern reads versions 2 "
     "and 3.", "GGUF", """
What is a GGUF file?
What does GGUF mean?
Can Lantern read GGUF?
Is GGUF supported?
Which versions of GGUF can be read?
What are GGUF files?
"""),
    ("GGUF file or a Hugging Face directory",
     "A model is a GGUF file or a Hugging Face directory with config.json and safetensors.",
     None, """
Which files can Lantern read?
What model files are supported?
Which model formats does Lantern read?
What is MODEL in the commands?
Can Lantern read Hugging Face models?
Can it read safetensors?
What is the Hugging Face layout?
What formats can I use?
Does Lantern support Hugging Face?
Which model formats are there?
"""),
    ("Llama or a dense Mistral",
     "It may be a Llama or a dense Mistral.", None, """
Which models can Lantern run?
Which models are supported?
What kinds of models does Lantern run?
Can Lantern run a Mistral?
Can Lantern run any model?
Which architectures are supported?
Does it run Llama models?
What models can I use?
Which model may it be?
"""),
    ("8 bits per weight",
     "Q8_0 is a block format with 8 bits per weight and one scale for 32 weights.", "Q8_0", """
What does Q8_0 mean?
What is the format Q8_0?
How does Q8_0 store weights?
How many bits has Q8_0?
What is q8_0?
How many bits per weight are there in Q8_0?
"""),
    ("4 bits per weight",
     "Q4_0 is a block format with 4 bits per weight and one scale for 32 weights.", "Q4_0", """
What does Q4_0 mean?
What is the format Q4_0?
How does Q4_0 store weights?
How many bits has Q4_0?
What is q4_0?
How many bits per weight are there in Q4_0?
"""),
    ("fewer bits",
     "Quantization stores weights with fewer bits, so a model is smaller and faster but less "
     "exact.", "quantization", """
What is a quantized model?
What does quantized mean?
Why are models quantized?
How can a model become smaller?
What is the use of quantization?
What happens to weights in quantization?
"""),
    ("a piece of text",
     "A token is a piece of text, such as a short word or a part of a word, with a number.",
     "a token", """
What are tokens?
What does token mean?
What is a token in a language model?
How is text cut into pieces?
What is the meaning of token?
What are the tokens of a text?
"""),
    ("turns text into tokens",
     "A tokenizer turns text into tokens and tokens back into text.", "a tokenizer", """
What does a tokenizer do?
What is the tokenizer for?
How does text become tokens?
What turns text into numbers?
What is the job of the tokenizer?
"""),
    ("keys and values",
     "The KV cache keeps the keys and values of earlier tokens, so they are not computed "
     "again.", "the KV cache", """
What is a KV cache?
What does the KV cache do?
What does KV cache mean?
What is --kv?
Why is there a KV cache?
What is the kv cache for?
What is kept in the KV cache?
"""),
    ("number of tokens",
     "The context is the number of tokens that a model can look back at. The flag --ctx sets "
     "it.", "the context", """
What does --ctx do?
How long can a conversation be?
What is a context?
What is the context length?
How do I make the context longer?
What does context mean?
How do I set the context?
"""),
    ("loses its oldest turns",
     "A conversation that outgrows the context loses its oldest turns, and the chat says so.",
     None, """
What happens when the context is full?
What if the conversation is too long?
What happens when a chat outgrows the context?
What happens in a very long chat?
What if the context is too short?
What happens to old turns?
When do you forget old turns?
What happens if we talk for too long?
"""),
    ("numbers that a model has learned",
     "Weights are the numbers that a model has learned.", "weights", """
What are weights?
What are the weights of a model?
What are parameters?
What is a weight?
What does weights mean?
What is a model made of?
What is inside a model?
"""),
    ("likely next token",
     "A language model reads tokens and gives the likely next token, again and again.",
     "a language model", """
How does a language model work?
How do you work?
How do you make an answer?
How do you write your answers?
What does a language model do?
What is an LLM?
How does a model answer?
How are your answers made?
"""),
    ("lantern bench MODEL",
     "Run this: lantern bench MODEL", None, """
How do I measure the speed?
How fast is it?
How do I run a benchmark?
What does lantern bench do?
How can I measure tokens per second?
Which command measures the speed?
How do I benchmark a model?
How many tokens per second do I get?
How can I find out the speed?
"""),
    ("lantern inspect MODEL",
     "Run this: lantern inspect MODEL", None, """
How do I see what is in a model file?
What does lantern inspect do?
How do I look into a model?
Which command shows the shapes of a model?
How do I find out what a file is?
How can I inspect a file?
How many bytes does each rank need?
Which command tells what a model file is?
"""),
    ("random weights",
     "It makes a model of a known shape with random weights, good for measuring.",
     "lantern synth", """
What does lantern synth do?
What does synth do?
How do I make a model of random weights?
How do I get a model without a download?
What is the command synth for?
Can I measure without a real model?
How do I create a random model?
"""),
    ("lantern tokenize MODEL",
     "Run this with the text on stdin: lantern tokenize MODEL", None, """
How do I see the tokens of a text?
What does lantern tokenize do?
Which command shows token ids?
How do I tokenize a text?
How can I get the ids of a text?
How do I count the tokens of a text?
Which command turns a text into ids?
"""),
    ("perplexity",
     "It computes the perplexity of a text: lantern score MODEL FILE", "lantern score", """
What does lantern score do?
How do I measure perplexity?
What does score do?
Which command computes perplexity?
How do I score a text?
How good is a model on a text?
"""),
    ("relative shares",
     "The flag --shares gives the ranks relative shares of the work, such as 3,2,2.", None, """
What does --shares do?
How do I give a machine more work?
How do I divide the work unequally?
What is --shares 3,2,2?
One machine is faster. What can I do?
How do I set the shares?
What are shares?
How can one rank do more than another?
"""),
    ("the speed of their memory",
     "Machines of unlike speed get shares by the speed of their memory.", None, """
Can the machines be different?
What if one machine is slow?
How is the work shared?
Can I mix old and new machines?
Do all machines need the same speed?
What about machines of unlike speed?
Must all machines be equal?
What if the machines are not the same?
"""),
    ("use a pipeline",
     "It works, but use a pipeline over Wi-Fi, such as --pp 3. A cable is better.", None, """
Can I use Wi-Fi?
Does it work over Wi-Fi?
Is Wi-Fi fast enough?
What about Wi-Fi?
Do I need a cable?
Can machines join over wifi?
Is wireless a good idea?
Should I use a cable or Wi-Fi?
"""),
    ("TCP 7733",
     "The leader listens on port TCP 7733, and the next port is for weights.", None, """
Which port does Lantern use?
What is the port of the leader?
Which ports are needed?
Which port must I open?
What port do workers join?
Which port should the firewall allow?
What is the default port?
On which port does the leader listen?
"""),
    ("two versions",
     "The machines have two versions of Lantern: copy one package to all machines.", None, """
What does it mean that a worker is another build?
Why is my worker refused as another build?
The leader says build A and the worker build B. Why?
Must all machines have the same version?
My worker has a different build. What now?
Do all ranks need the same build?
Can I mix versions of Lantern?
"""),
    ("firewall",
     "Check that the leader is started with a key, and that a firewall does not drop port "
     "7733.", None, """
My worker does not connect. Why?
No leader answers. What is wrong?
Why can my worker not join?
The worker cannot find the leader.
What does No leader answers mean?
My worker finds no leader. What should I check?
Why does the worker not reach the leader?
"""),
    ("the network",
     "The reason is usually the network: see wire in the statistics, and try --pp.", None, """
Why is it slower with more machines?
Answers got slower with more machines. Why?
Why did a second machine make it slow?
More machines, but less speed. Why?
Why does it not get faster?
Two machines are slower than one. Why?
"""),
    ("a smaller --type or --ctx",
     "Add a machine, or use a smaller --type or --ctx.", None, """
My model does not fit. What can I do?
What if the memory is too small?
The model is too large. What now?
I have not enough memory.
What can I do if the model does not fit?
How do I save memory?
It says that it does not fit.
There is too little memory. What can I do?
"""),
    ("made for CPUs",
     "Lantern is made for CPUs and ordinary networks.", None, """
Do I need a special computer?
What hardware is Lantern made for?
Which hardware do I need?
Is Lantern made for CPUs?
What hardware does it run on?
Does it run on a CPU?
What network do I need?
What computers is it made for?
"""),
    ("Ctrl-C",
     "Press Ctrl-C to stop an answer. Press it twice at the prompt to leave.", None, """
How do I stop an answer?
How do I stop you?
How do I quit?
How do I leave the chat?
How do I end the program?
What does Ctrl-C do?
How do I interrupt you?
How can I make you stop?
"""),
    ("/help",
     "Type /help: it lists the commands of the chat.", None, """
Which commands does the chat have?
What commands are there in the chat?
How do I get help?
How do I see the chat commands?
What does /help do?
Where is a list of the commands?
What can I type in the chat?
How do I list the chat commands?
"""),
    ("scripts/chat",
     "Run scripts/chat: it installs what is missing, builds, and starts a chat.", None, """
How do I install Lantern?
How do I build Lantern?
How do I get started?
How do I begin?
What is scripts/chat?
What does scripts/chat do?
How do I compile Lantern?
What is the first command to run?
"""),
    ("C++",
     "Lantern is written in C++.", None, """
In which language is Lantern written?
What language is Lantern written in?
Which programming language does Lantern use?
Is Lantern written in Python?
What is Lantern programmed in?
In what is the program written?
"""),
    ("MIT",
     "Lantern has the MIT license.", None, """
What license does Lantern have?
Which license is it?
Is Lantern free?
Is Lantern open source?
What is the license?
May I use Lantern for free?
Under which license is Lantern?
"""),
]

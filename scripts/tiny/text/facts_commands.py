"""Commands and flags beside those of a chat, and how the work is shared.

Each fact is (key, answer, topic or None, questions), as fact_frames reads them. All are true of
Lantern, as its README tells it.
"""

FACTS = [
    ("lantern bench MODEL",
     "Run this: lantern bench MODEL", None, """
@how (measure|find|test|determine) (the speed|the speed of a model|how fast it is|tokens per second)
@how (benchmark|time) (a model|my model|Lantern|my {machines})
@how (run|start|make) a (benchmark|speed test|measurement of speed)
@command (measure the speed|benchmark a model|run a benchmark|test the speed)
How fast (is it|is Lantern|is my model|is my {machine}|does it run|is Lantern on my {machine})?
What does (lantern bench|the command bench|the command lantern bench|bench) do?
(What is|What's) (lantern bench|the command lantern bench|bench|lantern bench for)?
(Which|What) command (measures|tells|prints|shows) (the speed|tokens per second|how fast it is)?
How many tokens (per|a) second (do I get|does it make|can it do|does my model make|are possible)?
What (speed|throughput) (do I get|can I expect|does it reach|has it)?
@ask how (fast it is|fast my model is|many tokens per second I get)
(benchmark|bench|speed test) (command|syntax|usage)
(measure|test) (speed|tokens per second|throughput)
(Command|Syntax) for (a benchmark|a speed test|measuring)?
(Can|Does) Lantern (measure|benchmark) (itself|a model|its speed|the speed)?
(Is there|Do you have) a (benchmark|speed test|command for the speed)?
(Tokens per second|The speed|Speed), how do I (measure|get|see) (it|that)?
Which (subcommand|part) of lantern (is for benchmarks|measures the speed|measures)?
I (bought|got) a (new PC|faster network) and want numbers. How do I (measure|time) it?
How do I (get|obtain) the tokens per second of my (model|machines)?
I want to (know|see) how (quick|speedy|fast) my setup is. (Command|What do I run)?
(My boss|The customer) wants (numbers|figures) on speed. How do I (get|produce) them?
Is my (model|setup) (fast|quick)? How do I (test|measure) that?
Which (line|call) gives me the (speed|throughput|tokens per second)?
(Throughput|Performance|Speed) (test|measurement|figures)?
How do I (gauge|clock) the speed of my (model|LAN|machines)?
(Remind me|Tell me again), how is the speed (measured|tested)?
I'd like to compare the speed of (two layouts|tp and pp). What do I run?
With which command can I (time|benchmark) (two|several) layouts?
(Before and after|Before) I add a machine, I want to measure the speed. How?
How (quickly|rapidly) does my model (write|produce) tokens? I want to (measure|test) it.
Is there a (tool|command|test) (that measures|to measure) tokens per second?
What do I (type|enter|run) for a (benchmark|speed test)?
(Exact|Full) command for (measuring|the benchmark)?
(I forgot|I can't remember) the command that measures the speed.
(Performance|Speed) of my model, how do I (find out|see) it?
Let me (measure|benchmark) (it|my model)(, how|: command)?
(Does my PC|Does my laptop) (write|make) ten tokens a second? How do I (test|check)?
How is (the speed|a model's speed) (measured|tested|determined)?
I want (figures|a number) for the speed, not a (feeling|guess).
(Race|Time) my machines against each other, (how|which command)?
Where do I (see|read) how many tokens per second (are made|I reach)?
(Test run|A test) for speed only, (how|which command)?
Speed (in|as) tokens per second, (please|command)?
Which (subcommand|command) (does|runs) a (speed test|benchmark)?
? How can I find out the speed?
? I want to see how many tokens per second my machine makes.
"""),
    ("lantern inspect MODEL",
     "Run this: lantern inspect MODEL", None, """
@how (see|look at|find out|list) what is (in|inside) a model file
@how (look into|inspect|examine) (a model|a model file|a file|a GGUF file)
@how (see|list|print) the (shapes|tensors|formats|architecture) of a model
@how (find out|see) (what a file is|how many bytes each rank needs|how much memory a rank needs)
@command (inspect|examine|look into) a (model|model file|file)
What does (lantern inspect|the command inspect|the command lantern inspect|inspect) do?
(What is|What's) (lantern inspect|the command lantern inspect|inspect|lantern inspect for)?
(Which|What) command (shows|prints|lists) the (shapes|tensors|formats|architecture|\
details) of a model?
How many bytes does (each|every|a|one) rank need(| for a model)?
How much memory (does|will) (each|every|a) rank (need|take)(| for a model)?
I (have|found|got) (a file|a model file|an unknown file) and don't know what (it is|is in it|\
it contains). What do I (run|type|do)?
@ask (how many bytes a rank needs|what is in my model file|how much memory each rank takes)
(inspect|inspection|lantern inspect) (command|syntax|usage)
(inspect|examine) (model|model file|file)
(Command|Syntax) for (inspecting a model|a look into a file|the shapes of a model)?
(Where|How) do I see (the shapes|the formats|the architecture|the tensors) of (a model|my model|\
my file)?
(Which|What) (shapes|formats|tensors|architecture) (does my model have|does my file have|\
are in my file)?
(Can|Does) Lantern (show|list|tell) (the shapes|the details|the contents) of a (model|model file)?
Which (subcommand|part) of lantern (inspects|looks into files|shows the shapes)?
I (found|have) an old model file on a disk. How do I learn what it (is|holds)?
(What's|What is) inside this model file? How do I (look|see)?
Before I load it, I want to know how much memory (each|every) rank (takes|needs).
Will it fit into my memory? How do I (see|find out) the bytes (per|of each) rank?
Which (line|call) shows (the shapes|what is in a model)?
(Remind me|Tell me again), how do I look into a model file?
How many layers (has|are in) my model, and how do I (see|find out)?
How do I find out the (number of layers|type|format) of (a|my) model file?
I'd like the (details|data|facts) of (a|this) model file. What do I run?
(Details|Contents|Properties|Metadata) of a model file?
(Peek|Look) inside a (GGUF|model file), (how|which command)?
How do I (print|show) the (metadata|header|contents) of a (model|GGUF)?
Is there a (tool|command) (that shows|to show) what a model file (contains|holds)?
What do I (type|enter|run) to (inspect|examine) a model?
(Exact|Full) command for (inspecting|looking into) a model?
(I forgot|I can't remember) the command that shows the (shapes|tensors).
Someone gave me a model without a (word|name). How do I (identify|examine) it?
Let me (see|inspect) (the|my) model file(, how|: command)?
How (heavy|large) will the (share|part) of each rank be in memory?
I must plan the memory (per|of each) rank. Which command tells me?
Is my file a Q8_0 or a Q4_0? How do I (see|check|find out)?
Which (quantization|architecture|type) does this file have? How do I (see|check)?
How can one (view|study) a model file without (running|loading) it?
Memory need of (each|every|one) rank, (how do I see it|which command)?
A list of the tensors (in|of) my (file|model), (please|how)?
Can I (look|peek) into the model before I run it?
How many bytes (must|will) each machine (hold|load)(| for this model)?
? Which command tells what a model file is?
? With which command can I look inside a file?
"""),
    ("random weights",
     "It makes a model of a known shape with random weights, good for measuring.",
     "lantern synth|the command synth|the command lantern synth|synth", """
What does (lantern synth|the command synth|synth|the command lantern synth) (do|make|write|produce)?
How do I (make|get|write|generate) a model (of|with) random weights?
How do I (get|make) a model without (a download|downloading one|the internet)?
What is (the command synth|lantern synth|synth) (for|good for|used for)?
@ask what (lantern synth|synth) (does|makes|is for)
@how (make|get|generate) (a model of random weights|a random model for measuring|a made-up model)
@command (make|generate|write) a (model of random weights|random model|model for measuring)
Can I (measure|benchmark|test the speed) without (a real|a trained|a downloaded) model?
(Which|What) command (makes|writes|generates) (a random model|a model of random weights|\
random weights)?
(synth|lantern synth|random model) (command|syntax|usage)
What (kind|sort) of (model|file) does (synth|lantern synth) (make|write|produce)?
Are the weights of (lantern synth|synth|a synth model) (random|trained|real|good for a chat)?
(I have no|I don't have a|I want no) (real |)model (yet|at hand). (What can I measure with|\
Can I measure anyway|How do I measure)?
(Random weights|A random model): what (is that for|are they good for|is the use)?
Why would (I|anybody) (make|want|need) a model of random weights?
I only want to measure, not to (talk|chat). Where do I get a (dummy|fake) model?
I have no internet, but I need (some|any) model for a (benchmark|speed test).
(Is it true|Is it right) that (synth|lantern synth) makes (random weights|a random model)?
So (synth|lantern synth) (writes|makes) a model of (random|made-up) weights?
I (see|found) lantern synth (in the docs|among the commands). What (is it about|is it for)?
Someone told me to run (synth|lantern synth). What (will it do|do I get from it)?
(synth|lantern synth) in (simple|plain) words?
(Describe|Explain) (synth|lantern synth) (to a beginner|in one sentence).
The answers of my synth model are (nonsense|garbage). (Why|Is that normal)?
Can I (chat|talk) with a model (from|made by) (synth|lantern synth)?
How do I get a (dummy|fake|toy|test) model for (measuring|a benchmark)?
Without (downloading|fetching) 40 GB, how do I measure a (70B|large) (shape|model)?
I want to know the speed of a 70B model (without having it|before I download it).
(Invent|Make up) a model (of a given|with a known) shape, can Lantern do that?
(Fake|Dummy|Artificial) model (for measuring|for speed tests)?
Which command (invents|fabricates|builds) a model with random (weights|numbers)?
Is there a (tool|command) for models (of|with) random weights?
What (comes out|is the result) (of|when I run) lantern synth?
What's a model of random weights (useful|good) for?
A model full of random numbers, who (needs|wants) that?
Does synth (download|train|copy) a model, or what does it do?
What (use|sense) has (lantern synth|the command synth)?
What (shape|weights) does a model from synth have?
How do I (create|produce|fabricate) a random model?
Are models from (synth|lantern synth) (clever|useful for talk|trained)?
Could I (measure|time) a shape whose weights I don't have?
(The command|The tool) synth: (explain|what for)?
? How do I create a random model?
? Where do I get random weights to measure with?
"""),
    ("lantern tokenize MODEL",
     "Run this with the text on stdin: lantern tokenize MODEL", None, """
@how (see|print|show|list) the (tokens|token ids|ids) of (a text|my text|a sentence)
@how (tokenize|count the tokens of|get the tokens of) (a text|my text|a sentence|a file)
@how (get|print|see) the (ids|token ids|numbers) of (a text|my words|a sentence)
@command (tokenize a text|see the tokens of a text|print token ids|count tokens)
What does (lantern tokenize|the command tokenize|the command lantern tokenize|tokenize) do?
(What is|What's) (lantern tokenize|the command lantern tokenize|lantern tokenize for|\
the command tokenize)?
(Which|What) command (shows|prints|gives|lists) (token ids|the token ids|the tokens of a text|\
the ids)?
How can I (get|see|find) the ids of (a text|a sentence|my text)?
How do I (count|find the number of) the tokens (of a text|in a text|of my text|in my text)?
How many tokens (has my text|does my text have|are in my text)?
(What|Which) (ids|token ids|tokens) does (my text|a text|a sentence|my sentence) have?
@ask (how many tokens my text has|which ids a text has|which tokens a sentence has)
(tokenize|lantern tokenize|token ids) (command|syntax|usage)
(tokenize|count tokens of) (text|a text|a sentence)
(Command|Syntax) for (token ids|tokenizing|the tokens of a text)?
(Can|Does) Lantern (tokenize|print the ids of|show the tokens of) (a text|my text)?
I (have|wrote) a text and want (its ids|its tokens|its token ids|to see its tokens). (What do I \
run|What do I type|How)?
Which (subcommand|part) of lantern (tokenizes|prints token ids|counts tokens)?
(What|Which) numbers does a model make of my sentence? How do I (see|print) them?
I want to see how my sentence is (split|cut up) by the tokenizer. Which command?
Is my prompt (longer|shorter) than 500 tokens? How do I (count|check)?
How do I find out how many tokens (a letter|a file|my prompt|my essay) has?
Which (line|call) gives me the (ids|token ids)(| of a text)?
(Remind me|Tell me again), how do I get (the tokens|token ids) of a text?
Counting (the tokens of|tokens in) my (essay|prompt), (how|which command)?
I'd like to (look at|view|inspect) the tokens of (a word|one sentence).
Is there a (tool|command) (that counts|to count) the tokens of a text?
What do I (type|enter|run) to (count|see) (the tokens of my text|tokens)?
(Exact|Full) command for (tokenizing|counting tokens)?
(I forgot|I can't remember) the command that (tokenizes|prints token ids).
Let me see (the|my) tokens(, how|: command)?
How is (my text|this sentence) (tokenized|split) by my model? Which command shows it?
(Turn|Convert) my text into (ids|token ids), (how|which command)?
For (homework|a lesson) I must show the token ids of a sentence. How?
(Token count|Number of tokens) of (a file|my text|my prompt)?
(Show|Print|Give) me the token ids of a (sentence|text).
Where do I see which (pieces|ids) my (text|sentence) becomes?
How (can|does) one (see|display) the token ids of a word?
How do I run the tokenizer (alone|by itself|on a text)?
My text should (become|be turned into) token ids. What do I (run|type)?
Only the tokenizer, (no|not the) model run: which command?
My prompt may have too many tokens. How do I count them?
I want the list of (ids|tokens) for a (text|sentence). (Command|What do I run)?
Can I (see|get) the (ids|numbers) that my words (become|are turned into)?
Tokens in my (letter|text|file): (how do I count them|how many, which command)?
? Which command turns a text into ids?
? I want to know the ids of the tokens in my sentence.
"""),
    ("perplexity",
     "It computes the perplexity of a text: lantern score MODEL FILE",
     "lantern score|the command score|the command lantern score", """
What does (lantern score|the command score|score|the command lantern score) (do|compute|print|\
measure)?
How do I (measure|compute|get|calculate) (perplexity|the perplexity|the perplexity of a text)?
@how (score|rate) a text
@how (compute|measure|get) the perplexity of (a text|a file|a model|my model)
@command (compute perplexity|score a text|measure perplexity|get the perplexity of a text)
(Which|What) command (computes|measures|prints|gives) (the |)perplexity?
(What is|What's) (the command score for|lantern score for|score in Lantern|\
perplexity computed with)?
(score|lantern score|perplexity) (command|syntax|usage)
@ask what (lantern score|score) (does|is for|computes)
(Can|Does) Lantern (compute|measure|print) (perplexity|the perplexity of a text)?
How well does (a|my) model (predict|know|guess) (a text|a given text|a file)?
How do I (measure|test|check) (how well a model predicts a text|the quality of a model|\
the quality of quantized weights)?
(Perplexity|The perplexity), how do I (get|measure|compute) it?
Which (subcommand|part) of lantern (computes perplexity|scores a text|is for perplexity)?
(Compare|I want to compare) (two models|two quantizations) (on a text|by perplexity)(, how?|. How?)
(Is it true|Is it right) that (score|lantern score) (computes|gives) the perplexity?
(So if I understand|So), (score|lantern score) is for (the perplexity|perplexity)?
I (see|found) lantern score (in the docs|among the commands). What (is it about|is it for)?
Someone told me to run (score|lantern score). What (will it do|do I get from it)?
(score|lantern score) in (simple|plain) words?
(Describe|Explain) (score|lantern score) (to a beginner|in one sentence).
I need the perplexity for my (thesis|paper|report). (What do I run|How)?
Did quantizing (hurt|damage) my model? How do I (measure|test) that on a text?
Which of two models is better (at|on) my text? (How do I measure that|Which command tells)?
How (surprised|puzzled) is my model by a text? (Which command|How do I measure it)?
Which (line|call) (gives|prints) (me |)the perplexity?
(Remind me|Tell me again), how is perplexity (measured|computed)?
How do I (evaluate|judge|assess) a model on a (text|text file)?
(Evaluation|Quality test) of a model on a text?
Is there a (tool|command) (that computes|to compute) perplexity?
What do I (type|enter|run) for (the perplexity|perplexity)?
(Exact|Full) command for (scoring|the perplexity)?
(I forgot|I can't remember) the command for (perplexity|scoring a text).
What (comes out|is the result) (of|when I run) lantern score?
Let me (score|rate) my (file|text)(, how|: command)?
How (good|bad) is my model at (predicting|guessing) a text file?
(Measure|Test) the (quality|exactness) of my model on a file, how?
How is the perplexity of a (file|text) (obtained|found|calculated)?
Can I (get|have) the perplexity (with|from) Lantern?
What (use|sense) has (lantern score|the command score)?
I want a (number|figure) for how well my model (fits|predicts) a text.
Perplexity (wanted|needed), (which|what) command?
? How good is a model on a text?
? Can I get the perplexity of a file with Lantern?
"""),
    ("relative shares",
     "The flag --shares gives the ranks relative shares of the work, such as 3,2,2.", None, """
What does (--shares|the flag --shares|the option --shares|--shares 3,2,2|--shares 2,1) (do|mean|\
set)?
(Explain|Tell me about) (--shares|the flag --shares|--shares 3,2,2|the option --shares).
What is (--shares|the flag --shares|--shares 3,2,2|the option --shares)?
@how give (a|one|the faster|my fastest) {machine} (more|a larger part|more of the work|\
a bigger share)
@how (divide|split|distribute) the work (unequally|by hand|myself|in other proportions)
@how (set|change|choose|override|give) the shares(| by hand| of the ranks)
@how give (a|one|the slow|the weak) {machine} (less|less work|a smaller part|a smaller share)
What is --shares 3,2,2?
How do I give (a|one) machine (more|less) work?
What are shares(| of the ranks| in Lantern)?
(One|My) {machine} is (faster|stronger|better). What can I (do|set) (so that it does more|\
to give it more work|to use that)?
(Which|What) flag (sets the shares|divides the work unequally|gives one rank more work|\
overrides the shares)?
(Can|May) I (set|choose|fix|decide) (the shares|how much each rank does|who does how much)(|\
 myself| by hand)?
@can (give one rank more work|choose the shares|divide the work unequally|set who does how much)
(shares|--shares) (flag|option|meaning|syntax)
(unequal|relative|manual) (shares|division of the work)(?|, how?)
(I want|I'd like) (one rank|a {machine}|rank 0|the leader) to do (more|less) (than the others|\
of the work)(.|. How?)
(What|Which) option (is for|sets) (an unequal split|unequal work|relative shares)?
My (desktop|server) is twice as (fast|strong) as my laptop. How do I set that (by hand|myself)?
(I know better|I want to decide) how much work each machine gets. Which flag?
(Is it true|Is it right) that --shares (sets|gives) relative shares?
(So if I understand|So), --shares 2,1 gives the first rank (twice|double) the work?
I (see|found) --shares in the docs. What (is it about|does it do)?
I (passed|typed|set) --shares 3,1. What (does it change|have I set)?
--shares in (simple|plain) words?
(Describe|Explain) --shares (to a beginner|in one sentence).
Someone (told|advised) me to (add|use) --shares. What (will it do|does it do)?
What do the numbers in 3,2,2 (mean|say|stand for)?
The automatic (division|split) is (bad|not good) here. How do I set my own(| shares)?
How do I (overrule|replace) the automatic (division|shares)?
I want rank 1 to get (half|a third|most) of the work. Which (flag|option)?
(Spare|Relieve|Unburden) (my laptop|the slow machine): which flag gives it less work?
(Load|Burden) the (strong|fast) machine more, (how|which flag)?
My laptop is busy with other things. How do I (lighten|reduce) its share?
Which (option|switch) (says|fixes) who does how much?
How do I (tell|instruct) Lantern how to (weight|balance) the ranks?
(Balance|Weight|Proportion) the work by hand, (how|which flag)?
Can I give one (machine|rank) (double|twice|half) the work?
(Work|Load) (distribution|balance) by hand?
How do I (hand|assign) more layers or work to one rank (by a flag|by hand)?
(Two to one|Three to one|50 to 25) for my two machines: how do I set this?
Does Lantern let me (fix|dictate|choose) the (proportions|ratio) of the work?
The leader should do less than the (workers|others). Which flag (does|sets) that?
(Manual split|Own division|Custom division) of the work?
(Syntax|Usage|Format) of --shares?
? How can one rank do more than another?
? My fastest machine should do most of the work. How do I set that?
"""),
    ("the speed of their memory",
     "Machines of unlike speed get shares by the speed of their memory.", None, """
(Can|May) (the|my) {machines} be (different|unlike|of different speed|unequal)?
What if (one|a|some) {machine} is (slow|slower|old|weak|slower than the others)?
How is the work (shared|divided|distributed) (by itself|by default|automatically|\
among unlike {machines})?
How is the work shared?
Can I (mix|combine|use) (old and new|fast and slow|different|unlike) {machines}?
@can (mix|combine|join) (old and new|fast and slow|unlike|different) {machines}
(Do all {machines} need|Must all {machines} have) the same (speed|processor|hardware|CPU)?
What about {machines} of (unlike|different|unequal) speed?
(Must|Should) (all|the) {machines} be (equal|equally fast|the same|alike|of one kind)?
@if (the {machines} are different|one {machine} is slower|a {machine} is old|\
the {machines} have unlike speed)
@ask (how the work is shared|how Lantern shares the work|how shares are computed by default)
@ask whether (all machines must be equal|a slow machine is a problem|I can mix fast and slow \
machines)
(Does|Will) (a|one) slow {machine} (slow down|hold up|delay) (all|the others|everything|the rest)?
How does Lantern (decide|know|choose|find) (how much each {machine} gets|who gets how much|\
the shares|the parts)?
By what (are the shares|is each part|is the work of a {machine}) (chosen|decided|measured|\
computed)(| by default|)?
(I have|We have) (one fast and one slow|an old and a new) {machine}. (Does that work|What happens|\
How is the work shared)?
(mixed|unlike|different|unequal) (machines|hardware)(?|, does it work?|: does that work?)
Does a faster {machine} (get|do|take) more (work|of the work)(| by itself| automatically|)?
My PCs are of all ages. (Can they work together|Do they fit together)?
(Is it true|Is it right) that a faster machine gets a larger (share|part) by itself?
(So if I understand|So), the shares follow the speed of the memory?
I have a (weak|tiny) laptop and a (big|strong) desktop. (Do they match|Can both take part)?
One PC is ten years old. Will it (drag|pull) the others down?
Will my (slowest|oldest) machine (brake|spoil) everything?
By (what|which) (rule|measure) does Lantern (share|divide|split) the work?
How are the shares (found|computed|worked out) if I (say nothing|set nothing)?
If I (say nothing|set nothing), how much (work|of the work) does each machine get?
Does (each|every) machine get the same (amount of work|share)?
Is the work (split|divided) (evenly|equally) between the machines?
Does a slow machine get less(| work)(| by itself| without a flag)?
Do I need (twins|identical machines|the same PC many times)?
Must I buy (the same PC twice|equal machines)?
(Fast and slow|Old and new|Weak and strong) machines in one group, is that (okay|fine)?
Does Lantern (notice|know|take into account) that a machine is (slower|weaker)?
What (property|quality) of a machine (decides|determines) its share?
Is it the (processor|memory) speed that decides the shares?
Why does my (desktop|server) get more (work|layers) than my laptop?
Why does my old PC get (so little|less) work?
Our school has (different|all sorts of|many kinds of) PCs. Can they be (mixed|combined)?
(Automatic|Default) (shares|division of the work)?
Is the division of the work (fair|even|automatic)?
How does Lantern treat (unequal|unlike|mixed) machines?
A (Mac|server) next to an old PC, how is the work split (between them|by itself)?
Who gets the (lion's share|bigger part) of the work(|, and why)?
(Unequal|Unlike) machines: (who gets what|who does how much)?
? What if the machines are not the same?
? One of my computers is old and one is new. How will the work be shared?
"""),
]

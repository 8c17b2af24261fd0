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
? What if the machines are not the same?
? One of my computers is old and one is new. How will the work be shared?
"""),
]

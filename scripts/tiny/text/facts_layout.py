"""What Lantern is and promises, and how it spreads a model.

Each fact is (key, answer, topic or None, questions), as fact_frames reads them. All are true of
Lantern, as its README tells it.
"""

FACTS = [
    ("runs one Llama model on several machines",
     "Lantern is a program that runs one Llama model on several machines of a local network "
     "at once.", "Lantern|the program Lantern|this Lantern", """
What does (Lantern|this software|this program|this tool|the software) do(| exactly| for me| really)?
What is this (program|software|tool|thing|application)(| about| called Lantern)?
(What|Which) (program|software|tool) is this?
What is this program for?
(Which|What) (program|software) (are you part of|do you belong to|do you come with)?
What can (Lantern|this program|this software) do(| for me)?
What is the (task|job|function|main function) of (Lantern|this program|this software)?
What (kind|sort) of (program|software|tool) is (Lantern|this)?
@ask what (Lantern|this program|this software) (does|is about|actually does)
(What is|What's) Lantern (about|all about)?
I (just |have just |)(found|got|installed|downloaded) (Lantern|this program). What (is it|\
does it do)?
(Lantern|This program|This software): what does it do?
(Introduce|Present|Summarize) (Lantern|this program|the program).
Somebody (told me about|recommended|mentioned) Lantern. What (does it do|is it|is that)?
Lantern in (one sentence|a few words|short)(?|, please)
? What is the program that I am using?
? Say in a few words what Lantern does.
"""),
    ("too large or too slow",
     "It is made for models that are too large or too slow for one machine.", None, """
Why (should|would|do) (I|we|people|anybody) (use|need|want|take) Lantern?
What is Lantern (good|useful|helpful|needed) for?
When (do|would|should) I (need|use|want|choose) Lantern?
Why (use|take|need|combine|want) (several|many|multiple|more) {machines}?
Why would I (split|spread|distribute|divide) a model(| over several {machines}| at all)?
What is the (use|point|advantage|benefit|good) of (several|many|multiple) {machines}?
(Which|What) problem does Lantern (solve|address|remove|help with)?
For (which|what) (models|kind of models|sort of models) is Lantern (made|meant|built|intended)?
Why not (just|only|simply) (use |take |)(one|a single) {machine}?
@ask why I should (use|need|take) Lantern
@ask (why I need several {machines}|what the use of many {machines} is|why one needs several \
{machines})
@ask what problem Lantern solves
What (do I gain|is gained|is the gain|do I win) (from|by|with) (several|many|more) {machines}?
Why is (one|a single) {machine} not enough(| for a model)?
What is the (advantage|benefit|use) of Lantern(| over one machine)?
(Who|What kind of people) (needs|should use) (Lantern|a program like this)?
(For what|To what end) (do I need|would I use|should I use) (Lantern|several machines)?
(One|A single) {machine} is (enough|fine|good enough) for me. Why (should I use more|Lantern|more)?
Why was Lantern (made|written|built|invented|created)?
What was Lantern (made|written|built|created) for?
? When is Lantern useful?
? What good does it do to run a model on several computers?
"""),
    ("same logits, bit for bit",
     "One answer means: the same model, prompt and seed give the same logits, bit for bit, on "
     "any layout.", "one answer|the promise of one answer", """
What is (Lantern's promise|the promise of Lantern|Lantern's guarantee)?
What does Lantern (promise|guarantee)(| about answers| about results|)?
Is the (answer|result|output) the same (on|with|for) any number of {machines}?
(Does|Will|Can) the (answer|result|output) (change|differ) (with|on) more {machines}?
Will the (answer|result|output) be different (with|on) more {machines}?
(Do|Will|Would) I get the same (answer|result|output|text) (on|with) (two|three|several|\
more) {machines}?
What is the promise of one answer?
Do I get the same answer on (two|three|several|more) machines?
(Are results|Is the result|Are answers|Is an answer|Is the output) (reproducible|repeatable|\
deterministic)?
Can (I|one|we) (reproduce|repeat|get back) (a result|an answer|the same answer|an old result)?
Do (one machine|a single machine) and (two|three|several) {machines} (give|\
write) the same (answer|result)?
@ask whether (the answer is the same on several|the result changes with more|\
answers depend on the number of) {machines}
@ask what Lantern (promises|guarantees)
@can (reproduce|repeat) (a result|an answer|a run)
Does the (layout|number of machines|number of ranks|splitting) (change|affect|\
influence) the (answer|result|logits)?
(Do|Will) (the logits|the bits|the numbers) (differ|change) (with the layout|between layouts|\
from layout to layout)?
Are (answers|results|the logits) (identical|equal|the same) on (every layout|all layouts|\
each layout)?
Is (it|the computation|the arithmetic|Lantern) (exact|deterministic|bit exact|reproducible)?
(Same|The same) (seed|seed and prompt), (same|the same) (answer|result)?
If I (repeat|run again) the same (prompt|question) with the same seed, (what do I get|\
is the answer the same)?
(Does|Will) (tp|pp|splitting the model|tensor parallelism|a pipeline) change (the answer|\
the result|what it writes)?
? Will two layouts give the same result?
? If I add one more machine, will I still get the same answer?
"""),
    ("adds up the partial sums",
     "Tensor parallelism divides the work of every token: each rank computes a part of every "
     "layer and adds up the partial sums.",
     "tensor parallelism|TP|--tp|the flag --tp|tensor parallel", """
How does (tensor parallelism|--tp|the flag --tp) (work|function|divide the work|split the model)?
What does (--tp|the flag --tp|the option --tp|tensor parallelism|--tp 2|--tp 4) (do|mean|\
stand for|divide|set)?
How is (a|one|each|every|a single) layer (split|divided|shared|cut up) (among|between|\
over) (ranks|{machines})?
How is (a|one|every) layer split?
How do (two |several |many |)({machines}|ranks) (share|split|divide) (one|a single|every) layer?
What is (tp|tensor parallel|the tensor parallel layout|a tensor parallel model)?
What does (tp|TP|tensor parallel) (mean|stand for)?
@ask how (tensor parallelism|--tp) works
@ask what (--tp|the flag --tp|tensor parallelism) (does|means)
What happens (with|in|under) tensor parallelism?
What does each rank (do|compute) (with|in|under) (tensor parallelism|--tp)?
(Which|What) flag (divides|splits) (every layer|each layer|the work of every token|\
all layers in themselves)?
(Which|What) kind of parallelism (splits|divides) (every layer|each layer|the work of a token)?
(What is added up|Why are partial sums added up) (in|with) tensor parallelism?
(Explain|Describe) (the way|how) (--tp|tensor parallelism|tensor parallel) (works|splits the work).
How do ranks (work together|cooperate) on (every|each|one) token?
(flag|option) --tp(?| meaning| explanation)
(Splitting|Dividing) (each|every) layer (over|among) the ranks: (how does that work|\
what is that called)?
? How does tp work?
? What happens to each layer if I use --tp?
"""),
    ("divides the layers",
     "Pipeline parallelism divides the layers: each stage computes some layers and hands over "
     "to the next.", "pipeline parallelism|PP|--pp|the flag --pp|a layer pipeline", """
How does (pipeline parallelism|a pipeline|--pp|the flag --pp) (work|function|divide the model|\
split the model)?
What (is a pipeline|is a pipeline of layers|are pipelines|are the stages of a pipeline)?
What does (--pp|the flag --pp|the option --pp|pipeline parallelism|--pp 2|--pp 3) (do|mean|\
stand for|divide|set)?
How does a pipeline of layers work?
How are (the|all) layers (divided|distributed|spread|handed out) (among|over) (stages|the stages|\
the ranks|the {machines})?
How are the layers divided?
What is (pp|a stage|a pipeline stage|a stage of the pipeline|pipeline parallel)?
What does (pp|PP|pipeline parallel|pipeline|stage) (mean|stand for)?
@ask how (pipeline parallelism|--pp|a pipeline) works
@ask what (--pp|the flag --pp|a pipeline|a stage) (does|means)
What does (a|each|every|one) stage (do|compute|hand over)(| in a pipeline)?
What happens in (a pipeline|pipeline parallelism|every stage of a pipeline)?
(Which|What) flag (gives some layers to|puts some layers on|gives a few layers to) each {machine}?
(Which|What) kind of parallelism (divides the layers|works in stages|has stages)?
(Explain|Describe) (the way|how) (--pp|pipeline parallelism|a pipeline) (works|divides the layers).
(Does each|Can each) {machine} (compute|have|take) (some of the layers|a few of the layers|\
its own layers)?
(flag|option) --pp(?| meaning| explanation)
How do (stages|the stages of a model|layers on different machines) (hand over|work together|\
follow each other)?
(Some layers here, some layers there|The first layers here, the last ones there): (how does that \
work|what is that called)?
? How does pp work?
? When I use --pp, what does each machine get?
"""),
    ("where links are fast",
     "Use tensor parallelism where links are fast, and a pipeline where the network is slow.",
     None, """
(Which|What) (layout|kind of layout|split|parallelism) (should|shall|do) I (use|choose|take|pick)?
Should I (use|take|choose|pick|prefer) (tp or pp|pp or tp|a tensor or a pipeline layout|\
--tp or --pp)?
When (should|do|would) I (use|choose|take|prefer) (tensor parallelism|tp|--tp)?
When (should|do|would) I (use|choose|take|prefer) (a pipeline|pp|--pp|pipeline parallelism)?
(Tensor or pipeline|Pipeline or tensor) parallelism?
(What|Which) is (better|best|right|faster)(,|:) (tp or pp|pp or tp|--tp or --pp|\
tensor or pipeline parallelism)?
Which is better, (tensor parallelism|--tp|a tensor layout) or (a pipeline|--pp|\
pipeline parallelism)?
How do I (choose|pick|find|decide on) (the layout|a layout|the best layout|the right layout)?
(Which|What) layout is (best|right|good|better|fastest)(| for me| for my network| for my machines)?
@ask (which|what) layout (is best|I should use|to use|is right for me)
@ask whether (to use|I should use|it is better to use) tp or pp
@how (choose|pick|find) (the right|the best|a good) layout
Is (tp|tensor parallelism|--tp) (better|faster) than (pp|a pipeline|--pp|pipeline parallelism)?
What is the difference between (tp and pp|--tp and --pp|a pipeline and tensor parallelism) (in \
practice|in use|when I choose)?
(For which|For what|On which) (networks|links|network) is (a pipeline|tensor parallelism|tp|\
pp) (good|right|better|best)?
My network is (slow|fast|very fast|very slow). (Which layout|tp or pp|Which layout is best|\
What layout should I use)?
(I have fast links|My links are slow|I have a fast network|My switch is fast)(. Which layout|\
, which layout|: which layout|. tp or pp)?
(tp|--tp) (vs|versus|or) (pp|--pp)?
(Recommend|Suggest) (a layout|the best layout|a good layout)(| please).
What (decides|determines) (the layout|which layout is better|whether tp or pp is better)?
? How do I choose between tp and pp?
? I cannot decide between --tp and --pp.
"""),
    ("the leader",
     "Rank 0 is the leader: it has the model file, reads what you type, and samples every "
     "token.", "rank 0|the leader|rank zero", """
What does (rank 0|the leader|the first rank|the leading machine) do(| in a run| exactly)?
(Which|What) {machine} is (rank 0|the leader|the first rank)?
Who is (rank 0|the leader|number 0|the boss of the group)?
What is the (job|task|work|duty|function) of (rank 0|the leader|the leading {machine})?
What is (special|different|particular) about (rank 0|the leader)?
@ask (what the leader does|who the leader is|what rank 0 does|which machine is the leader)
(Which|What) rank (samples|samples the tokens|reads what I type|has the model file|leads|\
is the leader)?
(Who|Which rank|Which {machine}) (samples|chooses|draws) (every token|the tokens|the next token)?
Who (reads what I type|leads the group|is in charge|is in command)?
(Is rank 0|Is the leader) (special|more than a worker|the first|different from the others)?
How (is rank 0 different|is the leader different|does the leader differ) from (a worker|\
the others|the other ranks)?
Is (rank 0|the leader) the {machine} where I (type|sit)?
What does it mean for a {machine} to be (the leader|rank 0)?
(What|Which) (things|work) (must|can) only (the leader|rank 0) do?
Why is (there a leader|rank 0 called the leader|one rank the leader)?
? What is the role of the leader?
? What does a machine do as the leader?
"""),
    ("one member of the group",
     "A rank is one member of the group: a process with a number, which computes its part of "
     "the model.", "a rank|+ranks|one rank", """
What are ranks(| here| in Lantern)?
What does (rank|the word rank|the term rank) mean(| here| in Lantern|)?
What is (a rank in Lantern|a rank here|one rank|the meaning of rank|a rank good for)?
What is (the number of a {machine}|a numbered process|a process of the group|\
a member of the group) called?
What is meant by (rank|the word rank|ranks|a rank)?
What does (a|each|every|one) rank (do|compute|stand for)?
@ask what (a rank is|ranks are|rank means|each rank does)
Is a rank a (process|{machine}|program|thread|number)?
Why (are the processes|are the members) (called ranks|numbered)?
(What|Which) (thing|process) is called a rank?
(The|Your) (messages|statistics|texts|docs) (speak of|say|mention) ranks. What (are they|is meant|\
is a rank)?
(rank|ranks) (meaning|definition|explained)
What do (ranks|the ranks|all ranks) (do|compute|have)?
(Rank 1|Rank 2|Rank 3): what (is that|does that mean|is a rank)?
How (is a rank|are ranks) (defined|to be understood)?
? What are the ranks of a run?
? When you speak of a rank, what is it?
"""),
    ("lends its machine",
     "A worker lends its machine to the leader and computes its part of the model.",
     "a worker|the worker|+workers|lantern worker|the command lantern worker", """
What does (a|the|each|every|one) worker do(| in Lantern| all the time| exactly)?
What are workers(| good for| there for| in Lantern)?
What is the (job|task|work|duty|purpose|function) of (a worker|the worker|workers|each worker)?
What does (lantern worker|the command worker|the command lantern worker|the worker command) do?
@ask what (a worker does|workers do|a worker is|workers are|lantern worker does)
What is (a worker good for|the worker for|a worker for|lantern worker for)?
What (happens on|runs on|does Lantern do on) (a worker|the worker|the workers)?
(What|How much) does a worker (compute|calculate|contribute)?
How does a worker (help|help the leader|contribute|take part)?
(What|Which things) (do|can) workers (do|compute|contribute)?
(Is a worker|Is the worker) (a {machine}|a person|a program|a rank|a process)?
(Why do I need|Why would I need|Why do we need|Why are there) workers?
What do (I|we) need workers for?
How is a worker different from (the leader|a leader)?
How does (a worker|the worker) (differ|distinguish itself) from the leader?
(worker|workers) (meaning|definition|explained)
(The leader waits|It waits|The chat waits) for workers. What (are they|are workers|is a worker)?
? What is the role of the workers?
? What will my laptop do as a worker?
"""),
]

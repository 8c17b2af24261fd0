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
My (colleague|friend|boss) keeps (talking about|mentioning) Lantern. What is that thing?
(Never|I have never) heard of Lantern. (What's that|What is it all about)?
(Explain|Describe) Lantern to (a child|my grandmother|my boss).
What (sort of thing|thing) is this Lantern(| that you mention| that everybody mentions)?
(Is Lantern|Lantern is) a (lamp|light), right?
Is it true that Lantern (runs|can run) one model on several (machines|computers)?
So Lantern lets (computers|machines) (work together|cooperate) on one model?
Can (several|many) (computers|machines) run one model together(| with Lantern)?
What exactly (did I install|have I installed|have I started) here?
The icon says Lantern. What (happens|do I get) when I start it?
(Give|Write) me a (short description|summary) of (Lantern|the program).
(Basically|In essence|In plain words), Lantern is what?
I must (present|explain) Lantern to my (class|team). What do I say it (is|does)?
Is Lantern a (model|chatbot|database|web server), or what is it?
What is the (main idea|core idea) (of|behind) (Lantern|this program)?
(Lantern, lantern|Lantern, hm): what does it do with my (computers|machines)?
What is it that Lantern (does|brings about)?
Can you (outline|sketch) what (Lantern|this software) does?
(I read|I saw) the name Lantern (somewhere|on a poster). What is behind it?
(Does Lantern join|Does Lantern tie) several (computers|machines) into one?
What (work|service) does (Lantern|the program) (do|perform)?
The (admin|teacher) put Lantern on our (machines|computers). What is it?
(Definition|Short description|Summary) of Lantern?
So if I (understand|got it), Lantern is a program (for one model on a LAN|for a LAN)?
(What is going on|What happens) in a room full of (machines|computers) with Lantern?
In (which|what) (category|class) of software does Lantern belong?
What are (people|we) talking about when they say Lantern?
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
Why (bother|go to the trouble) with (more than one|a second) machine?
I have one (good|decent) computer. (What would Lantern bring me|Why would I want Lantern)?
(Convince|Persuade) me (to use|of) Lantern.
(Isn't|Is) one computer (plenty|sufficient)? Why use (many|several)?
(Is it worth|Does it pay) to (use|set up) Lantern(| at all)?
What (pain|trouble|need) made people (write|start|invent) Lantern?
(In which|In what) (cases|situations) does Lantern (make sense|pay off)?
A big model on one PC (takes|is) forever. Is that (what Lantern is for|a case for Lantern)?
(Is it true|Am I right) that Lantern is for models (too big|too slow) for one PC?
So Lantern (helps|is useful) when a model is too (big|slow) for one computer?
(Whom|Which users) is Lantern (for|made for|meant for)?
What (can't I|can I not) do without Lantern?
My (boss|wife) asks why we need (Lantern|several machines for a model). What do I say?
(The models that Lantern targets|The models Lantern was made for): what are they like?
For small models I (see no use|don't need Lantern), so (what is it for|when do I need it)?
What's in it for me when I (use|take) Lantern?
Give me a (reason|motive) to (use Lantern|put several machines together).
(When|In what case) is one machine (too little|no longer enough) for a model?
I could (just|simply) run a model on one PC, (couldn't I|right)? Why Lantern?
Why would (a company|a school) (spread|put) one model over (many|several) computers?
(Benefits|Advantages|Reasons) of (Lantern|running on several machines)?
(Who profits|Who benefits) from (Lantern|several machines for one model)?
What is Lantern the (answer|solution) to?
Do (I|we) need Lantern if the model runs (well|fast) on one (PC|machine)?
What (is the motive|is the reason) (for|behind) Lantern?
What kind of models (call for|demand|ask for) (Lantern|several machines)?
(Sell|Advertise) Lantern to me: what do I (gain|win)?
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
Yesterday one machine, today (three|four). (Will I see|Do I see) the same text?
I (took away|removed) a machine. (Does the text|Will the answer) stay (the same|identical)?
For my paper I need (reproducible|repeatable) (results|output). (Is that given|Do I get that)?
If (my colleague|a friend) runs the same prompt and seed, (will he see|does he see) my answer?
(Is it true|Is it right) that the result does not depend on the (layout|number of machines)?
Are there (rounding|floating point) differences (between layouts|on more machines)?
Adding floats in another order gives other bits. (How about Lantern|Does that happen here)?
Two (laptops|machines) or one, the (words|logits) (stay|are) the same?
I (fear|am afraid) that the answer (differs|changes) when I use more (machines|ranks).
Can I (rely|count) on getting (the same|identical) logits (everywhere|on every layout)?
Does (chance|luck) play a role when the seed is the same?
(Same prompt|Same question), other layout: will the (text|answer) be another?
(Explain|What is meant by) "one answer"(| in Lantern).
Is there any (random|unpredictable) (difference|change) between runs with one seed?
With --tp 2 I got an answer. (Will|Would) --pp 2 (give|bring) the same(| one)?
(Bit for bit|Down to the bit) (the same|identical), is that (true|a promise)?
Will a different number of (machines|ranks) (spoil|alter) my (results|text)?
So (no matter|regardless) how many (machines|ranks), the answer is one and the same?
How (exact|faithful) is the (split|distributed) computation compared with one machine?
(Is the output|Is the text) (bitwise|exactly) (equal|identical) on all layouts?
Must I use the same layout to get (my old answer|the old result) again?
A (test|paper) demands the same output (each|every) run. (Can Lantern do that|Is that possible)?
(Does|Will) it (matter|make a difference) for the text how the model is split?
(Determinism|Reproducibility|Repeatability) of the (answers|output)?
Why can I (trust|believe) that four machines (say|write) what one would (say|write)?
What (stays|is) the same when model, prompt and seed (are|stay) the same?
I get (one|the same) answer however I split the model, (right|or not)?
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
If all machines (work|compute) on the same token at once, how is that (done|organized)?
(Several|Four|Two) ranks, one layer: who (computes|does) what?
How can (two|four) ranks (compute|do) the same layer (at once|together|in parallel)?
With --tp every rank has a (slice|piece) of each layer, and then (what|what happens)?
(Is it true|Is it right) that with --tp all ranks work on every (token|layer)?
I (set|passed|typed) --tp 2. What does (the program|Lantern) do (with it|now)?
The docs (say|mention) --tp. What is (behind it|it about)?
(So if I understand|So), --tp cuts (each|every) layer into (pieces|parts)?
Where do the partial sums (come from|arise)(| in --tp)?
Who adds the partial (sums|results) (of the ranks|together)?
In (my lecture|a talk) they mentioned tensor parallelism. (What was that|What is it)?
What is the (principle|idea|mechanism) (of|behind) (tensor parallelism|--tp)?
Does tensor parallelism (cut|slice|split) (the layers|every layer) (across|among) the ranks?
Can one layer be (cut|sliced) into (parts|pieces) for several (machines|ranks)?
What (are the ranks|is each rank) busy with (under|with) --tp?
(Summarize|Sum up) (tensor parallelism|--tp) in (a sentence|one line).
Under --tp, (is a rank|are the ranks) idle (while others work|at times)?
In --tp 4, what (share|portion) of a layer does (one|a) rank (hold|compute)?
What must the ranks (exchange|send each other) (under|with) (--tp|tensor parallelism)?
How do four ranks finish one token (together|in common)?
A layer is too (big|much) for one rank. How do (several|two) ranks (share|split) it?
(tp|tensor parallelism), in (simple|plain) words?
With tensor parallelism, does each rank have (all|a bit of all) layers?
(Which|What) parallelism has partial sums?
--tp or not: what (changes|is different) inside (a|each) layer?
What does a rank (do|compute) for (a single|each|every) token when tp is (set|on)?
What's going on in a (tensor parallel|tp) (run|group)?
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
(I set|I passed|I typed) --pp 2. What does (the program|Lantern) do (with it|now)?
The docs (say|mention) --pp. What is (behind it|it about)?
(So if I understand|So), --pp gives (each|every) machine (some|a few) of the layers?
(Is it true|Is it right) that in a pipeline each machine holds only (some|a few) layers?
Like (in a factory|on an assembly line): is that how (--pp|a pipeline) works?
The model has (16|32) layers and I use --pp 2. Who (gets|computes) (which ones|which layers)?
(Which|What) layers does the second (stage|machine) of a pipeline (get|have|compute)?
In (my lecture|a talk) they mentioned pipeline parallelism. (What was that|What is it)?
What is the (principle|idea|mechanism) (of|behind) (a pipeline|--pp)?
(Summarize|Sum up) (pipeline parallelism|--pp) in (a sentence|one line).
(pp|pipeline parallelism), in (simple|plain) words?
One machine has the first half of the layers, another (the second|the rest): what is that?
What does a stage (pass|give|send) (on|to the next stage|to the one after it)?
Who gets the (result|output) of the first stage?
After stage one (is done|has finished), (who goes on|what follows)?
(Can|Could) the layers be (shared out|spread) so that each machine (holds|has) a few?
What's going on in a (pipeline|pp) run?
How do the stages (follow|hang together|fit together)?
(Stage 1|Stage 2) (means|is) what?
What is (each|every) machine (busy with|doing) in a (pipeline|chain of stages)?
(Do|Must) the stages of a pipeline wait for (each other|the one before)?
In --pp 3, (what|how much) does one (rank|stage) (hold|compute)?
A chain of machines, each with its layers: (how|why) does it work?
Does a pipeline (cut|divide) the model (between|by) layers?
What does it mean to run a model as a (pipeline|chain of stages)?
How does the (work|token) travel through (a pipeline|the stages)?
(Describe|Explain) a pipeline (stage|of stages) to (a child|a beginner).
Does --pp (hand out|deal out|distribute) (whole|complete) layers?
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
(I can't|I cannot) decide between (tp and pp|--tp and --pp).
(Help me|Please help me) (choose|decide) between (--tp and --pp|tensor and pipeline).
We have a 10 gigabit (switch|network|link). (--tp or --pp|Tensor or pipeline)?
Our network is only (100 megabit|1 gigabit). (--tp or --pp|Tensor or pipeline)?
(--tp|--pp) or the other one(|, which is wiser)?
What (depends|hangs) on the speed of the links(|, tp or pp)?
Is it (wise|smart) to use (tensor parallelism|--tp) on a (slow|fast) network?
Is it (wise|smart) to use (a pipeline|--pp) on a (slow|fast) network?
Which parallelism (suits|fits) a (slow|fast) (network|link|switch)?
Which of (the two|both) layouts (is for|suits) (fast|slow) links?
(So|So if I understand,) tp for fast links and pp for slow ones?
(Is it true|Is it right) that a pipeline is better (on|for) slow (links|networks)?
(Is it true|Is it right) that tensor parallelism (wants|needs) fast links?
(What is your advice|What do you advise): tensor or pipeline?
Our admin (asks|wonders) (whether|if) --tp or --pp (fits|suits) our network.
(Rule of thumb|A simple rule) for (tp or pp|the layout|choosing a layout)?
I (don't know|am not sure) which layout (fits|suits) (me|my network|us).
When is (--pp|a pipeline) the (wiser|better|right) choice(| over --tp)?
When is (--tp|tensor parallelism) the (wiser|better|right) choice(| over --pp)?
How does the network (speed|quality) (decide|influence) the (layout|choice of layout)?
Fast (cables|links) (here|between the machines). Is --tp (right|good) then?
(Pros and cons|Strengths and weaknesses) of tp and pp?
Does a fast (link|network) (speak|argue) for (tp|tensor parallelism|a pipeline)?
(Choice|Choosing) of layout: what (counts|matters)?
(On|For) a slow (link|switch), what would you (take|choose), tp or pp?
I (use|have) --tp. Would --pp be (better|wiser) (here|for me)?
Both flags (divide|split) the model. Which one (when|to choose)?
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
The machine I type on, (what is its role|what does it do that others don't)?
Who (gives the orders|has the say|is the chief) in (the|a) group(| of ranks)?
Rank 0 (seems|looks) to do more than the others. (What is it|What exactly)?
(Is it true|Is it right) that (rank 0|the first rank) is the leader?
(So if I understand|So), the leader is the one that (samples|reads my text)?
(Among|Of) all the ranks, which one (samples|holds the model file|leads)?
One (machine|rank) is called leader. What (makes it one|is its part)?
(Rank 0|The leader), (explain|describe) it (to me|please).
On which rank is the (next |)token (picked|chosen|sampled)?
Where does (the sampling|sampling) (happen|take place)?
What (role|part) does (rank 0|the leader) (play|have)?
(Do all ranks sample|Does every rank sample), or only one?
My machine (got|has) the number 0. What is its (job|duty)?
What (duties|tasks) (has|come with being) the leader?
Why is the number 0 (important|special) (among|for) the ranks?
(Which|What) machine is the (head|chief|master) of the (group|run)?
(Master|Coordinator|Head node): is there (one|such a thing), and what does it do?
Who (picks|decides on) (each|every) token (in a group|when several ranks run)?
(Define|Definition of) (leader|rank 0)?
Someone said "the leader". (Whom|What) did he mean?
In a run with (three|four) ranks, who is the leader and what (for|does it do)?
What (distinguishes|separates) (rank 0|the leader) from the (rest|other ranks)?
Does my input go to (rank 0|the leader)(| first)?
If rank 0 is (missing|absent), what (work|job) is not done?
(leader|rank 0) (role|duties|tasks)
Is the leader (a boss|a coordinator|only a name), or what?
The one (machine|rank) that (leads|is in front): what does it do(| all day)?
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
(Rank|The word rank) is (new|unknown) to me. (Please explain|What is it)?
In the army a rank is a (title|grade). And (here|in Lantern)?
(Is it true|Is it right) that a rank is just (a process|a process with a number)?
(So if I understand|So), a rank is (one process|a member of the group)?
What do you (call|mean by) a rank?
The log (shows|prints) "rank 3". (What does rank stand for|What is a rank there)?
Why does (each|every) process (have|get) a rank(| number)?
Does (each|every) (rank|process) have a number of its own?
What does a rank (consist of|amount to)?
(Can|Could) two ranks (live|sit) on the same machine, or what is a rank?
I (read|see) (rank|ranks) (all over the docs|on every page) and don't know the term.
What is one (process|participant) of (the|a) run called?
(Describe|Explain) the (notion|idea|term) of a rank.
Someone said "rank". (What did he mean|What is that supposed to be)?
Are (ranks and machines|a rank and a machine) the same(| thing)?
A rank, is that a (machine|process|core), or (what|something else)?
(Glossary|Dictionary): rank?
How (would|do) you (define|explain) a rank?
(Ranks|A rank) in (simple|plain) words?
How does a rank (relate|belong) to the group?
The (parts|members) of a group in Lantern are called (what|how)?
What does the number of a rank (stand for|belong to)?
We have four ranks, it says. Four (of what|what)?
(The term|The expression) rank (confuses|puzzles) me.
Does a rank (compute|do) (the whole model|a part of the model|its own part)?
What am I to (understand|imagine) (by|under) a rank?
(Every|Each) process got a number. (Is that|Do you call that) a rank?
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
What does my laptop do once it (is|has become) a worker?
(Is it true|Is it right) that a worker (lends|gives) its machine to the leader?
(So if I understand|So), a worker only (lends|offers) its machine?
(Before I say yes|Before I agree): what does my machine do as a worker?
They (asked|want) me to start a worker on my PC. What does it do (there|with my PC)?
The docs (say|mention) workers. (Who or what is that|What is meant)?
What (role|part) does (a|the) worker (play|have)?
Being a worker, what does (that|it) (mean|involve) for a machine?
(Worker|A worker) in (simple|plain) words?
(Describe|Explain) a worker (to a child|to a beginner|in one sentence).
Does a worker (compute|calculate) (something|a part of the model) for the leader?
What (use|good) is a worker (to|for) the leader?
To whom does a worker (lend|give|offer) its machine?
What is a worker (busy with|occupied with)(| during a chat)?
Someone (called|calls) my PC a worker. What does he mean?
What (work|job) (is left to|falls to|goes to) the workers?
(Define|Definition of) worker?
What is the (idea|sense) of (having workers|a worker)?
Does a worker just (wait|sit there), or does it (compute|help)?
I (see|found) lantern worker among the commands. What is it (about|there for)?
How does a worker (serve|assist) the leader?
What does the leader get from (a|its) worker?
(A helper machine|A machine that helps the leader): what is its work?
My PC runs (as a worker|lantern worker) now. What is it doing?
Worker: (friend or boss|servant or master) of the leader?
(Which|What) part of the model does a worker (compute|take care of)?
What (would|do) I offer when my machine (becomes|is) a worker?
Does a worker do more than (lend|offer) its machine?
? What is the role of the workers?
? What will my laptop do as a worker?
"""),
]

"""How machines join and get their weights.

Each fact is (key, answer, topic or None, questions), as fact_frames reads them. All are true of
Lantern, as its README tells it.
"""

FACTS = [
    ("lantern worker --join HOST:PORT",
     "Run this on the new machine: lantern worker --join HOST:PORT", None, """
@how (add|attach|connect|bring in|hook up) (a worker|another worker|another {machine}|\
one more {machine}|a second {machine})
@how (start|run|launch|set up) (a worker|another worker|a second worker|the workers)
@how (join|use|lend|include) (a second|another|one more|my other) {machine}
@how make (a {machine}|my laptop|another {machine}|this {machine}) a worker
@command (start|add|join|connect|launch) (a worker|another worker|a second {machine}|\
another {machine})
(How do I|How can I) (add|connect|join|lend) (a worker|a machine|another machine|a second computer)?
How does (a|another|a second|a new) {machine} (join|take part|come in|connect to the leader)?
How do (workers|other {machines}|more {machines}) (join|take part|connect to the leader|come in)?
(What is|What's) the (command|syntax|call) (for|of) a worker?
How can a second {machine} (help|take part|contribute|be used)?
(Add|Attach|Connect|Join) (a worker|another {machine}|a second {machine})(, how?|: how?|, please.|.)
(I have|I own|There is) (another|a second|an old|a spare) {machine}. How do I (add|use|attach|\
join) it?
(I have|We have) (two|three|four|several) {machines}. How do I (connect|join|combine|link) them?
What do I (run|type|start|enter) on the (other|second|new|worker) {machine}?
How can my (laptop|old laptop|desktop|other {machine}) (join|help|take part|become a worker)?
(worker|lantern worker) (join|start|launch) (command|syntax)
(add|join|attach) (worker|machine|another machine)
(How does|How can) a worker (find|reach|join) (the leader|my leader|a run)?
(Command|Syntax) for (a worker|joining|a new worker|another {machine})?
My (laptop|old PC|desktop|server) (shall|should) (help|join|be a worker|take part)(. How?|, how?|\
. What do I type?)
Two PCs (stand|are) here and only one (works|is used). How do I get the other one in?
I (bought|found|got) another computer. How does it (become part of|get into) the group?
(The kids' PC|My old laptop) is idle. How can it (lend a hand|contribute) to the run?
The leader is (running|up) already. What do I (execute|start) on the (helper|second PC)?
(What|Which) (line|call) makes (this|a) PC a worker?
(Remind me|Tell me again), how is a worker (started|launched)?
I want (my friend's|my brother's) PC to (help|take part). (What must he type|What does he run)?
More power please: how do I (put|get) one more computer (to work|into it)?
(Expand|Extend|Grow) the group by one machine, how?
Where it says HOST:PORT, (which|what) command was that (for the worker|on the worker)?
How do I (use|write) --join?
What (is --join for|is the flag --join for|does --join do)?
(Is there|Isn't there) a command that (makes|turns) a machine (into |)a worker?
(Three|Four) PCs should work together. What do I start on the (helpers|others)?
(The|My) leader (wants|needs|expects) one more worker. How do I give it one?
(Exact|Full) command for (the worker side|the helper machine)?
I sit at the (second|other) machine now. What do I (type|run) here?
(A colleague|My sister) (offers|lends) me her PC. How is it (attached|hooked up)?
How do I make (this|the) laptop (serve|work for) the leader?
How can I (plug|bring) a new node into (the|a running) group?
(Node|Machine|Helper) (joining|adding)(| command)?
On the worker, (what|which command) is (entered|to be typed)?
(Connect|Hook) my (second|spare) PC (to|up with) the leader.
A new machine is ready. (How|With which command) does it (report|connect) to the leader?
How can I (enlist|recruit) (another PC|more PCs|a friend's laptop)?
It's my first worker. What do I (run|start) on it?
I don't know how to (attach|enlist) a (helper|worker). Which command?
? Which command makes a machine a worker?
? My second computer should become a worker. What do I start there?
"""),
    ("lantern chat MODEL --workers N",
     "Run this where you sit: lantern chat MODEL --workers N", None, """
@how (chat|talk to a model|have a chat) (with|on|over|across|using) (several|two|three|many|\
multiple) {machines}
@how (start|run|begin|open) a chat (with workers|over the network|on the whole LAN|\
with other {machines})
@how (start|run|launch) the leader(| of a chat)
@how (wait for|chat with|use) (workers|two workers|three workers|the workers|N workers) in a chat
@command (chat with workers|start the leader|chat on several {machines}|wait for workers)
How do I wait for workers?
(How do I|How can I) chat (on|with) (several|two|three) (machines|computers)?
What does (--workers|the flag --workers|the option --workers|--workers 2|--workers 3) (do|mean|set)?
How does the leader (wait for|know of|get|count) (workers|its workers|the workers)?
Which command chats with (N|two|several|three) workers?
(Explain|Tell me about) (--workers|the flag --workers|the option --workers).
What is (--workers|the flag --workers|the option --workers)?
What do I (run|type|start|enter) (on the leader|where I sit|on the leading {machine}|\
on my own {machine} when workers join)?
(My|The) workers are (ready|running|started|waiting). (How do I chat|What do I run here|What now|\
How do I start the chat)?
How do I tell (the leader|Lantern|the chat) how many workers (there are|to wait for|will come)?
(leader|multi machine chat) (command|start|syntax)
(chat|conversation) (with|over) (several|two|many) (machines|workers)(?| command)
(Which|What) flag (sets|says|gives) (the number of workers|how many workers join|\
how many workers there are)?
(Command|Syntax) for (the leader|a chat with workers|a chat over the LAN)?
Can I (chat|talk) with a model (that runs on|spread over) (several|two|three) {machines}?
(I sit|I am) at the leader. What do I (type|run|enter)?
(Three|Two) workers are waiting for me. What do I (launch|execute) on my own (PC|machine)?
How do I (say|declare) that the chat should (expect|wait for) (two|three) workers?
I want to chat and let my (other PCs|workers) (help|compute too). What do I type here?
The worker (side is done|command runs). What comes on the side of the leader?
(Is it true|Is it right) that --workers (says|sets) how many workers (join|come)?
The chat should (spread|run) over (three|all my) machines. (How do I start it|Command)?
I (sit|am sitting) at the first machine. What (do I run|is the command) for a chat with workers?
I started lantern chat, but it (ignores|does not use) my workers. What did I (forget|leave out)?
(Which|What) option of (lantern chat|the chat) (brings in|uses|waits for) workers?
How do I chat with the help of (workers|other machines)?
(A group chat|A chat) of machines: what (must the leader|do I at the leader) type?
Where do I put the number of workers(| in the chat command)?
(Exact|Full) command for (the leader side|a chat on many machines)?
(The helpers|Both helpers|All helpers) are up. How do I begin the chat (with them|over them)?
(Which|What) command do I use to chat over (two|three|four) PCs?
My model is too big for this PC, so I want to chat (over|across) two. What do I type?
(Talk|Speak) to a model that uses all PCs (in|of) the (room|house), how?
How does the leader side of a (chat|run) (get started|begin)?
(Syntax|Usage) of --workers?
(Let|Make) the chat wait (for my two workers|until my two helpers are there).
(Chat|Chatting) with (four|many|all) PCs(, how|, command)?
How do I get a conversation going that (uses|includes) my workers?
(I know|I know how) to chat alone. But how with (two|three) workers?
On the leader, (what|which command) is (entered|to be typed)?
I (ran|started) lantern worker over there. And (here|on my side), what do I start?
Does lantern chat have (an option|a flag) for workers?
The number N of workers, in which command do I (write|give) it?
? What do I type to chat with two workers?
? Two workers will join me. How do I start the chat on my machine?
"""),
    ("lantern chat MODEL",
     "Run this: lantern chat MODEL", None, """
@how (start|open|launch) (a chat|a conversation|the chat|a simple chat)
@how (chat|talk|speak|converse) with (a model|my model|a language model|my own model)
@how (talk to|ask|question) (a model|my model|a language model)
@command (chat|start a chat|talk to a model|chat with a model|open a chat)
How do I (chat|start chatting)?
How can I (chat|have a conversation|have a chat|talk) with a model?
(What is|What's) the (command|call) (to chat|for a chat|for chatting|of the chat)?
(Which|What) command (starts|opens|launches) (a chat|the chat|a conversation)?
What does (lantern chat|the command chat|the command lantern chat|lantern chat MODEL) do?
(I have|I downloaded|I got) (a model|a model file|a GGUF file). How do I (chat with|talk to|\
talk with) it?
(Start|Open|Launch) a chat(, how?|: how?|.)
(chat|lantern chat) (command|syntax|usage)
(start|open) (chat|conversation)
(Where|How) can I (talk|speak) to (my|a) model?
(Command|Syntax) for (a chat|chatting|talking to a model)?
(Can|How can) Lantern (chat|hold a conversation|talk with me using my model)?
(I want|I'd like) (to chat|a chat|a conversation)(| with my model)(, what do I run?|\
. What do I type?|. Which command?)
How is (a|the) chat (started|opened|launched)?
Which (subcommand|part) of lantern (chats|is for chatting|is the chat)?
I (just|only) want to (chat|talk) on this one PC. (What do I type|Command)?
How do I get (into|to) the chat?
(What|Which) (line|call) gives me a chat(| window| prompt)?
Let me talk to my model(, how|; what is the command|; what do I enter)?
(Remind me|Tell me again), how do I (open|start) a chat?
(There is|I have) a GGUF on my disk and I want to (chat with|talk to) it.
How do I have a (talk|dialogue|chat) with the model I (downloaded|own)?
(My mother|My son) wants to talk with a model. What (do I|does one) run?
The model (file is|is) here. How do I (speak|talk) with it(| now)?
Chatting with a model, (how does one begin|what is the command for that)?
Is there a (command|subcommand) for (chatting|talking) with a model?
How do I make my model (talk|answer me|respond to me)?
(Simplest|Easiest|Shortest) way to chat with a model?
(First chat|My first chat): what do I (enter|type|run)?
I want to ask my model (some questions|a few things). How do I start?
(Exact|Full) command for a (plain|simple|normal) chat?
Can I (chat|talk) with a model (right here|on this machine)? How?
In the terminal, what starts a (chat|dialogue|conversation)?
How do I (put|ask) a question to my model?
(A chat with my model|Chat with a model), please.
What comes after the word lantern when I want (a chat|to chat)?
(I forgot|I can't remember) the (command|line) for a chat.
How do I (hold|lead) a (dialogue|conversation) with my model?
I'm in a hurry: (chat command|command for chatting)?
My model should (answer|reply) to me in a chat. What do I (launch|run)?
How (can|does) one (get talking|get chatting) with a model?
(Converse|Conversing) with (a|my) model(| on this PC)?
? How do I begin a chat with my model?
? I want to have a conversation with this model file. What do I type?
"""),
    ("lantern run MODEL",
     "Run this: lantern run MODEL -p TEXT -n N", None, """
@how (complete|continue|finish) (a text|one prompt|a prompt|a sentence|some text)
@how (run|use|give|process) (a single|one|just one) prompt
@how (get|make|print) (one|a single|a raw|one raw) (completion|continuation)
@how (run|complete) a prompt without (a chat|chatting|a conversation)
@command (complete|continue) (a text|one prompt|a prompt|a sentence)
@command (get|make|print) a (completion|raw completion|continuation)
What does (lantern run|the command run|the command lantern run) do?
(What is|What's) (lantern run|the command lantern run|lantern run for)?
(What is|What's) the command for (a completion|a raw completion|one prompt|a single prompt)?
(Which|What) command (completes|continues|finishes) (a text|a prompt|one prompt|a sentence)?
How do I (let|make) (the|a) model (complete|continue|finish) (a text|a sentence|my text|\
my sentence)?
How can I (run|use) a model (without a chat|without chatting|in a script|from a script|once)?
(I don't want|I do not need) a chat, (only|just) (one completion|a completion|\
one answer to one prompt).
(completion|raw completion|single prompt) (command|syntax)
(run|lantern run) (command|syntax|usage)
(Command|Syntax) for (a completion|a single prompt|completing a text|one raw prompt)?
(Can|How can) Lantern (complete a text|continue a sentence|run one prompt)?
How do I (set|say|limit) how many tokens (a completion|a run|one prompt) (gets|makes|writes)?
Which (subcommand|part) of lantern (completes text|completes a prompt|is for completions)?
I give a (beginning|first sentence) and the model (writes|goes) on. Which command?
(No chat|Not a chat), (only|just) the continuation of my (text|sentence). Which command?
How do I get N tokens after (a|my) prompt(| and then stop)?
My (shell script|cron job) should (send|pass) one prompt to a model. How?
Let a model (go on writing|finish) my (story|poem|paragraph), how?
(Is there|Isn't there) a (non-interactive|one-shot) (mode|command)?
(One-shot|Non-interactive) (use|generation|prompt)?
What do -p and -n (do|mean)?
What is the flag (-p|-n) (for|good for)?
How do I (pass|hand) a prompt on the command line?
I want raw (output|text) of a model, (not a dialogue|without turns). What do I run?
(Once only|Only once): one prompt in, one text out. (How|Command)?
How do I (generate|produce) (100|50|some) tokens from a (prompt|beginning)?
(Remind me|Tell me again), which command completes a (prompt|text)?
The model should (write|go) on from where my text (ends|stops). What do I type?
(Text|Prompt) completion(| with Lantern), how?
How can a (program|script) (call|use) the model for one (prompt|text)?
Does Lantern have a command for (plain|raw|single) completions?
What does one (type|enter) to (continue|complete) "Once upon a time"?
(Autocomplete|Extend|Prolong) (my text|this sentence), which command?
I'd like the model to (add|write) 20 tokens to my text. (Command|How)?
Where do I (write|put) the prompt if I (don't chat|don't want to chat)?
(Exact|Full) command for a (raw|single) completion?
(Generate|Generation of) text from one prompt(| without a chat)?
I need (just|only) one (output|reply) for one prompt, then it should (end|stop).
How is a text (completed|continued|extended) by a model(| on the command line)?
For (a test|an experiment) I want one raw continuation. What do I (run|enter)?
? Which command gives one raw completion?
? How can the model finish my sentence without a chat?
"""),
    ("--local N",
     "Use the flag --local N: it starts N ranks on this machine.", None, """
@how (try|run|start|use|test) (several|two|three|many|multiple) ranks (on|with) (one|this|\
a single|my only) {machine}
@how (try|test) (it|Lantern|this) (without a network|with one {machine}|without other {machines}|\
on one {machine})
@how (run|start) (two|three|several) ranks (here|locally|side by side here)
@can (try|test) (it|Lantern|tp|a pipeline|several ranks) (on|with) (one|this|a single) {machine}
What does (--local|the flag --local|the option --local|--local 2|--local 4|--local N) (do|mean|\
start)?
(Explain|Tell me about) (--local|the flag --local|the option --local).
What is (--local|the flag --local|the option --local)?
Can I try (it|Lantern) (with|on) (one|a single|only one|just one) {machine}?
(How do I|How can I) try (it without other machines|several ranks on one machine|\
two ranks on one PC)?
How do I (test|try it|try Lantern) without (a network|a LAN|any workers|more {machines})?
I (have|own) (only|just) (one|a single) {machine}. (Can I try it|Can I try Lantern|What can I do|\
How do I try it)?
(I have no|There is no) (second|other) {machine}. (Can I try it anyway|How do I try it|\
Can I test it)?
(Which|What) flag (starts|makes|runs|gives) (several|two|more|N|local) ranks (here|on one machine|\
on this machine|locally)?
(local|several local) ranks (flag|option|how)?
(several|two) ranks (on|with) one machine
How can (one|a single|this) {machine} (play|act as|pretend to be|be) (two|several|many) ranks?
(No|Without) (other machines|LAN|network|second machine)(: how do I try it?|, how do I test it?|\
: can I try it?)
(Is it possible|Is there a way) to (try|test) (it|Lantern) (alone|by myself|\
at home with one {machine})?
Do I need (two|several|more) {machines} to (try|test) (it|Lantern|tp|a layout)?
How do I (simulate|imitate) (two|several) {machines} (here|on one|on this {machine})?
I am (alone|at home) with a single laptop and want to see (tp|several ranks) work.
Can my laptop (pretend|act) (to be|as if it were) (two|three) machines?
Is a second computer (needed|necessary|required) (to try|for a first test of) several ranks?
I'd like to (play|experiment) with (ranks|layouts) before I buy a second machine.
(On a plane|On the train) I have no LAN. Can I still (test|try) several ranks?
(Is it true|Is it right) that (several|two) ranks can (run|live) on one machine?
Must each rank have its own machine, or can (one|a single) PC run (two|several)?
How do I get (four|two|three) ranks on my (laptop|own PC)?
(Which|What) (switch|option) starts ranks on (my own|the same) machine?
(For a test|For testing), I want all ranks on (this PC|one computer).
I don't (own|have) other machines(. Is there a way to try several ranks|, can I still try tp)?
How do (developers|students) test several ranks on one laptop?
(A dry run|A trial|A rehearsal) on one machine, (how|is there a flag)?
All ranks on (the same|one) PC, is that (possible|allowed)?
My second PC comes (next week|tomorrow). How do I (try|test) several ranks until then?
How many machines must I (own|have) at least to try Lantern?
(Fake|Pretend|Play) (several|two) machines on one, how?
(Use|Start) (several|more) processes on this PC as ranks, how?
Without (colleagues|friends|a network), can one try (ranks|a pipeline|tp) at all?
(Single|One) machine (test|trial|demo) with (several|two) ranks?
I want to (see|watch) two ranks (work|compute) on my one PC.
Can both ranks (sit|live|run) on my own machine?
How can I (emulate|mimic) a (group|cluster) on one (PC|laptop)?
I have no (switch|router|cable). How do I (try|test) (tp|a pipeline)?
(Which|What) flag do I take when there is no second machine?
Is there a (local|single machine) mode with several ranks?
(Two|Four) ranks, one PC: (which flag|how)?
? How do I start several ranks on this machine?
? Is one machine enough to try two ranks?
"""),
    ("Only the leader",
     "Only the leader needs the model file. Workers get their part over the network.", None, """
(Which|What) {machine} (needs|must have|has to have|should have) the model(| file)?
Who (needs|must have|has to have) the model(| file| on disk)?
(Must|Should|Shall) I (copy the model to|put the model on|download the model on) (all|each of the|\
the other) {machines}?
Do (workers|the workers|the other {machines}) (need|require) (the model|the model file|\
a copy of the model)?
Does (every|each|a worker) {machine} need the (model|model file|whole model)?
Does (every worker|each worker|a worker) need (the model file|a copy of the model|the whole model)?
Where (must|should) the model(| file) (be|lie|go)?
Where does the model(| file) (have to be|need to be|belong)?
Do I (have|need) to (copy|distribute|download|share|send) the model(| file| everywhere|\
 to the workers| by hand)?
Do I need (the|a) (file|model file|model) on (each|every) {machine}?
How do (workers|the workers) (get|receive|obtain) (the weights|their weights|the model|their part)?
(How|From where) does a worker (get|receive|obtain) (its weights|the model|its part of the model)?
@ask (which|what) {machine} needs the (model|model file)
@ask whether (workers|the workers|all {machines}) need the (model|model file)
@ask (where the model file must be|how workers get the weights)
Is the model(| file) (needed|necessary) on (every|each) {machine}?
Is (it the leader|it only the leader|the leader the one) that (needs|has) the model file?
(I have|I put) the model on (one|my) {machine}(. Is that enough?| only. Is that enough?|\
. Do the others need it?)
(Can|Will) (workers|a worker) (load|fetch|download) the (model|weights) (from the leader|\
over the network)?
(My|The) workers have (no|not enough room for the) model file(. Is that a problem?|\
. Does it matter?)
(model file|weights) on (workers|all machines)?
My model file is (40|30|80) GB. Must I (carry|bring) it to (every|each) PC?
Do I have to (put|place|store) the model on the workers(| too| as well)?
(Is it true|Is it right) that only the leader needs the model(| file)?
(So if I understand|So), the workers (need no|don't need a) model file?
The disk of my worker is (small|full). (Must the model fit on it|Does it need the model file)?
My worker has no model file. How does it (know|get) its (part|weights)?
(On how many|On which) (machines|disks) must the model file (lie|be|sit)?
I (downloaded|have) the model only on the (leader|machine where I sit). (Okay|Will it do)?
Do I need (a shared disk|NFS|a file server) for the model?
Must I (run around|walk around) with a USB stick to (copy|bring) the model to the workers?
How does the worker (come by|lay hands on) its (weights|part of the model)?
Who (hands|gives|sends) the workers their weights(| the first time)?
Is it (enough|sufficient) when (the leader|one machine) has the (model file|file)?
Can a worker (do|work) without the model file?
Must the (same|model) file (exist|be present) (everywhere|on all machines)?
(Which|What) of my machines should I (download|save) the model (on|to)?
(Download|Copy) the model (once|one time) or on (every|each) machine?
Do I (copy|scp|rsync) the model to the workers first?
On (which|what) (PC|machine) do I (store|keep|put) the model file?
A worker without a model: (will that work|is that enough|does that work)?
The path of the model, must it exist on the (worker|workers) too?
Does the model (travel|come) over the network to the workers?
From where do the workers (take|have) their (part of the model|weights)?
Four (PCs|laptops), one model file: (is that enough|is one copy enough)?
The workers (lack|don't have) the (model|file). (Must I do something|Shall I send it)?
Who has to own (the|a copy of the) model file?
(Distributing|Handing out) the model file (myself|by hand), is that (needed|necessary)?
? Where do the workers get the model from?
? Shall I send the model file to the workers first?
"""),
    ("keeps them in a cache",
     "A worker keeps them in a cache, so a second start sends nothing.", None, """
Are the weights (sent|transferred|copied|transmitted) (every time|each time|at every start|\
on every start)?
(Does|Will) a worker (keep|store|save|remember) (its|the) weights(| for later| on disk)?
Is the model (sent|transferred|copied|fetched) (again|once more|anew) (at|on) (the next|\
the second|every) start?
What is the (cache of a worker|worker's cache|cache of weights|cache on the workers)(| for|\
 good for)?
Where (does|will) a worker (keep|store|save|put) (the|its) weights?
(Must the weights be|Do the weights have to be) (sent|transferred) again(| every time| next time)?
Why is the (second|next|later) start (faster|so much faster|quicker|so quick)?
What (happens|is done) (to|with) the weights (after a run|after the chat|at the end|\
when a worker stops)?
@ask whether the (weights are|model is) sent (every time|again|at each start)
@ask (where a worker keeps its weights|why the second start is faster|what the cache of a worker \
is for)
(Do workers|Does a worker) (have|use) a cache?
(Do|Will) (workers|the workers) (fetch|download|load) (the weights|everything|their part) (again|\
anew|every time)?
Does (every|each) start (send|transfer|move) the (whole |)(model|weights)(| over the network)?
(The first start|The first time) (was|is) slow. Will (the second|the next) (one|start) be (faster|\
as slow)?
(How often|How many times) (are the weights sent|must the weights be sent|\
are the weights transferred)?
Do I (wait|have to wait) for the (weights|transfer) (every|each) time?
Are the weights (of|on) a worker (cached|kept|stored|saved|thrown away)?
(cache|caching) (of weights|on a worker|of the worker)
(What|How much) is sent (at|on) the (second|next) start?
(Does it|Will it) send (the whole model|all weights|gigabytes) (each|every) time(| that I start)?
Sending weights took ten minutes at first. (And next time|Will it take that long again)?
(Is it true|Is it right) that weights are sent only (once|the first time)?
(So if I understand|So), on the (second|next) start nothing is sent(| any more)?
Every (morning|day) I start the same model. Does it (travel|go) over the network again?
My network is (slow|busy). Are the weights (moved|pushed through it) at (each|every) start?
The (second|next) start was (done|ready) in seconds. How (come|is that possible)?
Do the workers (throw away|delete|forget) their weights when (I stop|they stop)?
Does (a|the) worker still have the weights (tomorrow|after a restart|next time)?
What takes (up |)(disk space|so much disk) on my worker(|, the weights)?
I (restart|start) often. Must I (fear|expect) a new transfer (each|every) time?
(Once|After) a worker has its weights, does it (keep|hold on to) them?
When I start (again|the same model again), what goes over the (network|wire) to the workers?
Sending (20|40) GB (every|each) morning would be (bad|silly). Does it?
Is the transfer of the weights (repeated|done again) (later|on a restart)?
Will the weights be (resent|sent anew) when the worker (restarts|starts again)?
Is there a way to (avoid|save) sending the weights (twice|a second time)?
The weights came over the network once. (Are they kept|Does the worker keep them)?
(Worker cache|The cache of weights): what does it (do|bring|save)?
(Reuse|Keeping) of the weights (on|by) a worker?
Does a worker (reuse|recycle) the weights of (the last run|yesterday)?
Why is (nothing|no weight) sent on the second start?
Starting took (long|ages) the first time only. (Why|What changed)?
Do I pay the transfer of the weights (once|only once) or (always|at each start)?
What does a worker do with weights it has (already got|received)?
Is the model (pushed|shipped) to the workers (anew|again) (each day|at each start)?
Do weights (remain|stay) on the worker (after|when) (the chat is over|I quit)?
(How long|Where) do the weights (live|stay|remain) on a worker?
? Does the second start send the weights again?
? Will my worker still have its weights when I start again?
"""),
]

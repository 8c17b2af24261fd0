"""Words of the trade: hashes, logits, lost machines.

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
At the end it prints a strange (hex number|long number|code). What is (it|that)?
(Line|The line) "logits_hash" in the output, what (is it about|does it say)?
My run and my colleague's run: how do we see that (they|both) are equal?
I (changed|switched) the layout. How can I prove that nothing changed?
(Is it true|Is it right) that the (logits_hash|hash) is equal on (all layouts|every layout)?
(So if I understand|So), equal (hashes|logits_hash) means equal (runs|logits)?
Can I (tell|see) from the output (whether|if) two runs are (identical|equal)?
Is there a (fingerprint|checksum) of (a run|an answer|the logits)?
I suspect one PC (miscalculates|computes wrong numbers). How do I (see|check) it?
Which (line|figure|value) do I compare (between|of) two runs?
I got another (hash|logits_hash) than yesterday. What (does it tell me|is it made from)?
(Define|Definition of) logits_hash?
(Describe|Explain) the (hash|logits_hash) (to a beginner|in one sentence).
What goes into the (hash|logits_hash)?
What is (covered|summed up) by the logits_hash?
(logits_hash|The hash): (what good is it|what use is it|who needs it)?
What can I (do with the hash|use the hash for|do with the logits_hash)?
Does the logits_hash (change|differ) with the layout?
For my (paper|report) I must (show|prove) that two runs agree. With what?
Two machines, two runs: which number (must be|should be) equal?
Should my hash be the same as (yours|my friend's)?
What does a (differing|different) logits_hash (tell|mean)?
Comparing runs by (eye|reading) is (hard|slow). Is there a number for it?
A hash (appears|stands|is shown) in the statistics. (Of what|What of)?
How can I be (sure|certain) that both runs (had|gave) the same logits?
A (quick|simple) (test|check) that two runs (agree|match)?
The hash of my two runs does not (match|agree). What does the hash (cover|contain)?
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
(Logit|The word logit) is (new|unknown) to me. (Please explain|What is it)?
The docs (say|mention) logits. (What is meant|What are those)?
(Is it true|Is it right) that a logit is a (score|number) for a token?
(So if I understand|So), a logit is (just a score|a score for a token)?
In (my lecture|a talk) they spoke of logits. (What was that|What is one)?
(Logit|Logits) in (simple|plain) words?
(Describe|Explain) (a logit|logits) (to a child|to a beginner).
How (would|do) you (define|explain) a logit?
Someone said "logit". (What did he mean|What is that supposed to be)?
What does a logit (score|rate|measure|express)?
Is a logit (the same as|like) a probability?
A high logit (means|says) what(| about a token)?
(What does a|Does a) large logit mean (that a|the) token is likely?
A (good|likely) next token has a large what?
Every possible next token gets a (score|number). What is (its name|that called)?
What number says how (good|fitting) a (token|candidate) is as the next one?
What do you (call|name) the score of a (candidate|possible) token?
(Glossary|Dictionary): logit?
(For|To) (each|every) candidate token a model gives a (number|score), called what?
What am I to (understand|imagine) (by|under) a logit?
(The term|The expression) logit (confuses|puzzles) me.
What comes out of the last layer for (each|every) token of the vocabulary?
What is it that (softmax|the sampler) (takes|reads) for (each|every) token?
Where there is a next token, there are logits. What (are they|is one)?
Logits, (are they|is that) (scores|words|weights), or what?
I (can't|cannot) (grasp|picture) what a logit (is|means).
What is the (score|mark) that a model (gives|assigns) (to|for) a next token?
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
My cat (chewed|pulled) the cable of a worker (during|in) a chat. (What now|What follows)?
The (cleaner|kid) pulled a plug. Does the chat (break|end|go on)?
(Is it true|Is it right) that the chat survives when a machine (dies|is lost)?
(So if I understand|So), the conversation is kept when a machine dies?
How long do I (sit|wait) there until I (hear|know) that a machine is (gone|dead)?
Within (what|which) time is a (dead|lost) machine (reported|detected|named)?
Is there a (timeout|time limit) for (a dead machine|noticing a dead machine)?
How (robust|stable|fault tolerant) is (it|the chat) when a machine (fails|drops out)?
Do I lose my (talk|chat|conversation) if a worker (dies|drops out)?
A worker's battery is (nearly|almost) empty. What if it (dies|stops) in mid-answer?
The power (fails|goes out) on one (machine|PC). What does (Lantern|the chat) do?
Someone (closes|shuts) the lid of a worker laptop. What (happens to|becomes of) the chat?
What (are the|will be the) (consequences|effects) of losing a machine?
(Fault tolerance|Failure of a machine|Outage of one machine)?
(Does|Will) everything (stop|hang|crash) when one machine (fails|drops out)?
Will I be (told|informed) (which|when a) machine (is lost|has died)?
Must I (start over|begin again) if a (machine|worker) dies in the middle?
One of my (four|three) PCs just (froze|crashed). (And my chat|What will the chat do)?
What if the network (to|of) one machine breaks(| during an answer)?
How does (the chat|Lantern) (tell|show) that a machine has (died|gone)?
I'm (afraid|worried) that a worker (fails|dies). What would (happen|I lose)?
Is a (crash|failure) of one PC a (catastrophe|disaster) for the chat?
(5|Five|30|60) seconds: is that how long it takes to notice a lost machine?
Machines (sometimes die|fail now and then). How does Lantern take it?
Is the conversation (safe|kept|saved) when (a PC|a worker) (dies|crashes)?
When a worker (vanishes|drops out|goes silent), what (do I see|is shown)?
If a rank (vanishes|goes silent), how (soon|fast) will I know?
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
The chat (told|tells) me to (type|use) /resume. What (will it do|does that do)?
(Is it true|Is it right) that /resume (goes on|continues) in the middle of the answer?
(So if I understand|So), /resume goes on with (fewer|the other) machines?
(One|A) machine is dead and the answer (stopped|broke off). How do I get the rest of it?
I lost a worker. (Can I have|How do I get) the (rest|remainder) of the answer?
What do I type to go on with (the|only the) machines that still (work|live)?
Two of three machines are (still there|alive). How do I (go on|continue) with them?
Half an answer and then a machine (died|failed). How do I (continue|finish) it?
(Must I ask|Do I have to ask) again after a loss, or can (the answer|it) (go on|continue)?
After a machine (failed|died), which command (takes|picks) up the answer?
(Which|What) chat command (carries on|proceeds) after a (loss|crash)?
Does /resume (start|begin) the answer (anew|from the start) or go on in the middle?
Does /resume (need|wait for) the lost machine?
(Whom|Which machines) does /resume (use|take)?
(Describe|Explain) /resume (to a beginner|in one sentence).
/resume in (simple|plain) words?
I (typed|entered) /resume. What (happens|comes) (next|now)?
The docs (say|mention) /resume. What is (it|that) (about|for)?
My answer (hangs|stands still) because a worker died. How do I go (ahead|further)?
How do I (pick up|take up) the (broken|interrupted|cut) answer?
(Keep going|Go on|Carry on) without the (dead|lost) (worker|machine), how?
A worker will not come back. (How do I continue without it|Can the answer go on)?
Is there a way to (finish|complete) the answer with (the rest|what is left) of the machines?
When would (I|one) (need|type) /resume?
(Recover|Recovery) after a (loss|lost worker), which command?
I was in the middle of an answer when a machine (failed|crashed). How do I go on?
(To continue|To go on) after a machine was lost, what do I (type|enter)?
? How can the answer go on after a lost machine?
? One worker died in the middle of your answer. How do I get the rest of it?
"""),
]

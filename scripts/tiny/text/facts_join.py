"""How machines join, what keeps strangers out, and what carries the data.

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
? Does the second start send the weights again?
? Will my worker still have its weights when I start again?
"""),
    ("lantern key > lan.key",
     "Run this once and copy the file to every machine: lantern key > lan.key", None, """
@how (make|create|generate|get|produce|write) (a key|a key file|the key|a new key|a key for my LAN)
@how (protect|secure) my ({machines}|LAN|network|group)
@how (make my LAN|make my network|make the group) (safe|secure)
@how keep strangers (out|away|out of my LAN)
@command (make|create|generate|get) (a key|a key file|a new key)
What does (lantern key|the command key|the command lantern key) do?
(Which|What) command (makes|creates|generates|writes|prints) (a key|the key|a key file)?
(Where|From where) do I get (a key|the key|a key file)?
(I need|I want|I'd like|I don't have|I lost) (a key|a key file|a new key|\
my key). (How do I make one|How do I get one|What do I run|What do I do)?
(key|key file|new key) (command|generation|creation)
(make|create|generate) (key|key file|lan key)
(Make|Create|Generate) a key(, how?|: how?|, please.|.)
(Command|Syntax) for (a key|a new key|the key file)?
How is (a key|the key|the key file|lan.key) (made|created|generated|written)?
How do (all|my|the) {machines} get the (same |)key?
(Where|To which {machines}) (must|do) I copy (the key|lan.key|the key file)?
(How often|How many times) do I (have to|need to) make (a key|the key)?
(A {machine}|My laptop) was stolen. How do I (make|get|create) (a new|another) key?
(Does|Can) Lantern (make|create|generate) (a key|keys|the key) for me?
? How can I create a new key file?
? By which command do I get a key for my machines?
"""),
    ("only machines that have it take part",
     "A key is a file: with it, only machines that have it take part.",
     "a key|the key|lan.key|the key of the LAN|a key file|+keys", """
What is (the|a|this) key (for|good for|used for|needed for|there for)?
Why (do I need|would I use|should I have|is there) (a|the) key(| file)?
What (do I need|would I use) (a|the) key(| file) for?
What does (--key|the flag --key|the option --key|a key|the key) (do|mean|change)?
What (is lan.key|is the file lan.key|does lan.key do|does the file lan.key contain)?
Who can (join|take part|come in|connect) (with a key|when there is a key|if I use a key)?
@ask what (a key|the key|lan.key|--key) (is for|does|is good for)
@ask why (I need|there is|I should use) a key
Which {machines} (can|may) (join|take part) (with|if there is) a key?
(Who|Which {machines}) (may|can) (join|take part|come in) (if|when) I (have|use|set) a key?
What (changes|do I gain|do I get|is better) with a key?
(Is a key|Is the key|Is lan.key) (a file|a password|a word|a number|a secret)?
(Does|Will|Can) (a|the) key keep (strangers|others|my neighbour|foreign {machines}) out?
(What does a key protect|What does a key protect me from|How does a key help|\
Whom does a key keep out)?
Why is (there a key|a key useful|a key a good idea)?
(flag|option) --key(?| meaning| explanation)
(key|lan.key) (meaning|definition|explained)
What good is (a key|the key|lan.key)?
(With|Using) a key, who (takes part|can join|may join)?
? What is the purpose of the key?
? What difference does it make if I use a key?
"""),
    ("on this machine only",
     "Without a key, Lantern listens on this machine only, unless you say --insecure.", None, """
What happens (without a|if I use no|if I have no|if there is no|when I leave out the) key?
@can (work|run it|use Lantern|do it|start|chat) without (a|any) key
Do I (need|have to have|have to use) a key(| at all| to work| to begin)?
What does (--insecure|the flag --insecure|the option --insecure|insecure) (do|mean|allow)?
(Explain|Tell me about) (--insecure|the flag --insecure|the option --insecure).
What is (--insecure|the flag --insecure|the option --insecure)?
Is (a|the) key (required|needed|necessary|mandatory|optional|a must)?
What if I (have|use|make|want) no key?
Can (strangers|others|anybody|foreign machines) (join|come in|connect) (without a key|\
if I have no key|if there is no key)?
Can I (leave out|omit|skip|go without|do without) the key?
@if (I have no key|I do not use a key|I forget the key|the key is left out)
@ask whether (I need a key|a key is required|it works without a key|I can leave out the key)
(Must I use|Must I make|Do I have to make) a key(| at home)?
(Is it possible|Does it work|Will it work|Does it run) without (a key|the key|any key)?
(I have no|I don't have a|I don't want a|We use no) key. (What happens|Is that a problem|\
Does it work|Who can join)?
(Where|To whom|On which addresses) does Lantern listen (without|if there is no|\
when there is no) key?
(Without|With no) (a |any |)key(?|, who can join?|, what happens?|, does it work?)
(no key|without key|insecure|insecure flag)
How do I (work|run it|chat|let workers join) (without a key|with no key)?
(Which|What) flag (lets anybody join|allows strangers|allows work without a key|\
is for work without a key)?
(When|Why) (do I need|would I say|should I use) --insecure?
? What if there is no key file?
? Will Lantern still work if I never make a key?
"""),
    ("data is not",
     "With a key, control messages and weights are encrypted, but data is not.", None, """
What is encrypted(| with a key| by the key| on the wire| and what is not)?
Is the (traffic|network traffic|communication|connection) encrypted(| with a key)?
Is my (chat|conversation|text) (encrypted|secret|private|hidden on the wire)?
Are my (words|answers|messages) (encrypted|secret|private|hidden on the wire)?
(Is the data|Are the partial sums|Are the activations) (encrypted|secret|protected|\
readable on the wire)?
Are the (weights|control messages) (encrypted|secret|protected)(| on the network| with a key)?
(Can|Could) (somebody|anyone|others|my neighbour) (listen to|overhear|read|spy on) my (chat|\
conversation|traffic)?
Is (Lantern|the traffic|the network|the connection|it) (secure|safe|private)(| against listeners|\
 with a key)?
(Which|What) (traffic is|part of the traffic is|messages are|parts are) (encrypted|not encrypted|\
protected)?
@ask (what is encrypted|which traffic is encrypted|whether my chat is encrypted|\
what is not encrypted)
(Does|Will|Can) (Lantern|it|a key|the key) encrypt (anything|my chat|the data|the traffic|\
the weights)?
Does Lantern use (encryption|TLS|any encryption|any cryptography)?
(Tell me|I have a question|Say something|What can you say) about (encryption|the encryption|\
security|privacy on the wire).
(encryption|encrypted|encrypted traffic|security|privacy)(?|, please)
(How|How well) is (my chat|the traffic|the data|my text) (protected|encrypted|hidden)(|\
 on the wire| in the LAN)?
(Who|What kind of attacker) can (read|listen to|see) (my chat|the traffic|\
what I write) (on the wire|in the network|on the switch)?
What (can|could) (somebody|an attacker|a spy) (on the network|on the wire|in my LAN) (see|read|\
learn)?
(What|Which) (part|traffic) (stays|is left|goes) (unencrypted|in the clear|open)?
(Is anything|Is something|Is there anything) (encrypted|unencrypted|sent in the clear)?
? Is everything encrypted on the network?
? Could a stranger in my network read what I write?
"""),
    ("connects the ranks",
     "Gloo is the library that connects the ranks for data, such as partial sums.",
     "Gloo|the library Gloo", """
What is Gloo (for|good for|used for|there for)(| in Lantern)?
What does Gloo do(| in Lantern| for Lantern| here)?
(What does Lantern use Gloo for|Why does Lantern use Gloo|What does Lantern need Gloo for|\
Why does Lantern need Gloo)?
(Which|What) library (sends|carries|moves|adds up|transports) (the partial sums|partial sums|\
the data|data)(| between the ranks)?
Why (Gloo|is Gloo used|is there Gloo|do you use Gloo)?
(Which|What) library (connects the ranks|links the ranks|is used for data|is there for data)?
How (are the ranks connected for data|do the ranks exchange data|do the ranks exchange partial \
sums)?
@ask what Gloo (does|is for|is good for)
@ask which library (sends|carries) (the data|partial sums)
What (carries|transports|moves) (the data|partial sums|the partial sums)(| between ranks|\
 from rank to rank)?
(Gloo|gloo) (library|meaning|explained)
(Is Gloo|Is gloo) (a library|part of Lantern|for data or for control)?
(By what|With what|Over what) (are partial sums sent|do partial sums travel|\
are the partial sums sent|are partial sums exchanged)?
(Who|What) (needs|uses) Gloo?
The (statistics|messages|sources) (mention|speak of) Gloo. What (is it|does it do)?
? What do you use Gloo for?
? For what purpose does Lantern have Gloo?
"""),
    ("control messages",
     "ZeroMQ is the library that carries control messages, such as who joins.",
     "ZeroMQ|the library ZeroMQ|ZMQ", """
What is (ZeroMQ|ZMQ) (for|good for|used for|there for)(| in Lantern)?
What does (ZeroMQ|ZMQ) do(| in Lantern| for Lantern| here)?
(What does Lantern use|What does Lantern need) (ZeroMQ|ZMQ) for?
Why does Lantern (use|need) (ZeroMQ|ZMQ)?
(Which|What) library (carries|sends|moves|transports|is for) (control messages|\
the control messages|messages of control)?
Why (ZeroMQ|is ZeroMQ used|is there ZeroMQ|do you use ZeroMQ)?
(Which|What) library (says|tells|knows|reports) (who joins|who is there|that a worker joins)?
How (are control messages|is control|are messages about who joins) (sent|carried|transported)?
@ask what (ZeroMQ|ZMQ) (does|is for|is good for)
@ask which library (carries|sends) control messages
What (carries|transports|sends) (control messages|the control messages|the messages about who \
joins)?
(ZeroMQ|zmq) (library|meaning|explained)
(Is ZeroMQ|Is zmq) (a library|part of Lantern|for data or for control)?
(By what|With what|Over what) (are control messages sent|do control messages travel|\
are the control messages carried)?
(Who|What) (needs|uses) (ZeroMQ|ZMQ)?
What are control messages(| sent with| carried by)?
How does the leader (hear|learn|get to know) (who joins|that a worker joins|of a new worker)?
? What do you use ZeroMQ for?
? For what is the library ZeroMQ needed?
"""),
]

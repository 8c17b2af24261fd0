"""What keeps strangers out, and what carries the data.

Each fact is (key, answer, topic or None, questions), as fact_frames reads them. All are true of
Lantern, as its README tells it.
"""

FACTS = [
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
I was told to (make|create) a key first. (How is it done|What do I type)?
(What|Which) (line|call) (gives|makes) me a key?
(Remind me|Tell me again), how is a key (made|created|generated)?
It wants a key file, but I (have none|don't own one). (How do I make one|What do I run)?
I want (only my own|only our) machines in the group. What do I (run|type) first?
How do I (lock|close) my LAN (against|for) (strangers|others)?
(Secure|Lock|Protect) the group, (how|which command)?
How do I (bring|give) the same key to (each|every) machine?
The old key (leaked|is known to others). (How do I make|I need) a (new|fresh) one.
My neighbour could join. How do I (prevent|stop) that?
Does a key come (with Lantern|in the package), or (must I make|do I create) it?
How (often|many times) must the key be (made|created)?
Must I make a key on every machine or (copy it|only once)?
Is there a (command|tool) that (makes|writes|creates) keys?
(Key making|Making keys|Creating keys), (how|which command)?
(Generate|Produce) a lan.key for (my machines|me|us).
(Where|How) does the file lan.key come (from|about|into being)?
I have three PCs. How do they (all |)get one (common|shared) key?
(Exact|Full) command for (making|creating) a key?
A (fresh|brand-new) key (is needed|please). What do I (run|enter)?
How do I set (a|the) key up(| for the first time)?
I want it (safe|secure): which command (first|do I start with)?
What do I do with lan.key (once|after) it is (made|written)?
(Steps|Instructions) (for|to get) a key on all machines?
How does one (obtain|produce) a key?
Our (school|office) wants a key for its machines. (How do we make it|What do we run)?
(Make|Let me make) my group (private|closed to others), how?
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
Everyone (here|in the office) tells me to use a key. (But why|What for)?
(Is it true|Is it right) that with a key only (my|certain) machines can (join|take part)?
(So if I understand|So), the key (is a file|keeps other machines out)?
(A stranger|My neighbour) doesn't have my key. Can he join?
My laptop does not have the key. (Can it take part|Will it get in)?
A machine with the wrong key (wants in|tries to join). Is it let in?
What (kind|sort) of (thing|object) is a key(| here| in Lantern)?
Is the key something to (type|remember), or a file?
What (use|sense) does a key (have|make)?
The docs (say|mention) lan.key. What is (it about|that)?
I (passed|typed|added) --key. What (does it change|happens now)?
(Key|lan.key) in (simple|plain) words?
(Describe|Explain) (the key|lan.key) (to a child|to a beginner|in one sentence).
What am I (protected|safe) from when I have a key?
Against whom does a key (protect|help)?
Who is (let in|admitted) when (I use|there is) a key?
Who is (kept out|shut out) when (I use|there is) a key?
The admin gave me a file (called|named) lan.key. What (is it|does it do)?
(Which|What) machines (are admitted|are let in) with (a|the) key?
(Define|Definition of) key?
Does a key (decide|determine|control) who (joins|takes part)?
(What is the idea|What is the sense) of (the key|a key file)?
How does a key (protect|guard) my group?
Is a key (like|similar to) a password?
(Advantage|Benefit|Reason) of (a key|using a key)?
If I give someone my key, (can he join|what can he do)?
Someone in our LAN is (curious|nosy). Will a key (stop him|keep him out)?
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
At home I am alone. (Is a key overkill|Can I spare myself the key)?
I never made a key. (Who can reach my leader|Is that bad|What follows from that)?
I'm (lazy|in a hurry) and want to skip the key. (May I|Is that okay)?
No key was (given|set|passed): can (others|other machines) (reach|see) the leader?
(Is it true|Is it right) that (without a key|with no key) nobody else can (join|connect)?
(So if I understand|So), without a key it listens on this machine only?
My worker is on another PC and I have no key. Can it (join|come in)?
What is (the danger|dangerous|the risk) (with|in) no key?
What does (--insecure|insecure) (switch off|permit|change)?
I (see|found) --insecure in the docs. What (is it about|does it do)?
Someone (told|advised) me to (add|use) --insecure. What does it do?
(Does it run|Will it start) if I (own|give) no key?
Why can't other machines (reach|join) my leader when I (have no|use no) key?
Key or no key: can I (do|live) without(| one)?
(May|Can) the key be (left out|omitted|skipped)?
I hate keys. (Is there a way around them|Can I do without)?
Is it (allowed|possible|okay) to run (keyless|without keys)?
Who can connect (as long as|while) I have no key?
How far (open|reachable) is Lantern (without a key|if I have no key)?
(Which|What) interface (is used|does it listen on) without a key?
Must there be a key(| in every case| always)?
(By default|Normally), no key: to (which machines|whom) does it listen?
(Forgot|I forgot) to (pass|give) the key. What will (Lantern|it) do?
(Keyless|No-key) (mode|use|operation)?
Which flag (replaces|is needed instead of) (a|the) key?
I want (anyone|anybody) to be able to join, (without|and no) key. Which flag?
Does it listen to the whole (network|LAN) when there is no key?
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
Somebody with (Wireshark|a packet sniffer) sits in our LAN. What can he (see|read)?
Is it (safe|okay) to (type|send) (secrets|passwords|private things) over the LAN?
(Is it true|Is it right) that the (data|partial sums|chat) is not encrypted?
(So if I understand|So), weights are encrypted, but data is not?
(Privacy matters to me|I care about privacy). Is what the machines exchange encrypted?
Our (data protection officer|security team) asks (what|whether anything) is encrypted.
Is everything encrypted (once|when) I have a key?
Does a key (also encrypt|encrypt) (all|the) traffic between the machines?
(Patient|Client|Customer) data in the chat: is the traffic encrypted?
Could the (neighbour|admin|boss) (read|see) what flows over the (wire|switch)?
Do the (bytes|packets) (go|travel) over the wire in (plain text|the clear)?
What is left (open|readable) on the wire when I use a key?
(What|Which) (bytes|things) are encrypted, and (what|which) are not?
How (confidential|private) is (the traffic|what goes over the wire)?
Are (the partial sums|activations) sent in (the clear|plain form)?
Are the weights (readable|visible) on the wire(| with a key)?
Do you (scramble|encrypt|hide) what (goes|travels) over the (wire|network)?
How (strong|complete) is the encryption?
(Eavesdropping|Listening in) on the LAN, is it possible?
A spy (taps|listens on) our (cable|switch). What does he get?
Does the key (hide|encrypt) my (words|text) (too|as well)?
(TLS|SSL|AES) (between the machines|on the wire)?
I (hope|assume) that all traffic is encrypted. (Is it|Right)?
Is there something that the key does not (hide|encrypt)?
(Which|What) kinds of traffic does the key encrypt?
Would you send (a secret|confidential text) over this network?
(Encryption|Privacy) of the traffic between (the machines|ranks)?
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
I see Gloo (among|in) the (dependencies|packages). (Who needs it|What is it doing there)?
Why does the build (want|install|ask for) Gloo?
(Is it true|Is it right) that Gloo (carries|moves) the (data|partial sums)?
(So if I understand|So), Gloo is for (the data|partial sums)?
Gloo (sounds|is) like glue. What does it (stick|hold) together?
(Can|Could) I (remove|leave out) Gloo, or what (would fail|is it for)?
The docs (say|mention) Gloo. (Who or what is that|What is meant)?
What is the (role|part|job|task) of Gloo?
Gloo in (simple|plain) words?
(Describe|Explain) Gloo (to a beginner|in one sentence).
Is it (Gloo|MPI|NCCL) that connects the ranks?
(Does Lantern use|Is there) (MPI|NCCL), or what library links the ranks?
How do partial sums get from one rank to (another|the next|the others)?
(By|Through) which library do the ranks (exchange|send) their (data|partial sums)?
(Which|What) (software|component) does the (all-reduce|summing of partial sums)?
Who (brings|carries) the partial sums from (machine to machine|one machine to another)?
The ranks must (exchange|share) data somehow. (Which library does it|What does that)?
What would (be missing|break) without Gloo?
(Define|Definition of) Gloo?
I never heard of Gloo. (What's that|What is it)?
(Which|What) library is (behind|used for) the data (connections|links) of the ranks?
For (data|partial sums) between ranks, which library is (at work|in use)?
Gloo, (a friend of ZeroMQ|next to ZeroMQ): which part does it do?
The error (comes from|is in) Gloo. What is Gloo (doing|there for)?
What (links|joins|ties) the ranks (together |)for data?
What is sent (with|over|through) Gloo?
Gloo: (needed|necessary) for what?
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
I see ZeroMQ (among|in) the (dependencies|packages). (Who needs it|What is it doing there)?
Why does the build (want|install|ask for) (ZeroMQ|libzmq)?
(Is it true|Is it right) that (ZeroMQ|ZMQ) carries (the control messages|control messages)?
(So if I understand|So), ZeroMQ is for (control|messages like who joins)?
(Can|Could) I (remove|leave out) ZeroMQ, or what (would fail|is it for)?
The docs (say|mention) ZeroMQ. (Who or what is that|What is meant)?
What is the (role|part|job|task) of (ZeroMQ|ZMQ)?
(ZeroMQ|ZMQ) in (simple|plain) words?
(Describe|Explain) (ZeroMQ|ZMQ) (to a beginner|in one sentence).
A worker says hello to the leader. (Which|What) library (brings|carries) that message?
(By|Through) which library is it (announced|told) that a worker joins?
(Which|What) (software|component) (transports|delivers) the control messages?
What would (be missing|break) without (ZeroMQ|ZMQ)?
(Define|Definition of) (ZeroMQ|ZMQ)?
I never heard of (ZeroMQ|ZMQ). (What's that|What is it)?
Which library is (behind|used for) the control (traffic|channel|side)?
For control, (is ZeroMQ used|which library is used)?
ZeroMQ, (a friend of Gloo|next to Gloo): which part does it do?
The error (comes from|is in) (ZeroMQ|zmq). What is it (doing|there for)?
What is sent (with|over|through) (ZeroMQ|ZMQ)?
(ZeroMQ|ZMQ): (needed|necessary) for what?
Is there a message (broker|queue|library) in Lantern(|, and what for)?
Who (delivers|brings) messages (such as|like) "I join"?
(Messages|News) about who joins (travel|go) by what library?
How do the machines tell each other who (is in|joins|takes part)?
(Control|Steering) messages (use|go through) which library?
(Which|What) messages (does ZeroMQ|does ZMQ) (carry|transport)?
Is (libzmq|zmq) (used|in use) for control messages or data?
? What do you use ZeroMQ for?
? For what is the library ZeroMQ needed?
"""),
]

"""Networks, hardware, what to do about trouble, and how to begin and end.

Each fact is (key, answer, topic or None, questions), as fact_frames reads them. All are true of
Lantern, as its README tells it.
"""

FACTS = [
    ("use a pipeline",
     "It works, but use a pipeline over Wi-Fi, such as --pp 3. A cable is better.", None, """
@can (use|run over|work over|take) (Wi-Fi|wifi|a wireless network|WLAN|my wireless router)
Does (it|Lantern) work (over|with|via|through) (Wi-Fi|wifi|WLAN|a wireless network|a wireless link)?
Is (Wi-Fi|wifi|WLAN|wireless|a wireless network) (fast enough|good enough|okay|possible|a problem|\
supported|too slow)?
(What|How) about (Wi-Fi|wifi|WLAN|a wireless network)?
Do I (need|have to use|have to lay) (a cable|cables|Ethernet|an Ethernet cable)?
Can (machines|workers|laptops|a laptop) join (over|by|through) (wifi|Wi-Fi|WLAN)?
Is (wireless|Wi-Fi|wifi) a (good|bad) idea?
(Is a cable|Are cables|Is Ethernet) (needed|necessary|better|better than Wi-Fi|faster than wifi|\
required)?
(Which|What) layout (should I use|is best|is good|works) (over|with|on) (Wi-Fi|wifi|\
a wireless network)?
(My|Our) ({machines}|laptops) (are on|use|have only|are connected by) (Wi-Fi|wifi|\
WLAN). (Does it work|Is that okay|Is that enough|What should I use)?
@if (I use Wi-Fi|my network is wireless|a worker joins over wifi|there is no cable)
@ask whether (it works over Wi-Fi|Wi-Fi is fast enough|I need a cable|wireless is okay)
(Wi-Fi|wifi|WLAN|wireless)(?|, yes or no?|, does it work?| or cable?| support)
(I have|There is) (no cable|only Wi-Fi|only wifi|nothing but wifi). (Does it work|Can I use it|\
What can I do)?
How (well|good|fast) is (it|Lantern) (over|with) (Wi-Fi|wifi|a wireless network)?
(Without a|No) cable(: does it work?|, is that possible?|, does that work?)
? Should I use a cable or Wi-Fi?
? All that I have is wireless. Will Lantern be fast enough?
"""),
    ("TCP 7733",
     "The leader listens on port TCP 7733, and the next port is for weights.", None, """
(Which|What) port does (Lantern|the leader|it|the program) (use|need|listen on|open|take)?
What is the (port|port number|default port|TCP port) (of the leader|of Lantern|for workers|\
for joining|that workers join)?
(Which|What) (ports|TCP ports) (are needed|are used|must be open|must be opened|must be free)?
(Which|What) (port|ports) (must|should|do) I (open|allow|free|forward)(| for Lantern|\
 in my firewall|)?
(Which|What) port (do|must|should) workers (join|use|connect to|reach)?
(Which|What) (port|ports) should (the|my) firewall (allow|let through|open)?
What is the (default port|port|port number)?
(At|To) (which|what) port (do|should|must) (workers|the workers|others) (connect|join)?
@ask (which|what) port (Lantern uses|the leader listens on|workers join|must be open)
@ask which ports (are needed|I must open|the firewall should allow)
(port|ports|default port|port number|TCP port)(?|, please)
(Which|What) number has the port(| of the leader|)?
What is PORT in (HOST:PORT|--join HOST:PORT)(| if I did not change it| by default)?
(Is it|Does it use|Does the leader use) (port 7733|port 80|port 8080|a fixed port|TCP or UDP)?
How many ports (does Lantern need|are needed|does the leader need|must be open)?
(Through|Over) which port (do the weights go|are the weights sent|do workers get weights)?
I (set up|configure|have) a firewall. (Which|What) (port|ports) (does Lantern use|must I open|\
are needed)?
? On which port does the leader listen?
? Say on which port the workers find the leader.
"""),
    ("two versions",
     "The machines have two versions of Lantern: copy one package to all machines.", None, """
What does it mean that a worker is (another|a different) build?
Why (is|was) my worker (refused|rejected|turned away) (as|because it is) another build?
The leader (says build A|is build A) and the worker (build B|is build B). (Why|What now|\
What does that mean)?
(Must|Should) (all|the) {machines} have the same (version|build|release|package)(| of Lantern|)?
My worker (has|is) a different build. (What now|What do I do|Why|Is that a problem)?
Do all (ranks|{machines}|workers) need the same (build|version|release)?
Can (the leader and a worker|two {machines}|workers) (be|have) different (builds|versions)?
@fix my worker (is refused as another build|has another build|is a different build|\
has another version)
@fix it says (another build|build A and build B|that the builds differ|that a worker is another \
build)
@why (my worker is refused as another build|the builds differ|it says another build)
(another|different|wrong) build(?|, what now?|: what does that mean?)
(build mismatch|version mismatch|builds differ)(?|, what now?|: what do I do?)
(Does|Will) (an older|an old|a newer|another) (version|build) of Lantern (work with|join) (a new|\
this|the latest) one?
Is it (a problem|okay|bad) (if|when) (the|two) {machines} have (different|unlike|two) (versions|\
builds)?
(I|We) (updated|upgraded|rebuilt) Lantern on (only |)one {machine}. (Is that a problem|\
Why is the other refused|What now)?
@ask what (build A and build B mean|another build means|to do about different builds)
How do I get (the same|one) (build|version) on all {machines}?
(The error|The message) (says|speaks of) (another build|two builds). What (is wrong|does it mean|\
should I do)?
? Can I mix versions of Lantern?
? The leader has a newer Lantern than my worker. Does that matter?
"""),
    ("firewall",
     "Check that the leader is started with a key, and that a firewall does not drop port "
     "7733.", None, """
(My|The) worker does not (connect|join|reach the leader|find the leader|get through)(. Why?|.|\
. What now?|. What should I check?)
(No leader answers|It says No leader answers). (What is wrong|Why|What now|What should I check|\
What do I do)?
Why (can|does) my worker not (join|connect|reach the leader|find the leader|get in)?
(The|My) worker (cannot|can't) (find|see|reach) (the|any) leader(.|, why?|. What is wrong?)
What does (No leader answers|the message No leader answers) mean?
My worker finds no leader. What should I (check|do|try)?
Why (doesn't|can't) (the|my) worker (connect|join|find the leader|come in)?
@fix (the|my) worker (does not connect|cannot connect|does not join|cannot find the leader|\
waits forever)
@fix (no leader answers|it says that no leader answers|the workers never join|\
nobody joins my leader)
@why (my worker cannot join|the worker does not connect|no leader answers|the worker waits forever)
worker (cannot|can't|does not) (connect|join)
(no leader answers|no connection to the leader|cannot reach leader)(?|, help|: what now?)
(The leader|My leader|My chat) waits (and waits|forever), (but|and) no worker (comes|joins). (Why|\
What is wrong)?
(The|My) worker keeps (trying|waiting|saying that no leader answers)(.|. Why?|. What is wrong?)
What (should|can) I check (if|when) (a|my) worker does not (join|connect)?
(Connecting|Joining) (fails|does not work)(.|. What is wrong?|. What should I check?|. Why?)
(Who|What) (blocks|stops|keeps out) my worker?
? Why does the worker not reach the leader?
? I started a worker, but it never finds the leader.
"""),
    ("the network",
     "The reason is usually the network: see wire in the statistics, and try --pp.", None, """
Why (is|was) it (slower|so slow|not faster) with (more|two|three|several) {machines}?
(Answers|My answers|The answers) (got|became|are) slower with (more|two|\
several) {machines}(. Why?|.|. What is wrong?)
Why did (a second|another|one more|the new|an additional) {machine} make it (slow|slower)?
More {machines}, but (less speed|it is slower|slower answers)(. Why?|. What is wrong?|. How come?)
Why does it not get (faster|quicker) (with more {machines}|with another {machine}|\
when I add {machines})?
Why does it not get faster?
(With two|With three|With more) {machines} (it is slower|everything is slower|\
I get fewer tokens per second)(. Why?|.|. What is the reason?)
@why (it is slower with more machines|more machines make it slower|a second machine brings no speed)
@fix (it is slower with more machines|it got slower when I added a machine|\
answers are slow with several machines)
Adding a {machine} (slows it down|makes it slower|slows everything down)(. Why?|. What is wrong?)
I (added|attached|joined) (a|another|a second) {machine} and (it got slower|the speed fell|\
it is slower now|lost speed)(.|. Why?|. How come?)
(slower|slow|less speed) with (more|several|two) (machines|workers)(?|, why?)
Why are (two|three|four|several) {machines} slower than one?
Is the network the reason (that it is slow|for slow answers|that more {machines} are slower)?
Why do (more|additional) (workers|{machines}) (not help|bring no speed|slow it down|make it slower)?
What (slows it down|slows answers down|makes it slower) (with|on) (several|more|many) {machines}?
(My|The) (speed|tokens per second) (fell|went down|dropped) with (more|two|several) {machines}(.|\
. Why?)
? Two machines are slower than one. Why?
? Three machines give me fewer tokens per second than one did.
"""),
    ("a smaller --type or --ctx",
     "Add a machine, or use a smaller --type or --ctx.", None, """
@fix (my|the) model (does not fit|is too large|is too big|needs too much memory|won't fit)
@fix (my|the) memory is (too small|full|not enough|too little)
@fix (it says that it does not fit|the model does not fit into memory|I am out of memory|\
I have too little memory)
What if the memory is too small?
The model is too (large|big)(| for my {machines}| for my memory| for us|). What (now|do I do|\
can I do)?
(I|My {machines}) (don't have|do not have|have not) enough (memory|RAM)(.|. What now?|\
. What can I do?)
I have not enough memory.
What can I do if the model does not fit?
@how (save|use less|need less|spare) (memory|RAM)
@how (fit|squeeze) (a|my|the) (large|big|too large) model into (memory|my memory|my {machines})
@how make (a|my|the) model fit(| into memory| into my {machines})
It (says|complains) that (it|the model) does not fit.
(not enough|too little|out of) (memory|RAM)(?|, what now?|: what can I do?)
(model|it) does not fit
Lantern (refuses|does not load) my model because (it does not fit|it is too large|\
of memory). (What now|What can I do)?
(Lantern|It) (needs|wants|takes) (too much memory|more memory than I have)(.|. What can I do?)
What (helps|can I do) (against|about) (too little|a lack of) memory?
(16 GB|8 GB|32 GB) is not enough for my model(.|. What now?|. What can I do?)
(How|Where) can I (reduce|lower) the (memory|use of memory|memory need)(| of a model|)?
? There is too little memory. What can I do?
? I cannot load the model because I have too little RAM.
"""),
    ("made for CPUs",
     "Lantern is made for CPUs and ordinary networks.", None, """
Do I need (a special|a fast|a particular|an expensive|a new) (computer|machine|PC|network|\
processor)?
(What|Which) (hardware|computers|machines) is {lantern} (made|meant|built|intended|good) for?
(Which|What) (hardware|equipment|kind of computer|sort of machine) do I need(| for Lantern|)?
Is {lantern} made for (CPUs|a CPU|GPUs|ordinary networks|normal PCs)?
(What|Which) (hardware|processors|chips) does {lantern} (run|work) on?
Does {lantern} (run|work) on (a CPU|CPUs|ordinary PCs|normal hardware|an old PC|my laptop)?
(What|Which) (network|kind of network|sort of network) (do I need|is needed|does it need|\
is required)?
Do I need a (GPU|graphics card|video card|server|data center)(| for Lantern|)?
Does {lantern} (use|need|require) (a GPU|GPUs|my graphics card|special hardware|special cables)?
Can {lantern} (use|run on) (a GPU|GPUs|my graphics card|an ordinary PC|a normal network)?
@ask (which|what) hardware (I need|Lantern needs|it is made for)
@ask whether (I need a GPU|it needs special hardware|a CPU is enough|an ordinary PC is enough)
(hardware|GPU|CPU or GPU|graphics card|system requirements|hardware requirements)(?|, please)
(I have no|There is no|I don't have a) (GPU|graphics card|special hardware). (Does it work|\
Is that a problem|Can I use Lantern)?
Is (a CPU|an ordinary network|a home network|a normal PC|a CPU alone) (enough|sufficient|\
good enough)?
What are the (requirements|hardware requirements|system requirements)?
(CPU or GPU|GPU or CPU|Does it want a CPU or a GPU)?
? What computers is it made for?
? Will ordinary PCs without a graphics card do for Lantern?
"""),
    ("Ctrl-C",
     "Press Ctrl-C to stop an answer. Press it twice at the prompt to leave.", None, """
@how (stop|interrupt|cancel|break off|abort|cut off) (an answer|the answer|you|your answer|\
the output)
@how (quit|leave|end|exit|close) (the chat|the program|Lantern|this chat|the conversation)
How do I (stop|quit|exit|leave|get out|end this|interrupt you)?
What does Ctrl-C do(| in the chat| at the prompt|)?
(Which|What) key (stops|ends|interrupts) (an answer|you|the answer)?
(Which|What) key (quits|leaves|ends) (the chat|the program)?
(Your|This|The) answer is too long. How do I (stop|interrupt|cancel) it?
(What do I press|Which key do I press|What do I have to press) to (stop|stop you|quit|leave|\
stop an answer|end the chat)?
@ask how to (stop you|quit|leave the chat|interrupt an answer|end the program)
(quit|exit|leave|stop|abort)(?|, how?| the chat?| the program?)
(I want|I'd like|I have) to (quit|leave|stop this|get out|exit|end the chat)(.|. How?|\
. What do I press?)
What does (pressing|typing) Ctrl-C (twice|once|at the prompt) do?
How (can|do) I get (out of|back from) (the chat|here|this program|Lantern)?
What happens (if|when) I press Ctrl-C(| twice| at the prompt| during an answer|)?
(Can|May) I (stop|interrupt|cancel) (you|an answer|your answer)(| in the middle| half way|)?
(Stop|Cancel|Interrupt) (the answer|this answer|your answer)(, how?|: how?|)
(Ctrl-C|Control-C)(?| meaning|: what does it do?|, what does it do?)
Which keys (end|stop) (the chat|the program|an answer)?
? How can I make you stop?
? You write too much. With which key do I end it?
"""),
    ("/help",
     "Type /help: it lists the commands of the chat.", None, """
(Which|What) commands (does the chat have|are there in the chat|does a chat know|\
can I use in the chat|does the chat understand)?
What (commands|slash commands) (are there|exist|are possible|do I have)(| in the chat| here)?
How do I get (help|help on the commands|a list of the commands|help in the chat)?
@how (see|find|show|print|get) the (chat commands|commands of the chat|list of chat commands|\
slash commands)
@how (find out|learn|see) (which|what) commands the chat (has|knows|understands)
What does (/help|the command /help|typing /help) do?
What is (/help|the command /help)(| for| good for)?
(Where is|Where do I find|Is there|Where can I see|Show me) (a|the) list of (the |)(commands|\
chat commands|slash commands)?
How do I see the commands?
What can I type in (the|a|this) chat(| besides questions| beside text|)?
What (can I type|may I type|is there to type) (at the prompt|in the chat)(| besides questions)?
@ask (which|what) (commands the chat has|chat commands there are|commands I can type)
(chat|slash) commands(?|, please|, which ones?|: which are there?)
(help command|command list|list of commands|commands of the chat)(?|, please)
(Explain|List|Name|Show|Tell me) (the chat commands|the commands of the chat|all chat commands|\
the slash commands).
I (forgot|don't know) (the|all the) (commands|chat commands|slash commands)(.|. Where is a list?|\
. Where do I see them?)
(Which|What) command (lists|shows|prints|explains) (the commands|all commands|the other commands|\
the chat commands)?
Does the chat have (commands|a help|special commands|slash commands)?
? How do I list the chat commands?
? Can I see somewhere what commands I may type in a chat?
"""),
    ("scripts/chat",
     "Run scripts/chat: it installs what is missing, builds, and starts a chat.", None, """
@how (install|build|compile|set up) (Lantern|the program|Lantern from source|everything)
@how (get started|start from scratch|get going|set everything up|begin with Lantern)
How do I (install|build|compile) (it|Lantern|this program)?
How do I (get started|begin|set it up|get going)?
What is scripts/chat?
What does (scripts/chat|the script chat|the script scripts/chat) (do|install|build)?
What is (scripts/chat|the script scripts/chat) (for|good for)?
(What|Which) script (installs|builds|compiles|sets up) (Lantern|everything|it|what is missing)?
I (have just|just) (cloned|downloaded|got) (Lantern|the source|the repository). (What now|\
What do I run|How do I begin|What next)?
What (are the first steps|are the installation steps|is the first step)?
@ask how to (install|build|compile|set up) Lantern
(install|build|compile|setup|installation|getting started)(?|, how?| Lantern| instructions)
(I am|We are) new (here|to Lantern). (Where do I begin|How do I begin|How do I get started|\
What do I run first)?
(Where|With what) (do|should) I (begin|start) with (Lantern|a fresh clone)?
(Is there|Do you have) (a script|one command|an installer) (that installs everything|\
that builds Lantern|to set it all up)?
How (is Lantern|can Lantern be) (installed|built|compiled|set up)?
(Some|A few) packages are missing. How do I (install|get) (them|what is missing)?
(Which|What) (packages|tools|programs) do I (need|have to install) to build (it|Lantern)?
? What is the first command to run?
? I have the source of Lantern. How do I get it to run?
"""),
    ("C++",
     "Lantern is written in C++.", None, """
(What|Which) (language|programming language) is {lantern} (written|programmed|coded|implemented) in?
In which (language|programming language) is {lantern} (written|programmed|coded|implemented)?
(Which|What) (programming language|computer language) does {lantern} use?
Is {lantern} (written|programmed|coded) in (Python|C|C++|Java|Rust|Go)?
What is {lantern} (programmed|coded|written|implemented) in?
@ask (in which|in what) (language|programming language) {lantern} is (written|programmed|coded)
@ask (which|what) programming language (Lantern uses|it is written in)
(Which|What) language (did they|do the authors) (use|write Lantern in|program in)?
(Is it|Is Lantern|Is this) (a Python|a C|a C++|a Java|a Rust|a Go) program?
(programming language|language of the source|source language|implementation language)(?|, please)
(Which|What) (language|programming language) is the (source|source code|code) (in|written in)?
(Which|What) language must I know to (change|read|extend|hack) (Lantern|its source|the source)?
Did they (write|program) {lantern} in (Python|C|C++|Java|Rust)?
(Name|Tell me) the programming language of (Lantern|this program).
(Lantern|This program): (Python|C++|Rust|Java) or what?
In what was Lantern (programmed|coded)?
? In what is the program written?
? If I read the source of Lantern, which language will I see?
"""),
    ("MIT",
     "Lantern has the MIT license.", None, """
(Which|What) (license|licence) (does Lantern have|has Lantern|is it|applies|does it have|\
is Lantern under)?
(Under|With) (which|what) (license|licence|terms) (is it|does it come|may I use Lantern|\
is it published|is it released)?
Is {lantern} (free|open source|free software|open|proprietary|commercial)?
(What is|What's) the (license|licence)(| of Lantern| of this program| here|)?
(May|Can) I use {lantern} (for free|at work|in my company|commercially|without paying)?
(May|Can) I (change|copy|share|sell|modify|distribute|give away) {lantern}?
@ask (which|what) (license|licence) (Lantern has|it has|it is under|this program has)
@ask whether (Lantern is free|it is open source|I may use it for free|I may change it)
(license|licence|license terms|copyright|open source)(?|, please)
Does (it|Lantern) cost (anything|money|something)?
(What|How much) does (Lantern|it|the program) cost?
(Do|Must) I (have to |)pay (for|to use) {lantern}?
(Am I|Are we) allowed to (change|copy|share|modify|sell|use) {lantern}?
Is the (source|source code) (open|free|public|available)?
(Tell me|Say something|I have a question) about the (license|licence|license terms).
(GPL, MIT or|MIT, BSD or|Is it GPL or) (something else|another license)?
? Under which license is Lantern?
? What license must I accept if I use Lantern?
"""),
]

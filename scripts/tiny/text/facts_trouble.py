"""What to do about trouble.

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
My laptop has no (cable|Ethernet) (port|socket). Can it (take part|join)?
(Is it true|Is it right) that (Wi-Fi|wifi) (works|is okay) with a pipeline?
(So if I understand|So), Wi-Fi works but a cable is better?
I hate cables. (Do I need one|Can I do without|Must I have one)?
Our (flat|office|school) has (only|just) Wi-Fi. (Is Lantern usable|Can we use Lantern)?
The router is (upstairs|far away), so all is wireless. (Does Lantern work then|Good enough)?
Can the (workers|machines) (talk|speak) to each other (wirelessly|without cables)?
Must the machines be (wired|cabled|on Ethernet)?
Is (Ethernet|a cable|a wire) a must?
What (do you recommend|is your advice) for (Wi-Fi|wifi|a wireless LAN)?
How do I get the best out of (Wi-Fi|wifi|a wireless LAN)?
(Cable or Wi-Fi|Wi-Fi or cable|Ethernet or wifi): (which is better|what should I take)?
On Wi-Fi it is (slow|very slow). (Is Wi-Fi to blame|What should I use instead)?
Over Wi-Fi, (--tp or --pp|which flag|which layout do you advise)?
Should I (buy|get|lay) (a cable|cables|Ethernet cables)?
Is it worth (buying|laying) (a cable|cables)?
My (phone hotspot|hotspot|mesh Wi-Fi), can Lantern run over it?
Can I sit (in the garden|on the sofa) with my laptop on Wi-Fi and (take part|use Lantern)?
Everything here is (wireless|on Wi-Fi). (Bad idea|Any advice|Trouble ahead)?
(Wireless|Wi-Fi) workers(|, is that possible|, do they work)?
(Wireless|Wi-Fi|Wifi) (use|setup|advice)?
Will (Wi-Fi|a wireless link) do(| for Lantern| for a start)?
Does a worker on (Wi-Fi|wifi) (spoil|slow down) everything?
Is a cable much better than (Wi-Fi|wifi|wireless)?
I have (two|three) laptops and (Wi-Fi|wifi). (Enough|Is that enough|Can it work)?
Can I (connect|link) my machines by (Wi-Fi|wifi|radio)?
(No Ethernet|Without Ethernet|Without wires)(| here), can I still use it?
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
Our admin (asks|wants to know) what to (open|allow) in the firewall.
I must (fill in|request) a firewall rule. (Which port|Which ports) do I (write|name)?
(Is it true|Is it right) that the (leader|port) (is|listens on) 7733?
(So if I understand|So), it is 7733 and (7734|the next one)?
What is 7733(|, a port)?
What (is|do you use) port (7733|7734) (for|used for)?
Where it says HOST:PORT, (which number|what number) is the PORT?
HOST I know, but what (do I put|is the number) for PORT?
Which port (stands|comes) after the (colon|host name) in --join?
Which (door|socket) does the leader (open|wait at)?
Is (UDP|TCP|port 22|port 443) used?
Do I have to (unblock|forward|free) a port?
(ufw|iptables|Windows firewall): which (port|ports) do I (allow|open)?
What (port|number) do I (tell|give) my (admin|network people)?
Is there a second port(|, and what for)?
How many ports are (used|in use), and (which|what numbers)?
(Port|TCP port) (list|numbers|for Lantern)?
(Tell|Give) me the (port|ports|port number)(|, please).
(Which|What) port do the (machines|workers) talk (on|over|to)?
Which port carries the weights?
The weights (use|go through) which port?
(I forgot|I can't remember) the port (number|of the leader).
On (which|what) port (is the leader reached|can I find the leader|does the leader wait)?
(netstat|nmap) shows an open port. Which one (is|belongs to) Lantern?
The leader (waits|listens) (where|on what port)?
I use Docker. Which ports must I (publish|map|expose)?
Does anything else (run|listen) on the port of Lantern? Which (number|port) is it?
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
The worker was (turned down|sent away), it (says|said) build. (What is that|What now)?
It says that the builds (are not equal|do not match). (What now|What do I do)?
(Is it true|Is it right) that all machines need (one|the same) (version|build)?
(So if I understand|So), the same (package|version) must be on (all machines|every PC)?
I have a newer Lantern on the (leader|laptop). (Must I update the worker|Will it match)?
My worker is (older|newer) than my leader. (Is that a problem|Does it matter)?
One PC has last month's Lantern, the other (today's|a new one). (Okay|Will it work)?
Can I (mix|combine) (versions|builds|releases) of Lantern?
Are (different|mixed) (versions|releases) of Lantern (allowed|okay|possible)?
The leader does not (accept|want|like) my worker's (build|version).
"Another build", it (says|complains). (Explain|What is it telling me)?
What does the word build mean in the message(| about my worker)?
Must I (update|upgrade) Lantern on (every|each) machine at the same time?
After (an update|a rebuild) on one machine the (worker|other) is refused. Why?
I compiled Lantern on (each|every) machine myself, and now they (differ|don't match).
(Build|Version) (conflict|problem|difference|error)?
How do I (cure|solve) (a version mismatch|different builds|the error another build)?
My friend has another (version|release) of Lantern. Can we (join|work together)?
Does it (matter|hurt) if one (machine|PC) runs an (older|old) Lantern?
(Why do|Do) the leader and its worker (have to|need to) be the same (version|build)?
Versions (differ|are unequal)(|, what now|, what to do)?
What is wrong when (it says|I see) another build?
I (upgraded|updated) the leader only. (Why is the worker refused|What did I do wrong)?
The (hash|name) of the build is not the same on both machines. (Bad|So what)?
(Old|Outdated) Lantern on a worker, what (should|must) I do?
How do I bring all machines to (one|the same) version?
Could a (wrong|stale) version be why my worker is refused as another build?
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
I (typed|ran) lantern worker and it just (hangs|sits there). (Why|What is wrong)?
The worker (waits|tries) and nothing happens. (Help|What can it be|What do I check)?
My second PC (never|does not) (shows up|appears) at the leader. (Why|What is wrong)?
(Ping|SSH) works, but the worker does not (join|connect). (Why|What else can it be)?
(Is it true|Is it right) that a firewall may (block|stop) my worker?
Can a firewall be (the reason|why) (my worker does not join|no leader answers)?
The leader is up, yet my worker (finds|sees|reaches) nobody. (Why|What should I check)?
(The|My) worker times out. (Why|What is the reason|What should I look at)?
The connection to the leader is (refused|not made|never made). What do I check?
"No leader answers", (what a pity, what do I do?|and yet it is running. Why?)
Why is there no (answer|sign|reply) from (the|my) leader?
My worker (calls|asks) and the leader is (silent|mute). What is wrong?
I see no workers at my leader although I started (two|one|them). (Why|What is wrong)?
(Trouble|Problems) (joining|connecting) a worker?
(Nobody|No one|No worker) (arrives|comes) at my leader. What (could|can) be wrong?
(Joining|Connecting) a worker (has no success|gets stuck). What (do I check|is wrong)?
My worker is (stuck|left outside|locked out). (Why|What do I check)?
Something (blocks|stops) my worker(| on the way to the leader). What (is it|can it be)?
What are the (usual|common) reasons that a worker does not (join|connect)?
Two machines that don't (find|see|reach) each other: what (do I check|is wrong)?
(It worked yesterday|It used to work), today the worker can't connect.
What prevents my worker from (joining|reaching the leader|connecting)?
(How|Where) do I (search|look) for the error when a worker does not (join|connect)?
I did (everything|all you said) and still the worker does not (join|get in).
The worker (says|reports|complains) that it cannot (connect|reach the leader).
Worker (unable|fails|refuses) to connect(| to the leader)(|, why)?
My worker gets no (connection|contact) to the leader. (Firewall|What now|Why)?
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
I (expected|hoped for) double speed with two machines, but it is half. Why?
(Strange|Odd): alone it was (fast|quick), with a (second|third) machine it is slow.
(Is it true|Is it right) that the network makes it slower with more machines?
(So if I understand|So), the network is why (two machines|more machines) are slower?
(Two|Three) PCs should be (faster|quicker) than one, (shouldn't they|but they aren't). Why?
My friend's PC joined and now tokens come (slowly|more slowly|like snails). Why?
One machine: ten tokens per second. Two: (four|three|five). (Why|What is wrong)?
What is the (usual|common) reason that more machines are (slower|no faster)?
Where is the (bottleneck|brake) with (several|more) machines?
Why do I lose speed (by adding|when I add) (machines|a worker|PCs)?
The more machines (I add|I use), the slower it (gets|becomes). Why?
How (can|do) I (speed it up|make it faster) when several machines are slow together?
I doubled the machines and the speed (halved|did not rise). (Why|How come)?
No (gain|speedup|benefit) from (a second|another) machine, (why|what is wrong)?
Adding workers (hurts|costs speed|makes no difference). What (is the cause|do I check)?
(Without|Alone, without) the workers it is (faster|quicker). (Why|How is that)?
With a worker it (crawls|is sluggish|drags), alone it is (quick|fine). (Why|What is the cause)?
Does the network (slow everything down|hold everything up) with several machines?
What can I try when (several|two|more) machines are slower(| than one)?
How do I (find|see) the reason for less speed with (more|several) machines?
(It got|It became|Everything got) slower since a (second|new) machine joined.
Slower together than alone, (why|how can that be)?
(Disappointed|I am disappointed): four machines are (no faster|slower) than one.
Why does (the|my) speed (sink|fall|drop) (with each machine|when a worker joins)?
(Bad|Poor|Low) (speed|performance) with many machines(|, why)?
What is (eating|taking) the time when I run on (several|two) machines?
My second PC makes it worse(, not better|). (Why|Reason|How come)?
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
My PC has (8|16|32) GB and the model is (larger|bigger). What (can|should) I do?
(Is it true|Is it right) that a smaller --ctx (helps|saves memory)?
(So if I understand|So), a smaller (--type|--ctx) makes it fit?
It (stops|quits) with a message about memory. What (do I change|can I do)?
The model (bursts|exceeds) my (memory|RAM). (What now|What helps)?
I can't load the model, it is too (big|large|heavy). What can I (do|change)?
My (laptop|PC) starts (swapping|to swap) when I load the model. What helps?
Loading (ends|fails) (for lack of|because of too little) memory. What (now|helps)?
There isn't (enough|sufficient) (room|space) in memory for (the|my) model.
The model needs (50|40) GB, I have (30|16|20). (Any way out|What can I do)?
(Which|What) (flags|options|settings) (reduce|save) memory?
What can I (turn down|make smaller) to need less memory?
How do I get by with (less|little) memory?
(Do I have to|Must I) buy (more |)(memory|RAM), or is there another way to make it fit?
(Memory error|Memory problem|RAM problem)?
Lantern says the model (won't|doesn't) fit. (Help|What are my options)?
A rank has too little memory for its (part|share). What (can I do|helps)?
What (are my options|is to be done) if memory is (short|scarce|tight)?
How can I run a model that is (bigger|larger) than my memory?
The (large|big) model does not go into my (small|little) PC. (Ideas|What can I do)?
My memory is (exhausted|used up) by the model. What (now|can I do)?
(Would|Does) another machine help if the model does not fit?
(Shrink|Lower|Cut) the memory (use|need) of my model, (how|with what flags)?
It was killed for (using too much memory|memory). How do I make it fit?
(bad alloc|Cannot allocate memory|OOM), what (do I do|now)?
How do I make my model need less (space|room|RAM)?
The model is a (size|number) too big for (my RAM|us). (Solution|What do we do)?
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
I (only have|have only) (an old office PC|a normal laptop). (Will that do|Can I run Lantern)?
My (gaming PC|computer) has a fat (graphics card|GPU). Will Lantern use it?
(Is it true|Is it right) that Lantern (runs on|is for) (CPUs|ordinary PCs)?
(So if I understand|So), no (GPU|graphics card) is (needed|used|required)?
(Must|Should) I buy a (GPU|graphics card|server)(| first)?
Does Lantern (speak|support|know) (CUDA|ROCm|Metal)?
Is (CUDA|NVIDIA|InfiniBand) (needed|required|supported|used)?
Our (school|office) has (ordinary|normal|cheap) PCs. (Are they good enough|Will they do)?
Without a GPU (everything|all AI) is useless, they say. (And Lantern|True for Lantern)?
What (equipment|gear|kind of PC) (does Lantern expect|should I have)?
What must a machine (have|be) (to run|so that it runs) Lantern?
Will it (run|work) on (cheap|plain|everyday|simple) hardware?
Does the (graphics card|GPU) (matter|play a role|count)?
(Where|On what) does it compute, on the CPU or (the|a) GPU?
Are (GPUs|graphics cards) (ignored|used|of use)(| by Lantern)?
Do I need (a cluster|InfiniBand|a supercomputer|expensive gear)?
(Minimum|Recommended|Needed) (hardware|equipment|machine)?
My PC is nothing special. (Is it okay for Lantern|Will it do)?
I have (four|two) RTX cards. Does Lantern (want|use) them?
(Which|What) kind of (chip|processor) does Lantern (aim at|want|like)?
Which (machines|computers) is Lantern (aimed at|suited for|designed for)?
Does Lantern need a (special|fast|expensive) (switch|network card)?
Can we do it with (the machines we have|plain office PCs)?
(Graphics processor|Video card|GPU) (support|needed|required)?
How come Lantern does not use my (GPU|graphics card)?
(Special|Expensive|Exotic) hardware (needed|necessary|required)?
The machines (are|must be) of (which|what) kind: (CPU or GPU|with a GPU or without)?
? What computers is it made for?
? Will ordinary PCs without a graphics card do for Lantern?
"""),
]

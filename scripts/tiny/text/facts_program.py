"""Keys and commands of the chat, and what the program is made of.

Each fact is (key, answer, topic or None, questions), as fact_frames reads them. All are true of
Lantern, as its README tells it.
"""

FACTS = [
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
(Stop it|Enough|Shut up|Be quiet)! How do I make you (stop|shut up)?
You (talk|write) too much. How do I (silence|stop) you?
It (writes and writes|never ends|goes on and on). How do I stop it?
I'm (trapped|stuck|caught) in this chat. How do I get (out|away)?
(Is it true|Is it right) that Ctrl-C (stops|interrupts) the answer?
(So if I understand|So), Ctrl-C twice (leaves|ends) the chat?
I have to (go|run) now. How do I (finish|close|leave) here?
(Bye|Goodbye), how do I (end|close) (this|it)?
(Which|What) button do I (hit|push) to (leave|quit|stop it)?
The answer is (wrong|boring), I don't want the rest. How do I (stop|cut) it?
(Interrupting|Stopping|Cancelling) an answer, (how|which key)?
(Leaving|Quitting|Ending) the chat, (how|which key)?
I pressed Ctrl-C (once|one time) and am still here. How do I (leave|quit)?
I asked the wrong (thing|question). How do I (halt|stop|break off) the answer?
How do I return to my (shell|terminal|desktop) from the chat?
How does one (close|terminate|shut down) the chat?
Is there a (key|way) to (cut you short|halt the answer|make you stop)?
Does Ctrl-C (kill|end|quit) everything or only (stop|end) the answer?
Once or twice: (how often|how many times) do I press Ctrl-C to (quit|leave)?
(Exit|Quit|Escape) (key|keys|from the chat)?
The (door|way out|exit), where is it?
I (typed|tried) exit and it (answered|did not work). How do I (leave|quit)?
(Halt|Abort) (the answer|the output|writing)(|, how)!
How do I break off (a long|an endless|this long) answer?
I am (done|finished). How do I (leave|close|end) (this chat|the program)?
How do I stop the (flood of words|flow of text|writing)?
Please (stop|finish) writing. (Which key does it|What do I press)?
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
(Is it true|Is it right) that /help (lists|shows) the commands?
(So if I understand|So), I (type|enter) /help to see (the|all) commands?
I saw someone type a slash in the chat. (What commands are there|What can one type)?
What can I type that begins with a slash?
(Which|What) words with a slash (does the chat know|are there|can I use)?
Are there (hidden|special|secret|more) commands in the chat?
How do I learn all (the |)commands (of|in) the chat?
I'm lost in the chat. Where is the (help|list of commands)?
(Is there|Where is) a (help|help page|manual|cheat sheet) in the chat?
Show me (a help|a list) of what the chat understands.
Besides /resume, (which commands are there|what else can I type)?
What other commands (than /resume|besides /resume) does the chat (have|know)?
(Overview|Summary|Table) of the (chat |)commands?
How can I (look up|list) the commands (inside|within) the chat?
Which command do I type to see (the others|the rest of the commands)?
(Chat|Slash command) (help|reference|overview)?
Does the chat (offer|have) (some|any) commands(|, and which)?
What happens (if|when) I type /help?
I don't want to ask, I want to see the commands. What do I type?
A list of everything that starts with a slash, (please|where)?
Do you have (chat commands|slash commands|commands with a slash)?
I (read|heard) that the chat has commands. Which (are they|ones)?
Typing a slash, then what? (Which commands exist|Which words are possible)?
Can the chat (tell|show) me its commands?
In the chat, (how do I|where do I) (find|get) (help|the commands)?
Which (instructions|orders) does the chat (obey|take|accept)?
/help (does|shows|gives) what?
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
I have the sources and a (terminal|shell). (What is the first thing to run|How do I go on)?
I (unpacked|checked out) the source. How do I (turn it into|get) a running program?
(Is it true|Is it right) that scripts/chat (installs|builds) everything?
(So if I understand|So), scripts/chat (builds|installs|does) it all?
I (see|found) a file (called |)scripts/chat. What (is it about|will it do)?
Someone told me to run scripts/chat. What (will it do|happens then)?
scripts/chat in (simple|plain) words?
(Describe|Explain) scripts/chat (to a beginner|in one sentence).
(Fresh|New) machine, nothing (installed|on it). How do I get Lantern (running|to run)?
Do I need (cmake|make|a compiler|many packages) to build it, or is there a script?
I can't (compile|build) things. Is there an easy way to (install|get) Lantern?
What is the (easiest|quickest|simplest) way to (install|build|set up) Lantern?
From (zero|nothing) to a (running|first) chat, how?
(Install|Setup|Build) (guide|steps|script)?
Git clone is done. (And then|What comes now|Next step)?
How do I make a (binary|program) from the source?
Where is the (installer|build script|setup)?
The build (fails|stops) because packages are missing. What (installs|brings) them?
Is there a (single|one) script that (does it all|builds and starts)?
I want to (try|use) Lantern for the first time. What do I (run|do) (first|after the clone)?
Must I (install|fetch) the (dependencies|libraries) by hand?
How are the (missing packages|dependencies) installed?
(Dependencies|Prerequisites|Missing packages), how do I get them?
Our (teacher|admin) wants Lantern on this PC. How (is it installed|does one install it)?
Which script do I (run|start) (first|after cloning)?
How do I (begin|start) when I only have the (source|repository)?
(Compile|Build) from source, (please|how|which script)?
First time here: (install how|how do I set it up|which script)?
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
(Is it true|Is it right) that Lantern is (a C++ program|in C++)?
(So if I understand|So), the (code|source) is (C++|not Python)?
I am a (Python|Java|Rust) (programmer|developer). Can I read the source of Lantern?
I know only (Python|C|Java). Will I understand the (code|source)?
(What|Which) programming language (was used|was chosen|did they choose)(| for Lantern)?
I'd like to (contribute|send a patch). Which programming language do I need?
To (change|understand|patch) Lantern, which programming language do I need?
The source (files|code): (Python, C++ or|C or Rust or) what?
(Which|What) compiler language is Lantern (made|built) in?
Is the code (C++|Python|Rust|Go|Java)?
(With|In) which programming language did they (make|build|create) Lantern?
Is there any (Python|Rust|Java) in Lantern, or what is it (written|coded) in?
What (do|did) the (developers|programmers|authors) of Lantern (code|program) in?
Lantern (looks|feels|is) fast. (Is it C++|Which programming language is that)?
(Written|Coded|Programmed) in (what|which language)?
Which language (is|are) the (files in src|source files) (in|written in)?
Does the program come as (Python scripts|Java|C++ code)?
I (open|opened) the source (and see|with) curly braces. Which language is it?
Do I need Python to (read|extend) the code?
(Source code|Program code) (language|in which language)?
For my (CV|course) I look for a C++ project. Is Lantern one?
Name the language that Lantern is (coded|programmed|implemented) in.
Did somebody really write this in (C++|Python|assembler)?
(Which|What) (tongue|language) do the programmers of Lantern write?
Is Lantern (implemented|developed|done) in (C++|Rust|Python|Go)?
The makers of Lantern, which programming language do they (like|write|use)?
(C++|Python|Rust|Go) or not, the code of Lantern?
What (language|programming language) would I (see|find) in the (source|code)?
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
Our (lawyer|legal department|boss) asks (under which license|what license) Lantern (is|comes).
(Is it true|Is it right) that Lantern (is MIT|has the MIT license|is free)?
(So if I understand|So), I may (use|copy|sell) Lantern (freely|for free)?
May my (school|company|firm) use Lantern (free of charge|without a fee)?
I want to (build|put) Lantern into my product. (Is that allowed|May I)?
Do I get (into trouble|sued) if I (copy|sell|change) Lantern?
What (rights|permissions) do I have (with|on) Lantern?
What are the (legal terms|conditions|terms of use)(| of Lantern)?
Is there a (fee|price|charge|subscription) for Lantern?
Must I (buy|order|purchase) Lantern(| or is it free)?
How (expensive|costly|free) is Lantern?
(GPL|BSD|Apache|MIT): which (one |)is it for Lantern?
Is Lantern under the (GPL|MIT license|Apache license|BSD license)?
May I (publish|release|share) my own (version|fork|copy) of Lantern?
Am I (free|permitted) to (fork|alter|resell) (Lantern|the code)?
Who may use Lantern, and under what (terms|conditions|license)?
Before I install it at work: (what license is it|is it free|which license)?
I don't want to pay. Is Lantern (gratis|free of charge)?
(Legal question|A legal question): which license does the code have?
(Price|Cost|Costs) of Lantern?
(License|Licence|Legal) (info|information|question|status)?
What does the (license file|file LICENSE) say?
What kind of (license|licence) did the authors (choose|pick|give it)?
(Is commercial use|Is selling it|Is changing it|Is a fork) allowed?
Does (one|anyone) have to ask for permission to (use|copy|change) Lantern?
Do I need a (license key|paid license) to use (it|Lantern)?
I'd like to (give|hand) Lantern to my friends. (Is that legal|May I|Allowed)?
Lantern is (public|open|free) software, (right|isn't it)?
? Under which license is Lantern?
? What license must I accept if I use Lantern?
"""),
]

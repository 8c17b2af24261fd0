"""What Lantern is, how it spreads a model, and how machines join.

Each fact is (key, answer, topic or None, questions); the last question is for tests only. All are
true of Lantern, as its README tells it.
"""

FACTS = [
    ("runs one Llama model on several machines",
     "Lantern is a program that runs one Llama model on several machines of a local network "
     "at once.", "Lantern", """
What does Lantern do?
What is this program?
What program is this?
What is this program for?
Which program are you part of?
What can Lantern do?
What does this software do?
What is the program that I am using?
"""),
    ("too large or too slow",
     "It is made for models that are too large or too slow for one machine.", None, """
Why should I use Lantern?
What is Lantern good for?
When do I need Lantern?
Why use several machines?
Why would I split a model?
What is the use of several machines?
Which problem does Lantern solve?
For which models is Lantern made?
Why not just one machine?
When is Lantern useful?
"""),
    ("same logits, bit for bit",
     "One answer means: the same model, prompt and seed give the same logits, bit for bit, on "
     "any layout.", "one answer", """
What is Lantern's promise?
What does Lantern promise?
Is the answer the same on any number of machines?
Does the answer change with more machines?
Do I get the same answer on two machines?
What is the promise of one answer?
Are results reproducible?
Can I reproduce a result?
Will two layouts give the same result?
"""),
    ("adds up the partial sums",
     "Tensor parallelism divides the work of every token: each rank computes a part of every "
     "layer and adds up the partial sums.", "tensor parallelism", """
How does tensor parallelism work?
What is tensor parallel?
What does tensor parallel mean?
What does --tp do?
What is tp?
How is a layer split?
What does the flag --tp mean?
How do machines share one layer?
How does tp work?
"""),
    ("divides the layers",
     "Pipeline parallelism divides the layers: each stage computes some layers and hands over "
     "to the next.", "pipeline parallelism", """
How does pipeline parallelism work?
What is a layer pipeline?
What is a pipeline?
What does --pp do?
What is pp?
What does the flag --pp mean?
How does a pipeline of layers work?
How are the layers divided?
How does pp work?
"""),
    ("where links are fast",
     "Use tensor parallelism where links are fast, and a pipeline where the network is slow.",
     None, """
Which layout should I use?
Should I use tp or pp?
When should I use tensor parallelism?
When should I use a pipeline?
Tensor or pipeline parallelism?
What is better, tp or pp?
Which is better, tensor parallelism or a pipeline?
How do I choose the layout?
Which layout is best?
How do I choose between tp and pp?
"""),
    ("the leader",
     "Rank 0 is the leader: it has the model file, reads what you type, and samples every "
     "token.", "rank 0", """
What does rank 0 do?
What is the leader?
What does the leader do?
Which machine is rank 0?
Who is rank 0?
What is the job of rank 0?
What is special about rank 0?
Which machine is the leader?
What is the role of the leader?
"""),
    ("one member of the group",
     "A rank is one member of the group: a process with a number, which computes its part of "
     "the model.", "a rank", """
What are ranks?
What does rank mean?
What is a rank in Lantern?
What is the number of a machine called?
What is meant by rank?
What are the ranks of a run?
"""),
    ("lends its machine",
     "A worker lends its machine to the leader and computes its part of the model.",
     "a worker", """
What does a worker do?
What are workers?
What is the job of a worker?
What is lantern worker?
What does lantern worker do?
What does the command worker do?
What is the role of the workers?
"""),
    ("lantern worker --join HOST:PORT",
     "Run this on the new machine: lantern worker --join HOST:PORT", None, """
How do I add a worker?
How can I add a machine?
How do I add another machine?
How does a machine join?
How do I start a worker?
How do I join a worker?
How do I connect a second computer?
What is the command for a worker?
How can a second machine help?
Add a worker, how?
How do I use a second machine?
I have another computer. How do I add it?
How do I lend a machine?
Which command makes a machine a worker?
"""),
    ("lantern chat MODEL --workers N",
     "Run this where you sit: lantern chat MODEL --workers N", None, """
How do I chat with several machines?
How do I wait for workers?
How do I start a chat with workers?
What does --workers do?
How do I chat on two machines?
How does the leader wait for workers?
How do I run a chat over the network?
Which command chats with N workers?
How do I start the leader?
What do I type to chat with two workers?
"""),
    ("lantern chat MODEL",
     "Run this: lantern chat MODEL", None, """
How do I start a chat?
How do I chat?
How can I chat with a model?
What is the command to chat?
Which command starts a chat?
How do I talk to a model?
How do I start chatting?
How do I begin a chat with my model?
"""),
    ("lantern run MODEL",
     "Run this: lantern run MODEL -p TEXT -n N", None, """
How do I complete a text?
How do I run a single prompt?
How do I get one completion?
What does lantern run do?
How do I run a prompt without a chat?
What is the command for a completion?
How do I complete one prompt?
Which command gives one raw completion?
"""),
    ("--local N",
     "Use the flag --local N: it starts N ranks on this machine.", None, """
How do I try several ranks on one machine?
How do I run two ranks here?
What does --local do?
Can I try it with one machine?
What does --local 2 mean?
How do I test without a network?
How can I try it without other machines?
I have only one computer. Can I try it?
How do I start several ranks on this machine?
"""),
    ("Only the leader",
     "Only the leader needs the model file. Workers get their part over the network.", None, """
Which machine needs the model file?
Who needs the model file?
Must I copy the model to all machines?
Do workers need the model file?
Does every machine need the model?
Where must the model file be?
Do I have to copy the model?
Do I need the file on each machine?
How do workers get the weights?
Where do the workers get the model from?
"""),
    ("keeps them in a cache",
     "A worker keeps them in a cache, so a second start sends nothing.", None, """
Are the weights sent every time?
Does a worker keep its weights?
Is the model sent again at the next start?
What is the cache of a worker?
Where does a worker keep the weights?
Must the weights be sent again?
Why is the second start faster?
What happens to the weights after a run?
Does the second start send the weights again?
"""),
    ("lantern key > lan.key",
     "Run this once and copy the file to every machine: lantern key > lan.key", None, """
How do I make a key?
What does lantern key do?
How do I create a key?
How do I get a key?
Which command makes a key?
How do I make a key file?
How do I make my LAN safe?
How do I protect my machines?
How can I create a new key file?
"""),
    ("only machines that have it take part",
     "A key is a file: with it, only machines that have it take part.", "a key", """
What is the key for?
What is lan.key?
Why do I need a key?
What is a key file?
What does --key do?
What is the key of the LAN?
Who can join with a key?
What is the purpose of the key?
"""),
    ("on this machine only",
     "Without a key, Lantern listens on this machine only, unless you say --insecure.", None, """
What happens without a key?
Can I work without a key?
Do I need a key?
What does --insecure do?
Is a key required?
What if I have no key?
Can strangers join?
Can I leave out the key?
What if there is no key file?
"""),
    ("data is not",
     "With a key, control messages and weights are encrypted, but data is not.", None, """
What is encrypted?
Is the traffic encrypted?
Is my chat encrypted?
Is the data encrypted?
Are the weights encrypted?
Can somebody listen to my chat?
Is Lantern secure?
Which traffic is encrypted?
Is everything encrypted on the network?
"""),
    ("connects the ranks",
     "Gloo is the library that connects the ranks for data, such as partial sums.", "Gloo", """
What is Gloo for?
What does Gloo do?
What does Lantern use Gloo for?
Which library sends the partial sums?
Why Gloo?
What do you use Gloo for?
"""),
    ("control messages",
     "ZeroMQ is the library that carries control messages, such as who joins.", "ZeroMQ", """
What is ZeroMQ for?
What does ZeroMQ do?
What does Lantern use ZeroMQ for?
Which library carries control messages?
Why ZeroMQ?
What do you use ZeroMQ for?
"""),
]

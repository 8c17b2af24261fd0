"""The plots of stories: what the hero does with an object, what goes wrong, and who helps how.

A plot has a verb for its object (as in "Milo found a key": `verb`, and `base` as in "What did Milo
find?"), sentences that lead to the object, pairs of a problem and its solution, and sentences that
come after. A problem and a solution appear word for word in the story and again in the answers to
questions: for a tiny model, an answer that is a copy is an answer it can give.

Slots: {name} {he} {him} {his} {a_thing} (a golden key) {thing} (key) {friend} {spot} (where it is).
A solution begins after the friend's name: "Pip" + " dived into the water and brought it up".
"""

from .phrasing import template, templates


class Plot:
    __slots__ = ("base", "verb", "setups", "trouble", "results")

    def __init__(self, base, verb, setups, trouble, results):
        self.base = base
        self.verb = verb
        self.setups = templates(setups)
        self.trouble = [tuple(template(part.strip()) for part in line.split("|"))
                        for line in trouble.strip().split("\n")]
        self.results = templates(results)


PLOTS = [
    Plot("find", "found", """
One day, {name} found {a_thing} in the grass.
One morning, {name} went for a walk and found {a_thing}.
While {he} was cleaning up, {name} found {a_thing}.
After the rain, {name} found {a_thing} under a bush.
""", """
nobody knew whose {thing} it was | asked everybody and found the owner
the {thing} was stuck between two stones | moved the stones with a long stick
the {thing} was too heavy to carry | brought a little cart
a cheeky bird took the {thing} away | sang to the bird until it gave the {thing} back
the {thing} was covered in mud | washed it in a bucket of warm water
""", """
Now the {thing} was safe, and everybody wanted to see it.
They put the {thing} in the window, where it looked very fine.
{name} and {friend} looked at the {thing} until it was dark.
"""),
    Plot("lose", "lost", """
One day, {name} lost {a_thing}.
One windy afternoon, {name} lost {a_thing} on the way home.
{name} played all day long and lost {a_thing}.
On a busy morning, {name} lost {a_thing} and did not notice until noon.
""", """
the {thing} had fallen into deep water | dived down and brought the {thing} up
the {thing} had rolled into a dark hole | crawled into the hole and pushed the {thing} out
the wind had blown the {thing} into a tree | climbed the tree and shook the branches
snow had covered every path | dug in the snow until the {thing} was there
it was too dark to look for the {thing} | held up a bright light all night
""", """
{name} held the {thing} tight and promised to be more careful.
From that day on, {name} kept the {thing} in a safe pocket.
The {thing} was back, and not a bit of it was broken.
"""),
    Plot("make", "made", """
One day, {name} made {a_thing} all alone.
For the spring fair, {name} made {a_thing}.
It was raining, so {name} stayed inside and made {a_thing}.
{name} had a plan: for three days {he} worked, and then {he} had made {a_thing}.
""", """
the {thing} broke in two | fixed it with strong glue
nobody came to look at the {thing} | invited all the neighbours
one part of the {thing} was missing | carved the missing part out of wood
the {thing} was much too plain | painted it with bright stars
the {thing} fell over all the time | put a flat stone under it
""", """
Now the {thing} was better than ever.
All who saw the {thing} clapped and cheered.
The {thing} even won a small prize.
"""),
    Plot("borrow", "borrowed", """
One day, {name} borrowed {a_thing} from a neighbour.
For a long trip, {name} borrowed {a_thing}.
{name} needed help with the work and borrowed {a_thing}.
""", """
the {thing} got a big crack | knew a good trick and mended the crack
{name} forgot where the {thing} was | followed the footprints back to it
the {thing} was left out in the rain | dried it by the fire
a thief ran off with the {thing} | blocked the road and made the thief give up
""", """
The next day, {name} gave the {thing} back and said thank you.
The neighbour got the {thing} back and was not angry at all.
So the {thing} came home in good time.
"""),
    Plot("want", "wanted", """
More than anything, {name} wanted {a_thing}.
For a whole year, {name} had wanted {a_thing}.
{name} saw {a_thing} in a shop window and wanted it at once.
""", """
the {thing} cost too much money | gave {name} work in the garden to earn the money
the last {thing} was already sold | knew how to build a new one
the shop was far away | carried {name} there in one day
nobody could say where to get one | had an old one in the attic
""", """
At last, {name} had the {thing} in {his} own hands.
{name} took the {thing} home and showed it to everyone.
It was the best {thing} that {name} had ever seen.
"""),
    Plot("bring", "brought", """
One day, {name} brought {a_thing} to a sick friend.
It was a feast day, and {name} brought {a_thing} as a gift.
{name} packed a bag and brought {a_thing} to the old people of the village.
""", """
the bridge on the way was broken | laid a long log over the gap
thick fog hid the road | rang a bell to show the way
the river was too wide to cross | came with a little boat
the gate was locked for the night | slipped through the fence and opened the gate
""", """
The {thing} came just in time, and there was tea for all.
So the {thing} arrived safely after all.
Everybody thanked {name} for the {thing}.
"""),
    Plot("win", "won", """
At the summer fair, {name} won {a_thing}.
{name} ran in the big race and won {a_thing}.
One evening, {name} won {a_thing} in a game.
""", """
a jealous neighbour hid the {thing} | found it behind the haystack
the {thing} was too big for the door | took the door off its hinges
some said that {name} had cheated | had seen everything and told the truth
the {thing} did not work | turned one small screw and it worked
""", """
Then {name} shared the {thing} with all the others.
Soon the {thing} stood in the middle of the room.
{name} let everyone try the {thing}.
"""),
    Plot("hide", "hid", """
One day, {name} hid {a_thing} for a treasure hunt.
{name} had a secret: last winter {he} hid {a_thing}.
For a birthday surprise, {name} hid {a_thing}.
""", """
{name} could not remember the hiding place | sniffed along the ground and found it
a storm had changed the whole land | drew a new map
the tree by the hiding place was gone | knew where the tree had stood
ants were living all over the {thing} | led the ants to a better home
""", """
The {thing} came out again, and everyone laughed.
Together they put the {thing} in a better place.
Nobody had expected {a_thing}, and the surprise was great.
"""),
    Plot("buy", "bought", """
One day, {name} went to the market and bought {a_thing}.
With {his} last coins, {name} bought {a_thing}.
{name} bought {a_thing} from an old trader.
""", """
the {thing} was not real | went back to the trader and got the money back
the {thing} made a terrible noise | put soft wool inside
the bag had a hole and the {thing} slipped out | ran back and picked it up
the way home was long and steep | pulled the {thing} up on a sledge
""", """
After that, {name} used the {thing} every single day.
The {thing} was worth every coin.
At home, the {thing} got the best place of all.
"""),
    Plot("carry", "carried", """
Every day, {name} carried {a_thing} up and down the road.
One day, {name} carried {a_thing} all the way to the top of a hill.
{name} had a job: {he} carried {a_thing} from door to door.
""", """
{his} legs got very tired | took the other end and helped to carry
{name} slipped and fell into a ditch | let down a rope and pulled {him} out
a big rock lay on the road | rolled the rock away
it got hot and there was no water | knew a cool spring in the shade
""", """
So they carried the {thing} together, and it felt light.
The {thing} reached its place before sunset.
With two, the {thing} was not heavy at all.
"""),
    Plot("dream of", "dreamed of", """
Every night, {name} dreamed of {a_thing}.
One stormy night, {name} dreamed of {a_thing}.
{name} slept under a tree and dreamed of {a_thing}.
""", """
no one believed the dream | believed it and came along to look
the way from the dream was full of thorns | cut a path through the thorns
{name} was afraid to go alone | took {him} by the hand
in the morning the dream was half forgotten | wrote down every word of it
""", """
And there it was: the {thing}, just like in the dream.
Behind the last tree, they saw the {thing}.
So the dream of the {thing} came true.
"""),
    Plot("repair", "repaired", """
One day, {name} repaired {a_thing} that no one else could mend.
In the evenings, {name} repaired {a_thing}.
{name} opened the old box and repaired {a_thing} that lay in it.
""", """
the right tool was missing | lent {him} a fine little tool
the lamp went out in the middle of the work | lit a candle and held it high
a tiny part rolled under the floor | reached under the floor and got it
the last piece did not fit | filed the piece until it fitted
""", """
Then the {thing} was as good as new.
The {thing} worked again, and all were amazed.
People came from far away to see the {thing}.
"""),
    Plot("guard", "guarded", """
Night after night, {name} guarded {a_thing}.
The mayor was away, so {name} guarded {a_thing}.
For one long week, {name} guarded {a_thing}.
""", """
{name} fell asleep at midnight | stayed awake and rang the alarm
strange steps came closer in the dark | looked outside and saw that it was only a cow
a fire broke out next door | called everyone and put out the fire
the roof let in the rain | held a big umbrella over the {thing}
""", """
In the morning, the {thing} was still there.
Nothing had happened to the {thing}.
The mayor came back and praised the good guards of the {thing}.
"""),
    Plot("catch", "caught", """
One day, {name} went fishing and caught {a_thing}.
{name} threw a long line and caught {a_thing}.
Something was flying by, and {name} jumped and caught {a_thing}.
""", """
the line was in a terrible knot | untied the knot with patience
{name} fell into the cold water | threw {him} a rope
the {thing} slipped away again | waited with a net and got it
the current pulled the boat away | swam behind and pushed it back
""", """
They laughed for a long time about such a catch: {a_thing}!
In the evening, the {thing} was dry and clean.
Nobody had ever caught {a_thing} before.
"""),
    Plot("draw", "drew", """
One day, {name} drew {a_thing} on a big wall.
{name} had a box of chalk and drew {a_thing}.
For a picture book, {name} drew {a_thing}.
""", """
the chalk was used up | found more chalk in an old school
the rain washed half of it away | put up a roof of leaves
people said the colours were wrong | mixed a much better colour
the wall was too high | lent {him} a ladder
""", """
When it was done, the {thing} looked real.
Everybody stopped to look at the {thing}.
The picture of the {thing} is still there today.
"""),
    Plot("search for", "searched for", """
For many days, {name} searched for {a_thing}.
An old song told of a treasure, so {name} searched for {a_thing}.
With a torn map, {name} searched for {a_thing}.
""", """
the map was missing its last corner | had the missing corner at home
the path ended at a deep hole | built a bridge of branches
all the signs pointed the wrong way | knew the way by the stars
a grumpy guard let nobody through | told the guard a funny joke
""", """
At last, they dug in the right place, and there was the {thing}.
Behind a big stone, the {thing} was waiting.
When the sun came up, they found the {thing}.
"""),
    Plot("give away", "gave away", """
One day, {name} gave away {a_thing} to a stranger.
It was cold, and {name} gave away {a_thing}.
{name} had more than enough and gave away {a_thing}.
""", """
{name} missed the {thing} very much | made a new one as a present
others came and wanted gifts too | helped to make gifts for all
the stranger left without a word | ran after the stranger and asked why
{name} had nothing left | shared a warm supper with {him}
""", """
A week later, the {thing} came back with a kind letter.
The {thing} had made somebody very glad.
Where the {thing} had been, there was now a friend.
"""),
    Plot("invent", "invented", """
One day, {name} invented {a_thing} that could talk.
In a small workshop, {name} invented {a_thing} that could move.
{name} thought for a month and then invented {a_thing} that could sing.
""", """
the {thing} ran away down the road | caught it with a big net
it went round and round and would not stop | pulled out the little spring
smoke came out of it | opened a window and found the mistake
nobody understood how to use it | wrote a short guide for it
""", """
From then on, the {thing} did just what it should.
Soon all of the neighbours wanted {a_thing} too.
The {thing} was the talk of the town.
"""),
    Plot("sell", "sold", """
One day, {name} sold {a_thing} at the market.
{name} needed money for bread and sold {a_thing}.
From a small stall, {name} sold {a_thing}.
""", """
{name} wanted the {thing} back | talked to the buyer and got it back
the buyer did not want to pay | counted the coins and made it fair
it was the wrong {thing} | ran to change it before noon
the buyer could not use it | showed the buyer how it works
""", """
In the end, both sides were pleased about the {thing}.
The {thing} was in good hands.
And the story of the {thing} was told for years.
"""),
    Plot("follow", "followed", """
One night, {name} saw {a_thing} flying by and followed it.
A trickster pulled {a_thing} on a string, and {name} followed it.
Down the hill rolled {a_thing}, and {name} followed it.
""", """
{name} lost the way home | knew the wood and led {him} home
a wide swamp lay in between | knew the dry stones in the swamp
the night was very dark | came with a jar of fireflies
a tall wall stopped everything | found a small door in the wall
""", """
And the {thing}? It stopped right at their feet.
Later, the {thing} stood still, as if nothing had happened.
Nobody ever learned why the {thing} had moved.
"""),
    Plot("save", "saved", """
There was a great flood, and {name} saved {a_thing}.
When the old house fell down, {name} saved {a_thing}.
One day, {name} jumped up and saved {a_thing} from the fire.
""", """
{name} hurt a foot | put a bandage on the foot
the {thing} was wet and dirty | cleaned it with a soft cloth
there was no dry place for it | offered a warm room
no one knew what to do next | made a good plan
""", """
Thanks to the two, the {thing} can still be seen today.
The {thing} was saved for good.
Everybody was glad that the {thing} was not gone.
"""),
    Plot("get", "got", """
On {his} birthday, {name} got {a_thing}.
One day, a parcel came, and {name} got {a_thing}.
From a kind old aunt, {name} got {a_thing}.
""", """
{name} did not know what it was for | explained it step by step
it came without any note | read the stamp and knew who had sent it
the parcel was tied too well | bit through the string
the little ones fought over it | made a list so that all had a turn
""", """
After that, {name} took the {thing} everywhere.
{name} wrote a long letter to say thank you for the {thing}.
The {thing} was the best present of the year.
"""),
    Plot("get in the swap", "got", """
One day, {name} swapped a loaf of bread for {a_thing}.
At the harbour fair, {name} swapped an old coat for {a_thing}.
{name} met a trader and swapped two eggs for {a_thing}.
""", """
the {thing} turned out to be empty inside | filled it with sweet nuts
the trader came back and was angry | settled the quarrel with a smile
{name} was hungry now | cooked a big pot of soup
the {thing} was old and worn | polished it until it was bright
""", """
It was a good swap after all, and the {thing} stayed.
Nobody would have given the {thing} back.
So the {thing} got a new home.
"""),
    Plot("take back", "took back", """
A thief had been there, but {name} took back {a_thing}.
One night, {name} climbed into the tower and took back {a_thing}.
The crows had stolen {a_thing}, but {name} took it back.
""", """
the crows were very angry | gave the crows some corn
the stairs of the tower were broken | held a long ladder
guards stood at every door | led the guards away with a song
the {thing} was tied to a chain | opened the lock with a pin
""", """
The {thing} was back where it belonged.
The next morning, the {thing} lay on the table.
After so much trouble, the {thing} shone like new.
"""),
]

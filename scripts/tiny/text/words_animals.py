"""Animals, people and names: who a story can be about."""

ANIMALS = """
fox wolf bear deer rabbit hare mouse rat squirrel chipmunk beaver otter badger hedgehog mole shrew
weasel stoat ferret marten lynx cat dog puppy kitten horse pony donkey mule cow calf goat sheep lamb
pig piglet boar ram hen duck duckling goose gosling turkey swan owl crow raven magpie jay sparrow
robin wren finch swallow lark thrush blackbird cuckoo pigeon dove parrot falcon hawk eagle heron
stork crane pelican penguin puffin gull albatross flamingo peacock ostrich emu kiwi hummingbird
woodpecker kingfisher nightingale frog toad newt salamander lizard gecko chameleon iguana turtle
tortoise snake crocodile alligator fish trout salmon carp pike herring cod eel shark ray whale
dolphin porpoise seal walrus octopus squid crab lobster shrimp snail slug worm spider ant bee
bumblebee wasp beetle ladybird cricket grasshopper butterfly moth dragonfly firefly caterpillar lion
tiger leopard panther cheetah hyena jackal zebra giraffe elephant rhino hippo camel llama alpaca
buffalo bison moose elk reindeer antelope gazelle monkey gorilla lemur sloth armadillo anteater
koala kangaroo wallaby wombat platypus echidna panda raccoon skunk possum porcupine opossum bat
dormouse hamster gerbil vole yak ibex chamois mongoose meerkat tapir capybara jaguar puma coyote
dragon unicorn griffin seahorse starfish jellyfish
""".split()

# (kind, pronoun or "" for either)
PEOPLE = [(kind, "") for kind in """
baker miller farmer sailor painter tailor gardener fisher clockmaker teacher shepherd carpenter
potter weaver singer dancer postman doctor librarian cook builder driver pilot knight wizard
shoemaker blacksmith beekeeper juggler drummer piper captain explorer inventor child giant gnome elf
robot
""".split()] + [("girl", "she"), ("boy", "he"), ("princess", "she"), ("prince", "he"),
                ("queen", "she"), ("king", "he"), ("grandmother", "she"), ("grandfather", "he")]

NAMES_SHE = """
Ada Agnes Alba Alice Alma Amber Amy Anna Anouk Ava Bella Bess Betty Bianca Birdie Bonnie Bree
Bridget Cara Carla Cecily Celia Chloe Clara Cora Daisy Dana Dina Dora Dot Edith Ella Elsa Elsie
Emily Emma Erin Esme Eva Eve Faye Fern Fiona Flora Freya Gemma Gerda Gilda Ginger Grace Greta Gwen
Hanna Hazel Heidi Helen Hetty Holly Ida Ina Ines Iris Isla Ivy Jana Jane Jenny Jessie Jill Joan
Josie Judy Julia June Kate Katja Kira Kitty Lara Laura Lea Lena Lila Lilly Lina Lisa Lola Lotta Lucy
Luna Lydia Mabel Maggie Maia Mara Maria Martha Mary Maud May Meg Mia Mila Millie Mina Mira Molly
Mona Myra Nadia Nan Nell Nina Nora Olga Olive Olivia Paula Pearl Peggy Penny Petra Pia Pippa Polly
Poppy Quinn Rhea Rita Roma Rosa Rose Rosie Ruby Ruth Sadie Sally Sara Selma Sina Sofia Stella Sue
Susi Sylvia Tara Tess Tilda Tilly Tina Toni Trudy Ursula Vera Viola Wanda Willa Wilma Winnie Yara
Yvonne Zara Zelda Zoe
""".split()

NAMES_HE = """
Abel Adam Alan Albert Alfie Amos Anton Archie Arlo Arthur Axel Barney Basil Ben Benno Bert Bill
Bjorn Bob Boris Bruno Carl Caspar Charlie Clem Colin Conrad Cyril Dan David Dennis Dexter Dirk
Duncan Eddie Edgar Eli Emil Eric Ernie Felix Fergus Finn Frank Fred Fritz Gabe George Gil Gus Hal
Hank Hans Harry Harvey Hector Henry Herb Hugo Igor Ike Ivan Jack Jacob Jake Jasper Jim Joe Jon Jonas
Jules Karl Ken Kurt Lars Lenny Leo Leon Levi Linus Louis Luca Ludo Luke Magnus Manny Marco Mark
Martin Max Mick Miles Milo Monty Moritz Ned Nick Nico Nils Noah Norman Olaf Oliver Orson Oscar Otis
Otto Ozzy Pablo Paul Percy Pete Phil Pip Quentin Ralph Ravi Ray Remy Rex Robin Rolf Roman Rory Rudi
Rufus Rupert Sam Scott Seth Sid Simon Sven Ted Theo Tim Tobias Toby Tom Tony Ulf Uri Vic Victor Vito
Wally Walt Will Yuri Zack Zeno
""".split()

# Names nobody has, so that the model learns to copy a name and not only to know three hundred.
NAME_STARTS = """
Ba Be Bo Bri Ca Cor Da Del Dra El Fa Fi Flo Ga Gri Ha Hel Jo Ka Kel Kri La Lo Lu Ma Mel Mo Na Ner No
Ol Pa Per Qui Ra Ri Ro Sa Sel Sko Ta Tel Tri Ul Va Vel Vi Wa Wel Xa Ya Yo Za Zel Zi
""".split()
NAME_MIDDLES = "ba bi da do la le li lo ma mi na no ra ri ro sa si ta ti va vi za".split()
NAME_ENDS = """
bel by dan do kin la len li lo mar mi na nor ra rin ro sa sel tan ti vin wen xi zo
""".split()

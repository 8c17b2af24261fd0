"""Objects and adjectives: what is found, lost and made, and what everything looks like."""

OBJECTS = """
key coin ring crown necklace bracelet button bell whistle drum flute violin trumpet guitar harp
fiddle lantern lamp candle torch mirror comb brush cup mug plate bowl spoon fork kettle teapot pot
pan jar bottle basket bucket barrel box chest trunk suitcase bag sack purse wallet map compass
telescope magnifier clock watch hourglass calendar book diary letter postcard envelope stamp pen
pencil brushpen notebook painting picture photograph puzzle kite ball balloon doll puppet marble top
yo-yo rocking-horse teddy dice card chessboard hat cap scarf glove mitten coat cloak cape boot shoe
slipper sock belt ribbon umbrella parasol blanket quilt pillow cushion carpet rug curtain broom mop
ladder rope net hook hammer saw nail screwdriver wrench axe shovel spade rake hoe wheelbarrow cart
sled sledge bicycle scooter wagon wheel anchor oar sail paddle canoe rowing-boat feather shell
pebble stone crystal gem pearl ruby emerald diamond fossil acorn pinecone chestnut walnut seed
flower rose tulip sunflower daisy mushroom leaf apple pear plum cherry peach lemon melon pumpkin
carrot turnip potato cabbage pie cake cookie biscuit pancake loaf bun cheese sandwich honeypot
jam-jar egg nest-box birdhouse lunchbox medal trophy flag banner shield helmet sword wand cauldron
potion amulet charm statue figurine vase flowerpot watering-can music-box snow-globe toolbox
sewing-kit needle thimble spinning-wheel loom wind-chime sundial weathervane horseshoe saddle bridle
stool chair table bench hammock cradle swing seesaw radio camera microphone battery magnet spring
gear cogwheel toy-train toy-car toy-boat backpack
""".replace("\n", " ").split()
OBJECTS = [word.replace("-", " ") if word != "yo-yo" else word for word in OBJECTS]

OBJECT_ADJECTIVES = """
golden silver wooden glass copper iron paper shiny rusty dusty heavy tiny huge round striped spotted
magic broken painted old new smooth strange pretty lovely plain curious little big red blue green
yellow purple white black pink orange carved polished tin clay woven crooked
""".split()

COLOURS = """
red blue green yellow orange purple pink brown black white grey golden silver violet turquoise
crimson scarlet copper cream beige
""".split()

TRAITS = """
brave shy clever curious kind gentle lazy busy happy quiet noisy proud humble patient careful
cheerful friendly grumpy hungry sleepy lonely playful polite stubborn thoughtful wise young old tiny
big small tall fat thin strong quick slow nervous calm daring dreamy eager fearless forgetful funny
generous honest jolly lively loyal merry messy modest neat nosy bold sensible serious silly sly
smart tidy timid tough warm-hearted witty wild plucky restless nimble
""".split()

SAD = """
sad worried upset afraid nervous lonely angry helpless unhappy puzzled tired disappointed confused
gloomy
""".split()

GLAD = """
happy proud glad thankful relieved cheerful calm delighted content merry joyful lucky brave peaceful
excited hopeful
""".split()

# Words for lists: short, known, with many different first letters.
LIST_WORDS = """
apple ant acorn bell book bear cat cup cloud dog door drum egg eagle ear fox fish flag goat gate
glass hat hill horse ice ink island jar jam jacket key kite king lamp leaf lion moon mouse map nest
nail nut owl oak orange pen plum pig queen quilt quail rain ring rose sun ship star tree tent train
urn umbrella uncle van vase violin wolf wall wind yak yarn yard zebra zoo zero
""".split()

FOODS = """
pizza soup pasta bread cheese rice pancakes porridge salad stew curry dumplings noodles potatoes
carrots apples pears plums cherries strawberries honey chocolate cake pie omelette beans tomatoes
spinach mushrooms waffles toast yoghurt popcorn
""".split()

DRINKS = "tea coffee water milk cocoa lemonade juice cider".split()
HOBBIES = """
swim read paint dance sing cook bake run hike fish draw knit sew climb ski skate sail garden write
travel cycle juggle
""".split()
JOBS = """
baker teacher doctor nurse farmer painter gardener carpenter driver pilot cook singer writer student
plumber electrician librarian tailor sailor engineer musician builder dentist lawyer
""".split()
INSTRUMENTS = "piano guitar violin flute drum harp trumpet cello accordion banjo organ".split()
SPORTS = """
football tennis chess swimming cycling hockey rugby golf running rowing skiing judo
""".split()
SEASONS = "spring summer autumn winter".split()
MONTHS = """
January February March April May June July August September October November December
""".split()
PETS = """
dog cat rabbit hamster parrot horse pony goldfish turtle mouse gerbil duck goat hen canary lizard
""".split()
SECRETS = """
banana lantern pebble river thunder velvet puzzle rocket button ladder marble copper feather window
candle walnut zigzag meadow cactus bucket anchor ribbon saturn pepper
""".split()

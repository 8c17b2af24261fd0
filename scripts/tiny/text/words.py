"""Word lists of the generator. All of our own choosing; stories draw from them."""


def _split(text):
    return tuple(text.split())


def _lines(text):
    return tuple(part.strip() for part in text.strip().split(","))


NAMES = _split("""
Milo Tilda Bruno Pia Otto Nora Finn Lotte Hugo Maja Emil Ronja Pelle Ida Oskar Juno Theo Freya Linus Alma
Kasper Vera Anton Sunny Ruben Greta Jonas Mira Felix Wanda Arlo Bella Cosmo Dora Edgar Flora Gus Hazel Igor
Jasper Kiki Leo Mabel Nemo Olive Percy Quinn Rosa Samu Toby Ursula Viggo Willa Xenia Yuri Zelda Amos Birdie
Clara Dante Elsa Fritz Gilda Henry Isla Jack Karla Lars Molly Nils Opal Pablo Ruth Stella Tom Una Victor
Wilma Yara Zeno Ada Basil Cleo Dario Enid Fabio Ginny Hector Iris Jeppe Kora Lenny Minna Norbert Ottilie
Paul Rita Sven Tara Ulf Vito Winnie Yvo Zora Albin Berta Corin Delia Ezra Frida Gregor Hanna Ivo Jette Knut
Lucia Marlon Nelly Orla Pim Rolf Selma Till Uma Vincent Wendy Bodo Carlo Dina Elmar Fanny Gerda Hilde Ingo
Jola Kuno Luzie Malte Nino Oda Piet Romy Sina Thea Udo Veit Wim Zita
""")

ANIMALS = _split("""
fox cat dog mouse rabbit bear owl hedgehog squirrel frog turtle duck goose swan crow raven robin sparrow
deer wolf badger otter beaver mole bat goat sheep lamb horse pony donkey cow calf pig piglet hen rooster
chick lion tiger elephant giraffe zebra monkey panda koala kangaroo penguin seal walrus whale dolphin crab
lobster octopus snail bee ant beetle butterfly spider ladybird cricket dragonfly lizard snake crocodile
parrot peacock pigeon stork heron eagle hawk camel llama moose reindeer bison hamster weasel ferret skunk
raccoon sloth tapir leopard cheetah jackal gecko toad newt salmon trout shark jellyfish seahorse starfish
puffin pelican flamingo ostrich turkey hare lynx dragon
""")

PLACES = _lines("""
the old mill, the quiet forest, the big city, the green valley, the windy hill, the small harbour,
the deep cave, the snowy mountain, the sunny meadow, the empty castle, the long beach, the busy market,
the little village, the dark wood, the river bank, the flower garden, the red barn, the stone bridge,
the lighthouse, the train station, the school yard, the library, the bakery, the apple orchard,
the misty swamp, the frozen lake, the tall tower, the hidden island, the desert camp, the jungle,
the attic, the cellar, the kitchen, the toy shop, the museum, the zoo, the farm, the windmill,
the railway yard, the fishing boat, the playground, the park, the hay loft, the rose garden,
the post office, the clock tower, the tea house, the music hall, the corn field, the pine forest,
the sand dunes, the coral reef, the waterfall, the hot spring, the night market, the old theatre,
the ship wreck, the moon valley, the ice cave, the bamboo grove, the salt lake, the rope bridge,
the watch tower, the blue lagoon, the cherry alley, the workshop, the greenhouse, the stable,
the hospital garden, the tram depot, the paper mill, the brick yard, the canal, the vineyard
""")

OBJECTS = _split("""
bell key lamp book kite ball hat boat map ring drum flute violin trumpet clock watch mirror box basket cup
spoon bowl plate pot kettle blanket pillow scarf coat boot glove button needle thread rope ladder bucket
hammer saw brush pencil crayon letter stamp parcel coin purse pearl shell stone feather leaf acorn chestnut
apple pear cherry plum carrot pumpkin cake cookie loaf candle lantern torch compass telescope magnet whistle
balloon puppet doll robot train wagon bicycle sled skate swing tent flag crown necklace bracelet medal
ribbon umbrella suitcase backpack notebook painting statue vase teapot barrel net anchor oar shovel rake
seed flower cactus nest egg marble dice puzzle top yo-yo trophy horn harp guitar piano
""")

THING_QUALITIES = _split("""
silver golden tiny huge old new shiny broken wooden glass paper magic striped heavy light round soft strange
beautiful rusty warm painted secret lucky
""")

COLOURS = _split("""
red blue green yellow white black brown grey orange purple pink golden silver spotted
""")

NATURES = _split("""
brave shy clever curious lazy gentle cheerful quiet proud clumsy patient friendly hungry sleepy stubborn
kind dreamy careful
""")

FEELINGS = _split("""
happy proud thankful calm relieved cheerful glad hopeful content excited
""")

WEATHERS = _lines("""
the sun was shining, it was raining, snow was falling, a strong wind was blowing, thick fog lay on the ground,
the sky was full of stars, it was very hot, the leaves were turning yellow, the first flowers were out,
a storm was coming, the moon was bright, it was still dark
""")

SKILLS = _lines("""
swim, dance, sing, whistle, paint, bake bread, ride a bicycle, climb trees, skate, juggle, read, count to a hundred,
play chess, tie knots, build kites, play the drum, knit, cook soup, dive, tell jokes
""")

FOODS = _split("""
soup bread cheese pancakes porridge noodles rice salad honey jam pie muffins berries nuts dumplings waffles
""")

# What a person may like, own or do: for what the user says of himself or herself.
HOBBIES = _lines("""
reading, swimming, painting, cooking, hiking, gardening, chess, football, singing, dancing, fishing, knitting,
cycling, photography, running, baking, drawing, climbing, sailing, skiing
""")
CITIES = _lines("""
Berlin, Paris, London, Rome, Madrid, Oslo, Vienna, Prague, Lisbon, Dublin, Athens, Helsinki, Warsaw, Tokyo, Lima,
Cairo, Sydney, Toronto, Hamburg, Munich, Zurich, Bern, Ghent, Porto, Krakow, Bergen, Malmo, Turin, Seville, Graz
""")
DISHES = _lines("""
pizza, pasta, soup, salad, pancakes, sushi, curry, rice, potatoes, bread, cheese, apple pie, ice cream, noodles,
dumplings, tacos, waffles, lentils, risotto, porridge
""")
JOBS = _lines("""
teacher, nurse, baker, gardener, driver, engineer, painter, carpenter, farmer, cook, doctor, writer, musician,
plumber, student, pilot, tailor, librarian, mechanic, sailor
""")
PETS = _split("cat dog rabbit hamster parrot turtle pony goldfish mouse lizard")

# Items of lists that are to be sorted or reversed.
LIST_WORDS = _split("""
apple bread cloud door engine forest garden house island jacket kettle lemon mirror needle ocean paper queen
river stone table umbrella violin window yarn zebra ant boat candle dream eagle feather grape hammer iron jewel
knife lamp moon nest onion pencil quilt rope spoon tiger urn vase whale yacht zoo autumn berry castle duck egg
fish goat hat ink jam king leaf mouse night orange piano rabbit snow tree uncle valley water
""")

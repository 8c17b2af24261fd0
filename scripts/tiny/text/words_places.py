"""Places: where a story can happen. Each is its preposition and its noun, which takes "a"."""

_IN = """
forest meadow valley village town city garden orchard vineyard park field barn stable mill cottage
cabin hut castle palace tower attic cellar kitchen library school museum theatre workshop bakery
market shop bookshop toyshop greenhouse windmill lighthouse cave canyon gorge swamp marsh jungle
desert oasis prairie glade grove thicket hedge burrow den nest treehouse hollow log quarry mine
tunnel harbour boathouse houseboat bay lagoon cove fjord ravine crater camp tent circus zoo
monastery chapel inn tavern hotel hospital office factory warehouse laundry bathhouse courtyard
dungeon fortress ruin maze labyrinth observatory planetarium studio garage shed henhouse dovecote
beehive stall schoolyard playground pumpkin-patch cornfield wheatfield pine-wood birch-wood
snowfield
"""
_ON = """
hill mountain island beach farm ranch cliff dune glacier volcano plateau ship boat raft barge ferry
train rooftop balcony terrace bridge pier jetty dock pasture sandbank heath moor iceberg cloud reef
"""
_BY = """
lake river stream pond waterfall spring well fountain canal dam crossroads railway-station bus-stop
campfire road path wall fence gate brook geyser mudflat
"""


def _rows(preposition, words):
    return [(preposition, word.replace("-", " ")) for word in words.split()]


PLACES = _rows("in", _IN) + _rows("on", _ON) + _rows("by", _BY)

PLACE_ADJECTIVES = """
quiet old small big green windy sunny snowy foggy dark busy lonely hidden far-away peaceful cold
warm dusty mossy wild sleepy ancient tiny steep misty bright little strange lovely rainy
""".split()

# Towns that users may live in; all invented.
TOWNS = """
Ambleford Ashby-on-Lake Birchwood Brackendale Brightwater Cloverton Coldstone Copperhill Deepwell
Eastmere Elmbridge Fairmoor Fernhollow Foxborough Greenvale Hazelton Highgrove Ironbridge-Bay
Kingsmere Larkfield Lindenau Longmarsh Maplecross Millhaven Mossley-Down Northpool Oakdale Oldbrook
Pinecrest Quarrytown Ravenshill Redwater Riverton Rosewick Sandport Silverlake Southmoor Stonebeck
Summerfield Thistledown Umberton Westhaven Whitecliff Willowby Windermoor Winterbourne Yarrowfield
""".split()

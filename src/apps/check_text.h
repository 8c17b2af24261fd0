// What `lantern check` reads where nobody gives it a text: plain English, written for this.
#pragma once

namespace lantern {

inline constexpr char kCheckText[] =
    "The lighthouse at the end of the pier had been dark for eleven years when Marta bought it. "
    "People in the village said that she had paid too much, and that the lamp could never be "
    "mended, because nobody made the glass any more. She listened, thanked them for the advice, "
    "and went on carrying boxes up the narrow stairs.\n"
    "In the first winter she repaired the roof. In the second she learned how a lens is ground, "
    "and broke nine of them. \"The tenth is for the sea,\" she wrote in a letter to her brother, "
    "\"and if it breaks as well, I shall grow tomatoes up here instead.\" It did not break. On a "
    "cold evening in March, at 6:40, a beam of light went over the water, as slow and steady as "
    "a hand that strokes a cat.\n"
    "Three boats were out that night. The oldest of the fishermen, who had complained more than "
    "anybody else, turned off his engine to look. Then he counted the seconds between two "
    "flashes, as his father had taught him: twelve, always twelve. He knew exactly where he was. "
    "When he came home he told his wife that the price had been fair, and that somebody ought to "
    "bring that woman a basket of fish, and perhaps some tomatoes.\n";

}  // namespace lantern

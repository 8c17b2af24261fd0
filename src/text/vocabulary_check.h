// Whether a VocabularySpec, read from a file that anybody may have written, fits together.
#pragma once

#include "src/text/vocabulary_spec.h"

namespace lantern {

// Throws Error{kIo} naming spec.where and what does not fit.
// ENSURES on return: one type per piece, scores likewise or absent, every id within the pieces,
// byte pieces spelled "<0x0A>", and a sentencepiece vocabulary has scores or merges.
void Validate(const VocabularySpec& spec);

}  // namespace lantern

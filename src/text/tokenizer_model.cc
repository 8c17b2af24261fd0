// tokenizer.model of sentencepiece: a protocol buffer, ModelProto. Read by hand, because the few
// fields needed take less code than the library takes dependencies, and because its public
// interface does not say how the text was normalised; tests hold the result against the library.
// Source: sentencepiece_model.proto (field numbers), the protocol buffers' encoding guide.
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "src/base/bytes.h"
#include "src/base/error.h"
#include "src/text/load_vocabulary.h"

namespace lantern {
namespace {

struct Field {
  int number = 0;
  uint64_t value = 0;      // varint, or the bits of a fixed-width value
  std::string_view bytes;  // length-delimited
};

class FieldReader {
 public:
  FieldReader(std::string_view message, std::string_view where)
      : reader_(std::as_bytes(std::span(message)), std::string(where)) {}

  // False at the end of the message.
  bool Next(Field& field) {
    if (reader_.remaining() == 0) return false;
    const uint64_t tag = Varint();
    field = {static_cast<int>(tag >> 3), 0, {}};
    switch (tag & 7) {
      case 0:
        field.value = Varint();
        return true;
      case 1:
        field.value = reader_.Read<uint64_t>();
        return true;
      case 2:
        field.bytes = reader_.TakeString(Varint());
        return true;
      case 5:
        field.value = reader_.Read<uint32_t>();
        return true;
    }
    Fail(ErrorKind::kIo, "{}: not a sentencepiece model (wire type {}); get the file again.",
         reader_.what(), tag & 7);
  }

 private:
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = reader_.Read<uint8_t>();
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    Fail(ErrorKind::kIo, "{}: not a sentencepiece model (endless number); get the file again.",
         reader_.what());
  }

  ByteReader reader_;
};

[[noreturn]] void Unsupported(const VocabularySpec& spec, std::string_view what) {
  Fail(ErrorKind::kIo, "{}: {} is not supported; use a GGUF file of this model.", spec.where, what);
}

void ReadPiece(std::string_view message, VocabularySpec& spec) {
  std::string piece;
  float score = 0;
  uint64_t type = static_cast<uint64_t>(TokenType::kNormal);
  FieldReader reader(message, spec.where);
  for (Field field; reader.Next(field);) {
    if (field.number == 1) piece = field.bytes;
    if (field.number == 2) score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
    if (field.number == 3) type = field.value;
  }
  if (type < 1 || type > 6) Unsupported(spec, fmt::format("a piece of type {}", type));
  spec.pieces.push_back(std::move(piece));
  spec.scores.push_back(score);
  spec.types.push_back(static_cast<TokenType>(type));
}

void ReadTrainerSpec(std::string_view message, VocabularySpec& spec) {
  constexpr uint64_t kUnigram = 1, kBpe = 2;
  uint64_t model_type = kUnigram;
  FieldReader reader(message, spec.where);
  for (Field field; reader.Next(field);) {
    if (field.number == 3) model_type = field.value;
    if (field.number == 24 && field.value != 0) Unsupported(spec, "whitespace as a suffix");
    if (field.number == 40) spec.unknown = static_cast<int>(field.value);
    if (field.number == 41) spec.bos = static_cast<int>(field.value);
    if (field.number == 42) spec.eos = static_cast<int>(field.value);
  }
  if (model_type == kBpe) return;
  Unsupported(spec, fmt::format("sentencepiece model type {} ({})", model_type,
                                model_type == kUnigram ? "unigram" : "not BPE"));
}

// remove_extra_whitespaces is left aside: a prompt's spaces are its writer's, and neither llama.cpp
// nor transformers' own conversion of this file removes them.
void ReadNormalizerSpec(std::string_view message, VocabularySpec& spec) {
  std::string_view name, rules;
  FieldReader reader(message, spec.where);
  for (Field field; reader.Next(field);) {
    if (field.number == 1) name = field.bytes;
    if (field.number == 2) rules = field.bytes;
    if (field.number == 3 && field.value == 0) spec.space_prefix = SpacePrefix::kNever;
    if (field.number == 5 && field.value == 0) Unsupported(spec, "unmarked whitespace");
  }
  if (!rules.empty()) Unsupported(spec, fmt::format("the normalizer '{}'", name));
}

}  // namespace

VocabularySpec ParseTokenizerModel(std::string_view bytes, std::string_view where) {
  VocabularySpec spec;
  spec.where = where;
  spec.kind = TokenizerKind::kSentencePiece;
  spec.space_prefix = SpacePrefix::kEverySegment;
  spec.add_bos = true;
  spec.unknown = 0, spec.bos = 1, spec.eos = 2;  // sentencepiece's defaults
  std::string_view trainer;
  FieldReader reader(bytes, where);
  for (Field field; reader.Next(field);) {
    if (field.number == 1) ReadPiece(field.bytes, spec);
    if (field.number == 2) trainer = field.bytes;
    if (field.number == 3) ReadNormalizerSpec(field.bytes, spec);
  }
  ReadTrainerSpec(trainer, spec);
  return spec;
}

}  // namespace lantern

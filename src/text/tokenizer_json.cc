// tokenizer.json of Hugging Face tokenizers, model type BPE: byte-level (Llama-3) and characters
// with byte fallback (Llama-2). Source: the library's documentation of its components; what is not
// known here is refused by name, because ignoring it would give other ids without a word.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/text/json_fields.h"
#include "src/text/load_vocabulary.h"

namespace lantern {
namespace {

constexpr int64_t kMaxTokens = 1 << 24;  // a hostile id must not allocate the machine's memory

// A regular expression that matches `text` and nothing else.
std::string Literally(const std::string& text) {
  std::string pattern;
  for (char c : text) {
    if (std::ispunct(static_cast<unsigned char>(c))) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

class TokenizerJson {
 public:
  TokenizerJson(const Json& root, std::string_view where) : root_(root) { spec_.where = where; }

  VocabularySpec Read() {
    const Json& model = root_.at("model");
    ReadModel(model);
    if (const Json* normalizer = FindField(root_, "normalizer")) ReadNormalizer(*normalizer);
    if (const Json* cut = FindField(root_, "pre_tokenizer")) ReadPreTokenizer(*cut);
    if (byte_level_ == marks_spaces_) {
      Unsupported("a vocabulary that is neither byte-level nor marks spaces with U+2581");
    }
    if (marks_spaces_ && spec_.pre_tokenizer.ignore_merges)
      Unsupported("ignore_merges without ByteLevel");
    spec_.kind = byte_level_ ? TokenizerKind::kByteLevel : TokenizerKind::kSentencePiece;
    ReadAddedTokens(FieldOr<std::string>(model, "unk_token", ""));
    if (marks_spaces_ && FieldOr(model, "byte_fallback", false)) MarkBytePieces();
    if (const Json* processor = FindField(root_, "post_processor")) ReadPostProcessor(*processor);
    return std::move(spec_);
  }

 private:
  [[noreturn]] void Unsupported(std::string_view what) const {
    Fail(ErrorKind::kIo, "{}: {} is not supported; use a GGUF file of this model.", spec_.where,
         what);
  }

  void ReadModel(const Json& model) {
    const auto type = FieldOr<std::string>(model, "type", "BPE");
    if (type != "BPE") Unsupported("a tokenizer model of type " + type);
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!FieldOr<std::string>(model, key, "").empty()) Unsupported(key);
    }
    for (const auto& [piece, id] : model.at("vocab").items()) PutPiece(id.get<int64_t>(), piece);
    for (const Json& merge : model.at("merges")) spec_.merges.push_back(ReadMerge(merge));
    spec_.pre_tokenizer.ignore_merges = FieldOr(model, "ignore_merges", false);
  }

  void PutPiece(int64_t id, const std::string& piece) {
    if (id < 0 || id >= kMaxTokens) {
      Fail(ErrorKind::kIo, "{}: token '{}' has the impossible id {}; get the file again.",
           spec_.where, piece, id);
    }
    if (id >= static_cast<int64_t>(spec_.pieces.size())) {
      spec_.pieces.resize(id + 1);  // gaps are unused tokens
      spec_.types.resize(id + 1, TokenType::kUnused);
    }
    if (!spec_.pieces[id].empty() && spec_.pieces[id] != piece) {
      Fail(ErrorKind::kIo, "{}: token {} is both '{}' and '{}'; get the file again.", spec_.where,
           id, spec_.pieces[id], piece);
    }
    spec_.pieces[id] = piece;
    spec_.types[id] = TokenType::kNormal;
  }

  // Written as "left right", or as ["left", "right"] since pieces may hold spaces.
  std::pair<std::string, std::string> ReadMerge(const Json& merge) const {
    if (merge.is_array()) return {merge.at(0), merge.at(1)};
    const auto both = merge.get<std::string>();
    const size_t space = both.find(' ');
    if (space == std::string::npos) {
      Fail(ErrorKind::kIo, "{}: the merge '{}' is not of two pieces; get the file again.",
           spec_.where, both);
    }
    return {both.substr(0, space), both.substr(space + 1)};
  }

  void ReadNormalizer(const Json& normalizer) {
    const auto type = normalizer.at("type").get<std::string>();
    if (type == "Sequence") {
      for (const Json& step : normalizer.at("normalizers")) ReadNormalizer(step);
    } else if (type == "Prepend" && normalizer.at("prepend") == "▁") {
      spec_.space_prefix = SpacePrefix::kEverySegment;
    } else if (type == "Replace" &&
               FieldOr<std::string>(normalizer.at("pattern"), "String", "") == " " &&
               normalizer.at("content") == "▁") {
      marks_spaces_ = true;
    } else {
      Unsupported("the normalizer " + normalizer.dump());
    }
  }

  void ReadPreTokenizer(const Json& cut) {
    const auto type = cut.at("type").get<std::string>();
    if (type == "Sequence") {
      for (const Json& step : cut.at("pretokenizers")) ReadPreTokenizer(step);
    } else if (type == "ByteLevel" && !FieldOr(cut, "add_prefix_space", true)) {
      byte_level_ = true;
      if (FieldOr(cut, "use_regex", true)) AddPattern(std::string(Gpt2Pattern()));
    } else if (type == "Metaspace" && cut.at("replacement") == "▁" &&
               !FieldOr(cut, "split", true)) {
      ReadMetaspace(cut);
    } else if (type == "Digits") {
      AddPattern(FieldOr(cut, "individual_digits", false) ? "\\p{N}" : "\\p{N}+");
    } else if (type == "Split" && cut.at("behavior") == "Isolated" &&
               !FieldOr(cut, "invert", false)) {
      const Json& pattern = cut.at("pattern");
      const Json* regex = FindField(pattern, "Regex");
      AddPattern(regex ? regex->get<std::string>() : Literally(pattern.at("String")));
    } else {
      Unsupported("the pre-tokenizer " + cut.dump());
    }
  }

  void AddPattern(std::string pattern) {
    spec_.pre_tokenizer.patterns.push_back(std::move(pattern));
  }

  void ReadMetaspace(const Json& cut) {
    marks_spaces_ = true;
    // Before there was a scheme, a boolean said "always" or "never".
    const bool always = FieldOr(cut, "add_prefix_space", true);
    const auto scheme = FieldOr<std::string>(cut, "prepend_scheme", always ? "always" : "never");
    if (scheme == "never") return;
    spec_.space_prefix = scheme == "first" ? SpacePrefix::kTextStart : SpacePrefix::kEverySegment;
    spec_.prefix_only_if_absent = true;
  }

  void ReadAddedTokens(const std::string& unknown) {
    const Json* tokens = FindField(root_, "added_tokens");
    for (const Json& token : tokens ? *tokens : Json::array()) {
      const auto id = token.at("id").get<int64_t>();
      PutPiece(id, token.at("content"));
      spec_.types[id] =
          FieldOr(token, "special", false) ? TokenType::kControl : TokenType::kUserDefined;
    }
    const auto found = std::find(spec_.pieces.begin(), spec_.pieces.end(), unknown);
    if (unknown.empty() || found == spec_.pieces.end()) return;
    spec_.unknown = static_cast<int>(found - spec_.pieces.begin());
    spec_.types[spec_.unknown] = TokenType::kUnknown;
  }

  void MarkBytePieces() {
    for (size_t id = 0; id < spec_.pieces.size(); ++id) {
      const std::string& piece = spec_.pieces[id];
      if (piece.size() == 6 && piece.starts_with("<0x") && piece.ends_with('>')) {
        spec_.types[id] = TokenType::kByte;
      }
    }
  }

  // The template of a single text says whether bos comes first, and which token that is.
  void ReadPostProcessor(const Json& processor) {
    const auto type = processor.at("type").get<std::string>();
    if (type == "Sequence") {
      for (const Json& step : processor.at("processors")) ReadPostProcessor(step);
    } else if (type == "TemplateProcessing") {
      const Json& single = processor.at("single");
      const Json* first = single.empty() ? nullptr : FindField(single.at(0), "SpecialToken");
      if (!first) return;
      const auto name = first->at("id").get<std::string>();
      spec_.bos = processor.at("special_tokens").at(name).at("ids").at(0).get<int>();
      spec_.add_bos = true;
    }
  }

  const Json& root_;
  VocabularySpec spec_;
  bool byte_level_ = false, marks_spaces_ = false;
};

}  // namespace

VocabularySpec ParseTokenizerJson(std::string_view text, std::string_view where) {
  return ReadJson(text, where, [&](const Json& root) { return TokenizerJson(root, where).Read(); });
}

}  // namespace lantern

#include "src/text/text_cutter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <utility>

#include "src/base/check.h"
#include "src/base/error.h"
#include "src/text/utf8.h"

namespace lantern {
namespace {

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};

std::string Pcre2Message(int error) {
  PCRE2_UCHAR buffer[256];
  pcre2_get_error_message(error, buffer, sizeof(buffer));
  return reinterpret_cast<const char*>(buffer);
}

// PCRE2's \s takes U+180E for a space, as old Unicode did; the references' \s is White_Space.
std::string WithWhiteSpace(std::string_view pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view escape = pattern.substr(i, 2);
    if (escape == "\\s" || escape == "\\S") {
      out += escape == "\\s" ? "\\p{White_Space}" : "\\P{White_Space}";
      ++i;
    } else if (escape.front() == '\\') {
      out += escape;
      ++i;
    } else {
      out += pattern[i];
    }
  }
  return out;
}

// The longest beginning of `text` that is all characters, or all of it not.
std::string_view UniformRun(std::string_view text) {
  const bool characters = NextUtf8(text).kind == Utf8Kind::kCharacter;
  size_t end = 0;
  while (end < text.size()) {
    const Utf8Step step = NextUtf8(text.substr(end));
    if ((step.kind == Utf8Kind::kCharacter) != characters) break;
    end += step.length;
  }
  return text.substr(0, end);
}

}  // namespace

class TextCutter::Pattern {
 public:
  Pattern(const std::string& pattern, std::string where) : where_(std::move(where)) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    const std::string exact = WithWhiteSpace(pattern);
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(exact.data()), exact.size(),
                              PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr));
    if (!code_) {
      Fail(ErrorKind::kIo, "{}: the pre-tokenizer's pattern '{}' is wrong: {}.", where_, pattern,
           Pcre2Message(error));
    }
    // Without a JIT for this machine matching is slower and otherwise the same.
    pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);
  }

  // REQUIRES: text is UTF-8. The library's own check would run over all of it at every match.
  void Cut(std::string_view text, std::vector<std::string_view>& parts) const {
    const std::unique_ptr<pcre2_match_data, FreeMatch> match(
        pcre2_match_data_create_from_pattern(code_.get(), nullptr));
    LANTERN_CHECK(match);
    size_t done = 0;
    for (size_t from = 0; from < text.size();) {
      const int count = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                                    text.size(), from, PCRE2_NO_UTF_CHECK, match.get(), nullptr);
      if (count == PCRE2_ERROR_NOMATCH) break;
      if (count < 0) {
        Fail(ErrorKind::kIo, "{}: the pre-tokenizer's pattern gave up on a text: {}.", where_,
             Pcre2Message(count));
      }
      const PCRE2_SIZE* range = pcre2_get_ovector_pointer(match.get());
      const size_t begin = range[0], end = range[1];
      if (end <= begin) {  // an empty match cuts nothing
        from = begin < text.size() ? begin + NextUtf8(text.substr(begin)).length : begin;
        continue;
      }
      if (begin > done) parts.push_back(text.substr(done, begin - done));
      parts.push_back(text.substr(begin, end - begin));
      from = done = end;
    }
    if (done < text.size()) parts.push_back(text.substr(done));
  }

 private:
  std::string where_;
  std::unique_ptr<pcre2_code, FreeCode> code_;
};

TextCutter::TextCutter(const std::vector<std::string>& patterns, std::string where) {
  for (const std::string& pattern : patterns) {
    patterns_.push_back(std::make_unique<Pattern>(pattern, where));
  }
}

TextCutter::~TextCutter() = default;

std::vector<std::string_view> TextCutter::Cut(std::string_view text) const {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const std::string_view run = UniformRun(text);
    text.remove_prefix(run.size());
    std::vector<std::string_view> parts = {run};
    if (NextUtf8(run).kind == Utf8Kind::kCharacter) {
      for (const auto& pattern : patterns_) {
        std::vector<std::string_view> finer;
        for (std::string_view part : parts) pattern->Cut(part, finer);
        parts = std::move(finer);
      }
    }
    all.insert(all.end(), parts.begin(), parts.end());
  }
  return all;
}

}  // namespace lantern

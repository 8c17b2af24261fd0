// JSON files of a model folder (config.json, the safetensors header and index): strict parsing and
// typed access, every failure one sentence that names the file and the key.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace lantern {

// Parses a JSON object. Throws Error{kIo} for anything else, for a key that occurs twice (which
// the parser alone would settle silently), and for absurdly deep nesting. `where` opens errors.
nlohmann::json ParseJsonObject(std::string_view text, const std::string& where);

// Reads values of one object. A null counts as absent. Owns nothing.
class JsonView {
 public:
  // `where` opens errors: "dir/config.json".
  JsonView(const nlohmann::json& object, std::string where)
      : object_(&object), where_(std::move(where)) {}

  const std::string& where() const { return where_; }

  // Nothing when absent, Error{kIo} when of another type or, for Int, beyond 32 bits.
  std::optional<int> Int(const char* key) const;
  std::optional<double> Double(const char* key) const;  // integers count, NaN cannot occur
  std::optional<bool> Bool(const char* key) const;
  std::optional<std::string> String(const char* key) const;
  std::optional<JsonView> Object(const char* key) const;

  // As above, but absence is an Error too.
  int RequireInt(const char* key) const;
  double RequireDouble(const char* key) const;

 private:
  const nlohmann::json* Find(const char* key) const;  // nullptr when absent or null
  [[noreturn]] void FailType(const char* key, const char* expected) const;
  [[noreturn]] void FailAbsent(const char* key) const;

  const nlohmann::json* object_;
  std::string where_;
};

}  // namespace lantern

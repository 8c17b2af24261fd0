// Reading JSON that somebody else wrote: a field may be missing, null, or of another type.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "src/base/error.h"

namespace lantern {

using Json = nlohmann::json;

// The field, or nullptr where `object` is no object or lacks it or it is null.
inline const Json* FindField(const Json& object, const char* key) {
  const auto found = object.find(key);  // end() where object is no object
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// The field's value, or `otherwise` where FindField gives nothing. Throws Json::type_error for a
// field of another type.
template <class T>
T FieldOr(const Json& object, const char* key, T otherwise) {
  const Json* field = FindField(object, key);
  return field ? field->get<T>() : otherwise;
}

// Runs `read(parsed)` on the JSON in `text`. Whatever does not have the expected form becomes
// Error{kIo} naming `where`.
template <class Read>
auto ReadJson(std::string_view text, std::string_view where, const Read& read) {
  try {
    return read(Json::parse(text));
  } catch (const Json::exception& error) {
    Fail(ErrorKind::kIo, "{}: not the JSON that belongs there ({}); get the file again.", where,
         error.what());
  }
}

}  // namespace lantern

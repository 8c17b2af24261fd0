#include "models/json_file.h"

#include <functional>
#include <limits>
#include <set>
#include <vector>

#include "models/printable.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 64;

// Watches the parser go by. It stops at the first repeated key and at deep nesting.
class StrictCallback {
 public:
  explicit StrictCallback(const std::string& where) : where_(where) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kMaxDepth) Fail(ErrorKind::kIo, "{} nests too deep to be read.", where_);
    if (event == Json::parse_event_t::object_start) {
      keys_.resize(static_cast<size_t>(depth) + 2);  // keys come one level below their object
      keys_.back().clear();
    } else if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_[static_cast<size_t>(depth)].insert(key).second) {
        Fail(ErrorKind::kIo, "{} has the key {} twice.", where_, Printable(key));
      }
    }
    return true;
  }

 private:
  const std::string& where_;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

Json ParseJsonObject(std::string_view text, const std::string& where) {
  StrictCallback strict(where);
  Json root;
  try {
    root = Json::parse(text.begin(), text.end(), std::ref(strict));
  } catch (const Json::parse_error& error) {
    Fail(ErrorKind::kIo, "{} is not valid JSON: it breaks off or goes wrong at byte {}.", where,
         error.byte);
  } catch (const Json::exception&) {  // a number beyond double's range
    Fail(ErrorKind::kIo, "{} holds a number that cannot be read.", where);
  }
  if (!root.is_object()) Fail(ErrorKind::kIo, "{} does not hold a JSON object.", where);
  return root;
}

const Json* JsonView::Find(const char* key) const {
  const auto found = object_->find(key);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

void JsonView::FailType(const char* key, const char* expected) const {
  Fail(ErrorKind::kIo, "{}: {} should be {}.", where_, key, expected);
}

void JsonView::FailAbsent(const char* key) const {
  Fail(ErrorKind::kIo, "{} lacks {}.", where_, key);
}

std::optional<int> JsonView::Int(const char* key) const {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  // A magnitude beyond int64 is kept as unsigned or as a double, so both tests are needed.
  if (!value->is_number_integer()) FailType(key, "a whole number");
  const bool huge = value->is_number_unsigned() &&
                    value->get<uint64_t>() > uint64_t{std::numeric_limits<int>::max()};
  if (huge || value->get<int64_t>() < std::numeric_limits<int>::min()) {
    FailType(key, "a number of at most 31 bits");
  }
  return value->get<int>();
}

std::optional<double> JsonView::Double(const char* key) const {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) FailType(key, "a number");
  return value->get<double>();
}

std::optional<bool> JsonView::Bool(const char* key) const {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) FailType(key, "true or false");
  return value->get<bool>();
}

std::optional<std::string> JsonView::String(const char* key) const {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) FailType(key, "a string");
  return value->get<std::string>();
}

std::optional<JsonView> JsonView::Object(const char* key) const {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) FailType(key, "an object");
  return JsonView(*value, where_ + ": " + key);
}

int JsonView::RequireInt(const char* key) const {
  const auto value = Int(key);
  if (!value) FailAbsent(key);
  return *value;
}

double JsonView::RequireDouble(const char* key) const {
  const auto value = Double(key);
  if (!value) FailAbsent(key);
  return *value;
}

}  // namespace lantern

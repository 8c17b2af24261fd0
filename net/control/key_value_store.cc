#include "net/control/key_value_store.h"

#include <utility>

#include "src/base/error.h"

namespace lantern::control {

std::optional<std::vector<char>> KeyValueStore::Get(const std::string& key, const Waiting& reader) {
  if (const auto found = values_.find(key); found != values_.end()) return found->second;
  if (parked_.size() >= kMaxKeys) {
    Fail(ErrorKind::kIo, "The rendezvous already has {} waiting readers.", kMaxKeys);
  }
  parked_.emplace(key, reader);
  return std::nullopt;
}

std::vector<KeyValueStore::Waiting> KeyValueStore::Set(const std::string& key,
                                                       std::vector<char> value) {
  if (values_.size() >= kMaxKeys) Fail(ErrorKind::kIo, "The rendezvous is full.");
  values_.try_emplace(key, std::move(value));
  std::vector<Waiting> readers;
  const auto [begin, end] = parked_.equal_range(key);
  for (auto it = begin; it != end; ++it) readers.push_back(it->second);
  parked_.erase(begin, end);
  return readers;
}

}  // namespace lantern::control

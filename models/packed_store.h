// PackedStore: a rank's packed weights as one file in the user's cache. The first start packs into
// the mapped file; later ones map it, so that nothing is read or packed again, and ranks that need
// the same slices share its pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace lantern {

class PackedStore {
 public:
  // The least recently used files beyond this are removed when a new one is kept.
  static constexpr uint64_t kMostBytes = uint64_t{64} << 30;

  // `key`: all that the packed bytes depend on. `bytes`: of all weights that will be taken, in the
  // order of taking. Maps the file that an earlier start kept, if every byte is as it was, else
  // begins one. Without a folder, rights or room the store is not usable, which is no error.
  PackedStore(const std::filesystem::path& folder, const std::string& key, size_t bytes);
  ~PackedStore();  // what was begun and not kept is removed; memory that was taken stays valid
  PackedStore(const PackedStore&) = delete;
  PackedStore& operator=(const PackedStore&) = delete;

  bool usable() const { return data_ != nullptr; }
  // Whether the weights are there already: what Take gives is then read-only.
  bool filled() const { return filled_; }

  // Memory for the next weight. REQUIRES: usable; no more is taken than was asked for in all.
  std::shared_ptr<std::byte> Take(size_t bytes);
  // All weights are in place: other starts may find them. REQUIRES: usable, all was taken.
  void Keep();

  // $XDG_CACHE_HOME/lantern/packed or $HOME/.cache/lantern/packed; empty when neither is set.
  static std::filesystem::path DefaultFolder();

 private:
  bool MapKept();
  bool Begin();
  size_t file_bytes() const;

  const std::filesystem::path folder_, path_;
  const uint64_t key_;
  const size_t bytes_;
  std::filesystem::path begun_;      // the unfinished file's name, until it is kept
  std::shared_ptr<std::byte> data_;  // the whole file; unmapped with its last user
  bool filled_ = false;
  size_t taken_ = 0;
};

}  // namespace lantern

// PackedStore: the memory of a rank's packed weights, and their copy in the user's cache. The first
// start packs, and writes the copy behind the packing; later ones read it, so that nothing is
// packed again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "models/packed_file.h"

namespace lantern {

class PackedStore {
 public:
  // The least recently used files beyond this are removed when a new one is begun.
  static constexpr uint64_t kMostBytes = uint64_t{64} << 30;

  // `key`: all that the packed bytes depend on. `bytes`: of all weights that will be taken, in the
  // order of taking. Reads the file that an earlier start kept, if every byte is as it was, else
  // begins one; without a folder, rights or room weights are packed and not kept, which is no
  // error. Throws std::bad_alloc.
  PackedStore(const std::filesystem::path& folder, const std::string& key, size_t bytes);

  // Whether the weights are there already.
  bool filled() const { return filled_; }

  // Memory for the next weight, which outlives the store. REQUIRES: what was taken before is
  // filled, and no more is taken than was asked for in all.
  std::shared_ptr<std::byte> Take(size_t bytes);
  // All weights are in place. The file is written while the store lives, and a moment longer.
  // REQUIRES: all was taken.
  void Keep();

  // $XDG_CACHE_HOME/lantern/packed or $HOME/.cache/lantern/packed; empty when neither is set.
  static std::filesystem::path DefaultFolder();

 private:
  const size_t bytes_;
  std::shared_ptr<std::byte> data_;
  bool filled_ = false;
  size_t taken_ = 0;
  std::unique_ptr<PackedFileWriter> writer_;  // null where nothing is to be written
};

}  // namespace lantern

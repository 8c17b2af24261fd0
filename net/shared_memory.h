// SharedMemory: pages that two ranks on one machine both have. They belong to no file and have no
// name in the file system, so that nothing of them is left however the ranks end.
#pragma once

#include <cstddef>
#include <vector>

#include "net/rendezvous.h"

namespace lantern {

// Unmaps itself.
class SharedMemory {
 public:
  SharedMemory() = default;  // none
  SharedMemory(std::byte* data, size_t bytes) : data_(data), bytes_(bytes) {}
  ~SharedMemory();
  SharedMemory(SharedMemory&& other) noexcept { *this = std::move(other); }
  SharedMemory& operator=(SharedMemory&& other) noexcept;

  explicit operator bool() const { return data_ != nullptr; }
  std::byte* data() const { return data_; }  // begins a page
  size_t bytes() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

// Collective over `size` ranks. By rank: `bytes` of zeros that this rank has in common with that
// one. None where the two are not on one machine, in one network namespace and of one user, where
// one of them does not want it, or where the system refuses; both ends get the same answer. Throws
// what the rendezvous throws.
std::vector<SharedMemory> ShareMemory(int rank, int size, bool wanted, size_t bytes,
                                      Rendezvous& rendezvous);

}  // namespace lantern

// Memory for what is streamed from end to end, on huge pages where the system has them: every page
// costs an address translation, and hardware prefetchers stop at its end.
#pragma once

#include <cstddef>
#include <memory>

namespace lantern {

// At least `bytes` bytes of zeros, on a huge page's boundary; freed with the last owner. Pages are
// taken when touched. Throws std::bad_alloc.
std::shared_ptr<std::byte> HugeMemory(size_t bytes);

}  // namespace lantern

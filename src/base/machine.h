// Facts about the machine that this process runs on.
#pragma once

#include <cstddef>
#include <string>

namespace lantern {

// Bytes that can be allocated without swapping: MemAvailable, or what the control group leaves
// where that is less. 0 when the system does not say.
size_t AvailableMemory();

std::string HostName();

// "1.5 GiB", "320 KiB".
std::string HumanBytes(size_t bytes);

}  // namespace lantern

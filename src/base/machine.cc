#include "src/base/machine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <fstream>
#include <limits>

namespace lantern {
namespace {

// The number at the start of a one-line file, or the greatest one ("max", or no such file).
uint64_t NumberIn(const char* path) {
  std::ifstream file(path);
  uint64_t value;
  return file >> value ? value : std::numeric_limits<uint64_t>::max();
}

uint64_t MemAvailable() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  for (uint64_t kib; file >> key >> kib; std::getline(file, unit)) {
    if (key == "MemAvailable:") return kib * 1024;
  }
  return 0;
}

}  // namespace

size_t AvailableMemory() {
  const uint64_t limit = NumberIn("/sys/fs/cgroup/memory.max");
  const uint64_t used = NumberIn("/sys/fs/cgroup/memory.current");
  const bool limited = limit != std::numeric_limits<uint64_t>::max() && used <= limit;
  return limited ? std::min(MemAvailable(), limit - used) : MemAvailable();
}

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, HOST_NAME_MAX) == 0 ? name : "unknown";
}

std::string HumanBytes(size_t bytes) {
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, units[unit]);
}

}  // namespace lantern

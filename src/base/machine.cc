#include "src/base/machine.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <fstream>
#include <limits>

#include "src/base/error.h"

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

std::string LocalAddressTowards(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  // Any port will do: connecting a datagram socket only picks the route, nothing is sent.
  if (const int error = getaddrinfo(host.c_str(), "9", &hints, &found); error != 0) {
    Fail(ErrorKind::kConfig, "The host name {} is unknown ({}): use its address.", host,
         gai_strerror(error));
  }
  sockaddr_in local{};
  socklen_t size = sizeof(local);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool good = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
                    getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) == 0;
  if (fd >= 0) close(fd);
  freeaddrinfo(found);
  if (!good) Fail(ErrorKind::kConfig, "No network of this machine leads to {}.", host);
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &local.sin_addr, text, sizeof(text));
  return text;
}

std::string HumanBytes(size_t bytes) {
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, units[unit]);
}

}  // namespace lantern

#include "src/base/machine.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstdlib>
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

// The value of "KEY: VALUE kB" in a file of such lines, in bytes; 0 where there is none.
uint64_t BytesIn(const char* path, const std::string& wanted) {
  std::ifstream file(path);
  for (std::string key, rest; file >> key; std::getline(file, rest)) {
    uint64_t kib = 0;
    if (key == wanted && file >> kib) return kib * 1024;
  }
  return 0;
}

uint64_t MemAvailable() { return BytesIn("/proc/meminfo", "MemAvailable:"); }

// REQUIRES: an IPv4 address.
std::string Text(const sockaddr& address) {
  char text[INET_ADDRSTRLEN] = {};
  const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
  inet_ntop(AF_INET, &ipv4.sin_addr, text, sizeof(text));
  return text;
}

// Which address of ours packets to `address` leave from; empty when no route leads there.
// Connecting a datagram socket only picks the route, nothing is sent.
std::string SourceAddress(const std::string& address) {
  sockaddr_in target{}, local{};
  target.sin_family = AF_INET;
  target.sin_port = htons(9);
  inet_pton(AF_INET, address.c_str(), &target.sin_addr);
  socklen_t size = sizeof(local);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool good = fd >= 0 &&
                    connect(fd, reinterpret_cast<sockaddr*>(&target), sizeof(target)) == 0 &&
                    getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) == 0;
  if (fd >= 0) close(fd);
  return good ? Text(reinterpret_cast<const sockaddr&>(local)) : std::string();
}

}  // namespace

size_t AvailableMemory() {
  const uint64_t limit = NumberIn("/sys/fs/cgroup/memory.max");
  const uint64_t used = NumberIn("/sys/fs/cgroup/memory.current");
  const bool limited = limit != std::numeric_limits<uint64_t>::max() && used <= limit;
  return limited ? std::min(MemAvailable(), limit - used) : MemAvailable();
}

size_t ResidentMemory() { return BytesIn("/proc/self/status", "VmRSS:"); }

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, HOST_NAME_MAX) == 0 ? name : "unknown";
}

std::string ResolveHost(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    Fail(ErrorKind::kConfig, "The host name {} is unknown ({}): use its address.", host,
         gai_strerror(error));
  }
  const std::string address = Text(*found->ai_addr);
  freeaddrinfo(found);
  return address;
}

std::string LocalAddressTowards(const std::string& host) {
  const std::string source = SourceAddress(ResolveHost(host));
  if (source.empty()) Fail(ErrorKind::kConfig, "No network of this machine leads to {}.", host);
  return source;
}

std::vector<std::string> LanAddresses() {
  const std::string somewhere = "192.0.2.1";  // reserved for documentation: RFC 5737
  if (const std::string source = SourceAddress(somewhere); !source.empty()) return {source};
  std::vector<std::string> addresses;
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return {};
  for (const ifaddrs* i = interfaces; i != nullptr; i = i->ifa_next) {
    const bool ipv4 = i->ifa_addr != nullptr && i->ifa_addr->sa_family == AF_INET;
    const bool serves = (i->ifa_flags & IFF_UP) != 0 && (i->ifa_flags & IFF_LOOPBACK) == 0;
    if (ipv4 && serves) addresses.push_back(Text(*i->ifa_addr));
  }
  freeifaddrs(interfaces);
  return addresses;
}

void AllowManyFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::filesystem::path UserCacheFolder(const std::string& name) {
  const std::filesystem::path ours = std::filesystem::path("lantern") / name;
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') return cache / ours;
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::filesystem::path(home) / ".cache" / ours;
  return {};
}

std::string HumanBytes(size_t bytes) {
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, units[unit]);
}

}  // namespace lantern

#include "net/shared_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "net/proven_links.h"

namespace lantern {
namespace {

// Nobody can make it smaller under the other one's feet, which would end that process.
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

std::string ReadLink(const std::string& path) {
  std::error_code error;
  return std::filesystem::read_symlink(path, error);
}

// The same for two ranks that may share memory; empty: this one does not, or cannot know. Hosts of
// a LAN in a box are network namespaces, and count as machines. The process namespace is where the
// other one's number means what it should.
std::string ThisMachine() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  const std::string network = ReadLink("/proc/self/ns/net");
  const std::string processes = ReadLink("/proc/self/ns/pid");
  if (!(file >> boot) || network.empty() || processes.empty()) return {};
  return fmt::format("{} {} {} {}", boot, network, processes, geteuid());
}

std::string RandomName() {
  std::random_device random;
  return fmt::format("lantern-{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

SharedMemory Map(int fd, size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) return {};
  return {static_cast<std::byte*>(data), bytes};
}

// Memory that another process can open by this one's descriptor.
struct Offer {
  OwnedSocket file;
  SharedMemory memory;
  std::string text;  // "PROCESS DESCRIPTOR NAME"; empty: there is none
};

// All of its pages are there from the start: a machine that has none left says so here, and does
// not end the rank that touches one later.
Offer MakeOffer(size_t bytes) {
  Offer offer;
  const std::string name = RandomName();
  offer.file = OwnedSocket(memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const int fd = offer.file.fd();
  if (fd < 0 || posix_fallocate(fd, 0, static_cast<off_t>(bytes)) != 0 ||
      fcntl(fd, F_ADD_SEALS, kSeals) != 0) {
    return offer;
  }
  offer.memory = Map(fd, bytes);
  if (offer.memory) offer.text = fmt::format("{} {} {}", getpid(), fd, name);
  return offer;
}

// What an offer of this text means. That it is this, and not another process's that has the same
// number, its name says.
SharedMemory Open(const std::vector<char>& text, size_t bytes) {
  std::istringstream words({text.begin(), text.end()});
  int process = 0, descriptor = 0;
  std::string name;
  if (!(words >> process >> descriptor >> name)) return {};
  const std::string path = fmt::format("/proc/{}/fd/{}", process, descriptor);
  const OwnedSocket file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return {};
  struct stat state {};
  if (ReadLink(fmt::format("/proc/self/fd/{}", file.fd())) != "/memfd:" + name + " (deleted)" ||
      fstat(file.fd(), &state) != 0 || state.st_uid != geteuid() ||
      state.st_size != static_cast<off_t>(bytes) ||
      (fcntl(file.fd(), F_GET_SEALS) & F_SEAL_SHRINK) == 0) {
    return {};
  }
  return Map(file.fd(), bytes);
}

}  // namespace

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

std::vector<SharedMemory> ShareMemory(int rank, int size, bool wanted, size_t bytes,
                                      Rendezvous& rendezvous) {
  const auto key = [](const char* what, int lower, int higher) {
    return fmt::format("memory/{}/{}/{}", what, lower, higher);
  };
  const std::string self = wanted ? ThisMachine() : std::string();
  rendezvous.set(fmt::format("machine/{}", rank), {self.begin(), self.end()});
  std::vector<bool> is_here(size);
  for (int peer = 0; peer < size; ++peer) {
    const std::vector<char> other = rendezvous.get(fmt::format("machine/{}", peer));
    is_here[peer] =
        peer != rank && !self.empty() && std::string(other.begin(), other.end()) == self;
  }
  // The lower rank of two makes it. All offers come first, so that nobody waits in a circle.
  std::vector<Offer> offers(size);
  for (int peer = rank + 1; peer < size; ++peer) {
    if (!is_here[peer]) continue;
    offers[peer] = MakeOffer(bytes);
    const std::string& text = offers[peer].text;
    rendezvous.set(key("offer", rank, peer), {text.begin(), text.end()});
  }
  std::vector<SharedMemory> result(size);
  for (int peer = 0; peer < rank; ++peer) {
    if (!is_here[peer]) continue;
    result[peer] = Open(rendezvous.get(key("offer", peer, rank)), bytes);
    rendezvous.set(key("taken", peer, rank), std::vector<char>(result[peer] ? 1 : 0));
  }
  for (int peer = rank + 1; peer < size; ++peer) {
    if (!is_here[peer]) continue;
    const bool taken = !rendezvous.get(key("taken", rank, peer)).empty();
    if (taken) result[peer] = std::move(offers[peer].memory);
  }
  return result;
}

}  // namespace lantern

#include "net/key/lan_key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// The number rises with the derivation below.
constexpr char kPrefix[] = "lantern-key-1 ";
constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "LanternK";

// A key file is a line; of anything else this much is enough to see that it is none.
constexpr size_t kMaxFileBytes = 4096;

static_assert(sizeof(LanKey::Bytes) == crypto_kdf_KEYBYTES);
static_assert(sizeof(LanKey::Bytes) == crypto_box_SEEDBYTES);
static_assert(sizeof(LanKey::Bytes) == crypto_box_PUBLICKEYBYTES);
static_assert(sizeof(LanKey::Bytes) == crypto_box_SECRETKEYBYTES);

// Harmless and quick when repeated.
void StartSodium() { LANTERN_CHECK_GE(sodium_init(), 0); }

class File {
 public:
  explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::string LanKey::Generate() {
  StartSodium();
  Bytes secret;
  randombytes_buf(secret.data(), secret.size());
  std::array<char, 2 * sizeof(Bytes) + 1> hex;
  sodium_bin2hex(hex.data(), hex.size(), secret.data(), secret.size());
  sodium_memzero(secret.data(), secret.size());
  return std::string(kPrefix) + hex.data() + "\n";
}

LanKey::LanKey(const std::string& text, const std::string& name) {
  StartSodium();
  const std::string line = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  const size_t prefix = std::strlen(kPrefix);
  size_t count = 0;
  const bool right_length = line.starts_with(kPrefix) && line.size() == prefix + 2 * secret_.size();
  const bool valid =
      right_length && sodium_hex2bin(secret_.data(), secret_.size(), line.data() + prefix,
                                     line.size() - prefix, nullptr, &count, nullptr) == 0;
  if (valid && count == secret_.size()) return;
  Fail(ErrorKind::kConfig,
       "{} is not a key, which is one line of {}and 64 hex digits: copy it from the leader's "
       "machine, or make one with lantern key > lan.key.",
       name, kPrefix);
}

SharedKey LanKey::Read(const std::string& path) {
  const File file(path);
  struct stat status {};
  if (file.fd() < 0 || fstat(file.fd(), &status) != 0) {
    Fail(ErrorKind::kConfig, "Cannot open the key file {} ({}): make one with lantern key > {}.",
         path, std::strerror(errno), path);
  }
  if (!S_ISREG(status.st_mode)) Fail(ErrorKind::kConfig, "The key {} is not a file.", path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    Fail(ErrorKind::kConfig, "Other users of this machine may read the key file {}: chmod 600 {}",
         path, path);
  }
  std::string text(kMaxFileBytes, '\0');
  const ssize_t size = read(file.fd(), text.data(), text.size());
  if (size < 0) {
    Fail(ErrorKind::kConfig, "Cannot read the key file {}: {}.", path, std::strerror(errno));
  }
  text.resize(static_cast<size_t>(size));
  auto key = std::make_shared<const LanKey>(text, "The file " + path);
  sodium_memzero(text.data(), text.size());
  return key;
}

LanKey::~LanKey() { sodium_memzero(secret_.data(), secret_.size()); }

LanKey::Bytes LanKey::Derive(Purpose purpose) const {
  Bytes derived;
  const int result = crypto_kdf_derive_from_key(
      derived.data(), derived.size(), static_cast<uint64_t>(purpose), kContext, secret_.data());
  LANTERN_CHECK_EQ(result, 0);
  return derived;
}

LanKey::KeyPair LanKey::Pair(Purpose purpose) const {
  const Bytes seed = Derive(purpose);
  KeyPair pair;
  LANTERN_CHECK_EQ(
      crypto_box_seed_keypair(pair.public_key.data(), pair.secret_key.data(), seed.data()), 0);
  return pair;
}

}  // namespace lantern

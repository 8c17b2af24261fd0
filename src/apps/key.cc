// lantern key: makes the key that all machines of a LAN share.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "net/key/lan_key.h"
#include "src/apps/commands.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// `lantern key > lan.key` is how it is meant: such a file is for nobody else to read, whatever
// permissions the shell has made it with.
void KeepPrivate(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return;
  fchmod(fd, S_IRUSR | S_IWUSR);  // a file of somebody else stays as it is; --key will refuse it
}

int Write() {
  KeepPrivate(STDOUT_FILENO);
  const std::string key = LanKey::Generate();
  if (std::fwrite(key.data(), 1, key.size(), stdout) != key.size() || std::fflush(stdout) != 0) {
    Fail(ErrorKind::kIo, "Cannot write the key.");
  }
  return 0;
}

}  // namespace

void RegisterKeyCommand(CLI::App& app, int& exit_code) {
  CLI::App* sub =
      app.add_subcommand("key", "A new key for a LAN, to stdout: lantern key > lan.key");
  sub->callback([&exit_code] { exit_code = Write(); });
}

}  // namespace lantern

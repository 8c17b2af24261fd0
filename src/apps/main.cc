// lantern: one binary for every machine. This file only picks the subcommand and turns errors into
// one sentence and an exit code.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "src/apps/commands.h"
#include "src/apps/interrupt.h"
#include "src/base/cores.h"
#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/base/version.h"

namespace {

// Exit codes: 1 for files and requests, 2 for flags and layouts, 3 for a lost machine.
int ExitCode(lantern::ErrorKind kind) {
  switch (kind) {
    case lantern::ErrorKind::kConfig:
      return 2;
    case lantern::ErrorKind::kPeerLost:
      return 3;
    case lantern::ErrorKind::kInterrupted:
      return lantern::kInterruptedExit;
    default:
      return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed connection is an error code, not a death
  lantern::AllowManyFiles();
  lantern::NameThisThread("lantern");  // a rank of --local is started as /proc/self/exe
  CLI::App app("Run one Llama model over the machines of a LAN.", "lantern");
  app.set_version_flag("--version", lantern::VersionText());
  app.require_subcommand(1);
  int exit_code = 0;
  lantern::RegisterChat(app, exit_code);
  lantern::RegisterRun(app, exit_code);
  lantern::RegisterWorker(app, exit_code);
  lantern::RegisterKeyCommand(app, exit_code);
  lantern::RegisterBench(app, exit_code);
  lantern::RegisterCheck(app, exit_code);
  lantern::RegisterInspect(app, exit_code);
  lantern::RegisterSynth(app, exit_code);
  lantern::RegisterTokenize(app, exit_code);
  lantern::RegisterScore(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help, --version
    const std::vector<std::string> unknown = app.remaining();
    if (app.get_subcommands().empty() && !unknown.empty()) {
      std::fprintf(stderr, "lantern: There is no command '%s'; --help lists them.\n",
                   unknown[0].c_str());
    } else {
      std::fprintf(stderr, "lantern: %s; --help lists the flags.\n", e.what());
    }
    return 2;
  } catch (const lantern::Error& e) {
    std::fprintf(stderr, "lantern: %s\n", e.what());
    return ExitCode(e.kind());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "lantern: %s\n", e.what());
    return 1;
  }
  return exit_code;
}

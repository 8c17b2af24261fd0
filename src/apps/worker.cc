// lantern worker: lends this machine to a leader.
#include <fmt/format.h>

#include <cstdio>

#include "src/apps/commands.h"
#include "src/engine/session.h"

namespace lantern {
namespace {

struct WorkerFlags {
  WorkerOptions options;
  bool once = false;
};

int Work(const WorkerFlags& flags) {
  WorkerOptions options = flags.options;
  if (flags.once) options.join_limit_s = 30;
  auto say = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  do {
    RunWorker(options, say);
  } while (!flags.once);
  return 0;
}

}  // namespace

void RegisterWorker(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<WorkerFlags>();
  CLI::App* sub = app.add_subcommand("worker", "Lend this machine to a leader");
  sub->add_option("--join", flags->options.join, "HOST:PORT of the leader")->required();
  sub->add_option("--model", flags->options.model, "A local copy of the leader's model");
  sub->add_option("--threads", flags->options.threads, "Threads (default: as the leader says)");
  sub->add_flag("--once", flags->once, "End with the first run");
  sub->callback([flags, &exit_code] { exit_code = Work(*flags); });
}

}  // namespace lantern

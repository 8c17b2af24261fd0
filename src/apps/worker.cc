// lantern worker: lends this machine to a leader.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <string_view>
#include <thread>

#include "src/apps/commands.h"
#include "src/base/error.h"
#include "src/engine/session.h"

namespace lantern {
namespace {

struct WorkerFlags {
  WorkerOptions options;
  bool once = false;
  bool local = false;  // started by `--local N`: what goes well is the leader's to tell
};

using Say = std::function<void(const std::string&)>;

// Goes back to waiting when a leader is lost or cannot use this machine: another may come. Not so
// where it was refused, which would happen again.
void Lend(const WorkerOptions& options, const Say& say) {
  for (;;) {
    try {
      RunWorker(options, say);
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kConfig) throw;
      say(e.what());
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));  // a leader that ended may still listen
  }
}

int Work(const WorkerFlags& flags) {
  WorkerOptions options = flags.options;
  const Say say = [&](const std::string& line) {
    if (!flags.local) fmt::print(stderr, "{}\n", line);
  };
  if (!flags.once) Lend(options, say);
  options.join_limit_s = flags.local ? 10 : 30;
  try {
    RunWorker(options, say);
  } catch (const Error& e) {
    // The leader has heard of it and shows it, unless it is the leader that is lost.
    const bool leader_lost = std::string_view(e.what()).starts_with("Rank 0 ");
    if (!flags.local || leader_lost) throw;
    return 1;
  }
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
  sub->add_flag("--started-by-leader", flags->local)->group("");
  sub->callback([flags, &exit_code] { exit_code = Work(*flags); });
}

}  // namespace lantern

// lantern worker: lends this machine to a leader.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

#include "src/apps/commands.h"
#include "src/apps/follow.h"
#include "src/apps/options.h"
#include "src/apps/progress.h"
#include "src/base/error.h"
#include "src/engine/self.h"
#include "src/engine/worker.h"

namespace lantern {
namespace {

using std::chrono::seconds;

struct WorkerFlags {
  WorkerOptions options;
  std::string key_file;
  bool once = false;
  int local_rank = 0;  // > 0: started by `--local N`: what goes well is the leader's to tell
};

// Shows on stderr what happens to a worker.
struct Shown {
  explicit Shown(bool quiet)
      : events{[quiet](const std::string& line) {
                 if (!quiet) fmt::print(stderr, "{}\n", line);
               },
               [this](uint64_t done, uint64_t total) {
                 if (!bar) bar.emplace("Fetching weights");
                 bar->Update(done, total);
                 if (done == total) bar.reset();
               }} {}
  std::optional<ProgressBar> bar;
  Worker::Events events;
};

// Takes part in one run. Goes back to waiting when the leader is lost or cannot use this machine:
// another may come. Not so where it was refused for good, which would happen again.
void LendOnce(const WorkerOptions& options, Shown& shown) {
  Worker worker(options, shown.events);
  try {
    worker.Join();
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kConfig) throw;
    return shown.events.on_message(e.what());
  }
  try {
    worker.Serve();
    shown.events.on_message("The run is over; waiting for the next.");
  } catch (const Error& e) {
    shown.bar.reset();
    shown.events.on_message(e.what());
  }
}

int ServeOnce(const WorkerOptions& options, bool local) {
  Shown shown(/*quiet=*/local);
  Worker worker(options, shown.events);
  try {
    worker.Join();
    worker.Serve();
    return 0;
  } catch (const Error& e) {
    // The leader has heard of it and shows it, unless it is the leader that is lost.
    if (!local || worker.leader_silent()) throw;
    return 1;
  }
}

int Work(const WorkerFlags& flags) {
  WorkerOptions options = flags.options;
  options.key = ReadKey(flags.key_file);
  if (flags.local_rank > 0) {
    options.rank = flags.local_rank;
    options.same_machine = true;
    options.join_limit = seconds(10);
    return ServeOnce(options, /*local=*/true);
  }
  options.read_gbps = KnownReadBandwidth();
  if (flags.once) {
    options.join_limit = seconds(30);
    return ServeOnce(options, /*local=*/false);
  }
  Shown shown(/*quiet=*/false);
  for (;;) {
    LendOnce(options, shown);
    std::this_thread::sleep_for(seconds(1));  // a leader that ended may still listen
  }
}

}  // namespace

int Follow(const SessionOptions& options) {
  WorkerOptions worker;
  worker.join = options.master;
  worker.rank = options.rank;
  worker.key = options.key;
  // The launcher's command names the model on every machine; those that have it need not fetch it.
  std::error_code ignored;
  if (std::filesystem::exists(options.model, ignored)) worker.model = options.model;
  worker.threads = options.threads;
  worker.join_limit = seconds(60);
  return ServeOnce(worker, /*local=*/false);
}

void RegisterWorker(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<WorkerFlags>();
  WorkerOptions& o = flags->options;
  CLI::App* sub = app.add_subcommand("worker", "Lend this machine to a leader");
  auto* join = sub->add_option("--join", o.join, "HOST[:PORT] of the leader")->required();
  sub->add_option("--address", o.address,
                  "Address of this machine for the others (default: the one towards the leader)");
  RegisterKey(*sub, flags->key_file);
  sub->add_option("--model", o.model, "A local copy of the leader's model, to fetch less");
  sub->add_option("--threads", o.threads, "Threads (default: as the leader says)");
  sub->add_option("--device", o.device,
                  "Where to compute: cpu, or cuda in builds for it (default: as built)");
  sub->add_option("--cache", o.cache_folder, "Folder that keeps fetched weights")
      ->capture_default_str();
  sub->add_option("--cache-size", o.cache_bytes, "What it may hold, e.g. 20GB")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->default_str("64GB");
  sub->add_flag("--once", flags->once, "End with the first run");
  sub->add_option("--started-by-leader-as", flags->local_rank)->group("")->needs(join);
  sub->callback([flags, &exit_code] { exit_code = Work(*flags); });
}

}  // namespace lantern

#include "src/apps/interrupt.h"

#include <algorithm>
#include <atomic>

namespace lantern {
namespace {

// A signal handler may touch no other kind of variable than one like this.
std::atomic<int> interrupts = 0;
static_assert(std::atomic<int>::is_always_lock_free);

void OnInterrupt(int) { ++interrupts; }

}  // namespace

InterruptsCaught::InterruptsCaught() {
  struct sigaction action {};
  action.sa_handler = OnInterrupt;  // no SA_RESTART: a blocked read must return
  sigaction(SIGINT, &action, &before_);
}

InterruptsCaught::~InterruptsCaught() { sigaction(SIGINT, &before_, nullptr); }

int TakeInterrupts() { return interrupts.exchange(0); }

bool InterruptPending() { return interrupts > 0; }

bool RunUntilDone(Engine& engine, std::span<const std::shared_ptr<Sequence>> sequences) {
  const auto done = [](const auto& sequence) { return sequence->done(); };
  while (!std::all_of(sequences.begin(), sequences.end(), done)) {
    if (TakeInterrupts() > 0) {
      for (const auto& sequence : sequences) engine.Cancel(sequence);
      return false;
    }
    engine.Step();
  }
  return true;
}

}  // namespace lantern

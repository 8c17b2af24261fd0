#include "src/apps/interrupt.h"

#include <algorithm>

namespace lantern {
namespace {

// A signal handler can reach nothing but a variable like this.
volatile sig_atomic_t interrupts = 0;

void OnInterrupt(int) { interrupts = interrupts + 1; }

}  // namespace

InterruptsCaught::InterruptsCaught() {
  struct sigaction action {};
  action.sa_handler = OnInterrupt;  // no SA_RESTART: a blocked read must return
  sigaction(SIGINT, &action, &before_);
}

InterruptsCaught::~InterruptsCaught() { sigaction(SIGINT, &before_, nullptr); }

int TakeInterrupts() {
  const int count = interrupts;
  interrupts = 0;
  return count;
}

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

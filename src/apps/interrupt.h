// Ctrl-C: counted instead of ending the program, so that an answer ends in good order and the other
// ranks hear of it.
#pragma once

#include <signal.h>

#include <memory>
#include <span>

#include "src/engine/engine.h"

namespace lantern {

// While one lives Ctrl-C is counted. Otherwise it ends the program.
class InterruptsCaught {
 public:
  InterruptsCaught();
  ~InterruptsCaught();
  InterruptsCaught(const InterruptsCaught&) = delete;
  InterruptsCaught& operator=(const InterruptsCaught&) = delete;

 private:
  struct sigaction before_;
};

// Presses since the last call.
int TakeInterrupts();
// Whether there are any to take.
bool InterruptPending();

// Steps until all are done; Ctrl-C cancels them. False when that happened.
// REQUIRES: an InterruptsCaught lives, as in every Leader.
bool RunUntilDone(Engine& engine, std::span<const std::shared_ptr<Sequence>> sequences);
inline bool RunUntilDone(Engine& engine, const std::shared_ptr<Sequence>& sequence) {
  return RunUntilDone(engine, std::span(&sequence, 1));
}

// Exit code of a command that Ctrl-C ended, as shells have it.
inline constexpr int kInterruptedExit = 130;

}  // namespace lantern

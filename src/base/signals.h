// Signals kept away from a thread.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace lantern {

// While one lives this thread takes no signal, and a thread started meanwhile never does. For
// threads of our own, since Ctrl-C and the like belong to the main thread; and in that one for
// short pieces of work whose system calls cannot be repeated when a signal interrupts them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace lantern

// A signal may interrupt libzmq in any call. One that fails so has not begun, and can be repeated.
#pragma once

#include <cerrno>
#include <zmq.hpp>

namespace lantern {

// What `call` returns, tried until no signal interrupts it. Throws zmq::error_t for what else
// fails.
template <class Call>
auto RetryInterrupted(const Call& call) {
  while (true) {
    try {
      return call();
    } catch (const zmq::error_t& e) {
      if (e.num() != EINTR) throw;
    }
  }
}

}  // namespace lantern

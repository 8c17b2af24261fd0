// Rendezvous: a key/value store over ZeroMQ. The leader's control socket serves it
// (net/control/key_value_store.h); ranks publish their TCP addresses here and read the others'.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "net/control/messages.h"
#include "net/key/lan_key.h"
#include "net/verdict.h"

namespace lantern {

class Rendezvous {
 public:
  // `endpoint`: the leader's control address, HOST:PORT. Keys are write-once, so `epoch` sets one
  // formation of the group apart from every other. Waits end after `limit`, or as soon as
  // `verdict` (may be empty) knows of a loss, with Error{kPeerLost}.
  // `key`: as the leader's.
  Rendezvous(const std::string& endpoint, std::string epoch, std::chrono::milliseconds limit,
             Verdict verdict, const SharedKey& key = {});

  void set(const std::string& key, const std::vector<char>& data);
  std::vector<char> get(const std::string& key);  // blocks until somebody has set it

 private:
  std::vector<char> Call(const control::Message& request, const std::string& key);
  std::string FullKey(const std::string& key) const { return epoch_ + "/" + key; }

  const std::string endpoint_;
  const std::string epoch_;
  const std::chrono::milliseconds limit_;
  const Verdict verdict_;
  uint64_t request_ = 0;
  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::dealer};
};

}  // namespace lantern

// Rendezvous: gloo's key/value store over ZeroMQ. The leader's control socket serves it
// (net/control/key_value_store.h); ranks publish their TCP addresses here and read the others'.
#pragma once

#include <gloo/rendezvous/store.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "net/control/messages.h"
#include "net/key/lan_key.h"
#include "net/verdict.h"

namespace lantern {

class Rendezvous final : public gloo::rendezvous::Store {
 public:
  // `endpoint`: the leader's control address, HOST:PORT. Keys are write-once, so `epoch` sets one
  // formation of the group apart from every other. Waits end after `limit`, or as soon as
  // `verdict` (may be empty) knows of a loss, with Error{kPeerLost}.
  // `key`: as the leader's.
  Rendezvous(const std::string& endpoint, std::string epoch, std::chrono::milliseconds limit,
             Verdict verdict, const SharedKey& key = {});

  void set(const std::string& key, const std::vector<char>& data) override;
  std::vector<char> get(const std::string& key) override;  // blocks until somebody has set it
  void wait(const std::vector<std::string>& keys) override;
  // gloo passes its own timeout here; ours, counted per key, is the one that holds.
  void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds&) override {
    wait(keys);
  }

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

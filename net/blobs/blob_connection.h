// BlobConnection: a worker's end of one connection. libzmq connects again by itself when one
// breaks, but what was asked for over the old one is lost then; so that shows here, and the owner
// replaces the object.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "net/blobs/blob_messages.h"
#include "net/blobs/frames.h"
#include "net/key/lan_key.h"

namespace lantern::blobs {

class BlobConnection {
 public:
  struct Reply {
    Header header;
    zmq::message_t payload;
    std::span<const std::byte> bytes() const { return {payload.data<std::byte>(), payload.size()}; }
  };

  // `context` outlives it. Throws Error{kConfig} for an endpoint that cannot be parsed.
  BlobConnection(zmq::context_t& context, const std::string& endpoint, const SharedKey& key = {});
  BlobConnection(const BlobConnection&) = delete;
  BlobConnection& operator=(const BlobConnection&) = delete;

  // The next message, waiting up to `wait`. Throws Error{kIo} for one that makes no sense.
  std::optional<Reply> Receive(std::chrono::milliseconds wait);
  void Send(const Header& header, const std::vector<std::byte>& payload);

  // True when this is no longer the connection that it was. No reply to earlier requests comes.
  bool replaced();

  uint64_t received() const { return received_; }  // payload bytes

 private:
  zmq::socket_t socket_;
  zmq::socket_t monitor_;
  int handshakes_ = 0;
  uint64_t received_ = 0;
};

}  // namespace lantern::blobs

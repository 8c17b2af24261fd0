#include "net/blobs/blob_connection.h"

#include <cerrno>
#include <iterator>
#include <utility>

#include "net/blobs/frames.h"
#include "net/key/zmq_security.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern::blobs {
namespace {

void Prepare(zmq::socket_t& socket, const SharedKey& key) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<int64_t>(kMaxReplyFrameBytes));
  socket.set(zmq::sockopt::rcvhwm, 0);  // bounded by what was asked for
  if (key) UseClientKey(socket, *key);
}

}  // namespace

BlobConnection::BlobConnection(zmq::context_t& context, const std::string& endpoint,
                               const SharedKey& key)
    : socket_(context, zmq::socket_type::dealer), monitor_(context, zmq::socket_type::pair) {
  Prepare(socket_, key);
  // A name of its own: libzmq gives one free some time after its socket was closed.
  const std::string events =
      fmt::format("inproc://handshakes-{}-{}", static_cast<const void*>(this),
                  std::chrono::steady_clock::now().time_since_epoch().count());
  const int result =
      zmq_socket_monitor(socket_.handle(), events.c_str(), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  LANTERN_CHECK_EQ(result, 0);
  monitor_.set(zmq::sockopt::linger, 0);
  monitor_.connect(events);
  try {
    socket_.connect("tcp://" + endpoint);
  } catch (const zmq::error_t& e) {
    Fail(ErrorKind::kConfig, "Cannot connect to '{}': {}; give HOST:PORT.", endpoint, e.what());
  }
}

std::optional<BlobConnection::Reply> BlobConnection::Receive(std::chrono::milliseconds wait) {
  zmq::pollitem_t items[] = {{socket_.handle(), 0, ZMQ_POLLIN, 0},
                             {monitor_.handle(), 0, ZMQ_POLLIN, 0}};
  try {
    zmq::poll(items, std::size(items), wait);
  } catch (const zmq::error_t& e) {
    LANTERN_CHECK_EQ(e.num(), EINTR);
    return std::nullopt;
  }
  auto frames = ReceiveFrames(socket_, 3);
  if (frames.empty()) return std::nullopt;
  if (frames.size() != 2) Fail(ErrorKind::kIo, "A reply has a header and a payload.");
  received_ += frames[1].size();
  return Reply{DecodeHeader(BytesOf(frames[0])), std::move(frames[1])};
}

void BlobConnection::Send(const Header& header, const std::vector<std::byte>& payload) {
  // A full queue means that the server does not read; that is noticed as silence.
  const auto bytes = EncodeHeader(header);
  if (SendFrame(socket_, zmq::message_t(bytes), true)) {
    SendFrame(socket_, zmq::message_t(payload), false);
  }
}

bool BlobConnection::replaced() {
  // Any event is a handshake: no others were asked for.
  while (!ReceiveFrames(monitor_, 2).empty()) ++handshakes_;
  return handshakes_ > 1;
}

}  // namespace lantern::blobs

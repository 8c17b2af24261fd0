#include "net/blobs/blob_server.h"

#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <zmq.hpp>

#include "net/blobs/blob_messages.h"
#include "net/blobs/describer.h"
#include "net/blobs/frames.h"
#include "net/key/zmq_security.h"
#include "src/base/check.h"
#include "src/base/cores.h"
#include "src/base/error.h"
#include "src/base/signals.h"

namespace lantern {

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds kTick{1000};

// A connection's state is kept so long without a request; libzmq does not say when one closes.
constexpr std::chrono::seconds kForgetAfter{60};

// What lies in the kernel's buffers is ahead of the heartbeats that leave by the same link: 512 KiB
// (the kernel doubles it) take 8 ms at 1 Gbit/s and half a second at 20 Mbit/s.
constexpr int kSendBufferBytes = 512 << 10;

// Requests taken between two rounds of sending.
constexpr int kMaxBurst = 100;

void Prepare(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<int64_t>(blobs::kMaxRequestFrameBytes));
  socket.set(zmq::sockopt::sndbuf, kSendBufferBytes);
  socket.set(zmq::sockopt::sndhwm, static_cast<int>(2 * blobs::kMaxAsked));
  socket.set(zmq::sockopt::router_mandatory, 1);  // say when a peer is gone or does not read
}

// A copy: libzmq's thread would free a vector that is handed over, which ThreadSanitizer takes for
// a race (it cannot see into libzmq), and copying takes a hundredth of a gigabit link's time.
zmq::message_t FrameOf(const std::vector<std::byte>& bytes) { return zmq::message_t(bytes); }

std::string AddressOf(zmq::message_t& frame) {
  try {
    return frame.gets("Peer-Address");
  } catch (const zmq::error_t&) {
    return "unknown";
  }
}

}  // namespace

class BlobServer::Impl {
 public:
  Impl(const std::string& address, BlobSource& source, const SharedKey& key);
  ~Impl();

  const std::string& endpoint() const { return endpoint_; }
  std::vector<Traffic> traffic() const {
    const std::lock_guard lock(mutex_);
    return traffic_;
  }
  int64_t strangers() const { return guard_ ? guard_->strangers() : 0; }

 private:
  struct Peer {
    size_t traffic = 0;           // place in traffic_
    std::deque<BlobId> blobs;     // asked for and not sent
    std::deque<uint32_t> tables;  // asked for and not yet given to the describer
    bool describing = false;      // the describer has one for this peer
    uint64_t sent = 0;            // payload bytes
    uint64_t received = 0;        // of those, by its own word
    bool dropped = false;         // it asked for nonsense and is not listened to
    Clock::time_point heard;

    bool has_credit() const { return sent - received < blobs::kMaxUnreceivedBytes; }
    bool can_be_served() const { return !blobs.empty() && has_credit(); }
  };

  void Loop();
  void WaitForWork(Clock::time_point limit);
  void ReceiveAll();
  bool ReceiveOne();
  void OnRequest(const std::string& name, const std::string& address,
                 const std::vector<zmq::message_t>& frames);
  void Take(Peer& peer, const blobs::Header& header, std::span<const std::byte> payload);
  Peer& PeerOf(const std::string& name, const std::string& address);
  void ServeRound();
  void SendBlob(const std::string& name, Peer& peer);
  void AskDescriber();
  void SendLists();
  void OnTick();
  void Drop(const std::string& name, Peer& peer, const std::string& why);
  void Refuse(const std::string& name, const std::string& sentence);
  void Send(const std::string& name, const blobs::Header& header,
            const std::vector<std::byte>& payload);
  void Wake() { eventfd_write(wake_fd_, 1); }

  BlobSource& source_;
  const size_t tables_;
  std::string endpoint_;
  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::router};
  std::optional<SocketGuard> guard_;
  const int wake_fd_;
  std::atomic<bool> stop_{false};

  std::map<std::string, Peer> peers_;  // by routing id; the loop's thread only
  std::vector<std::string> gone_;      // peers that a send has found gone

  mutable std::mutex mutex_;
  std::vector<Traffic> traffic_;

  std::unique_ptr<blobs::Describer> describer_;
  std::thread thread_;  // last: it uses all of the above
};

BlobServer::Impl::Impl(const std::string& address, BlobSource& source, const SharedKey& key)
    : source_(source), tables_(source.tables()), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  LANTERN_CHECK_GE(wake_fd_, 0);
  const SignalsBlocked blocked;  // in the threads as well
  try {
    Prepare(socket_);
    if (key) guard_.emplace(context_, socket_, *key);
    socket_.bind("tcp://" + address);
  } catch (const zmq::error_t& e) {
    close(wake_fd_);
    Fail(ErrorKind::kConfig, "Cannot listen on '{}': {}; give a free HOST:PORT.", address,
         e.what());
  }
  endpoint_ = socket_.get(zmq::sockopt::last_endpoint).substr(std::string("tcp://").size());
  describer_ = std::make_unique<blobs::Describer>(source, [this] { Wake(); });
  thread_ = std::thread([this] { Loop(); });
}

BlobServer::Impl::~Impl() {
  stop_ = true;
  Wake();
  thread_.join();
  describer_.reset();
  guard_.reset();
  socket_.close();
  context_.close();
  close(wake_fd_);
}

void BlobServer::Impl::Loop() {
  NameThisThread("weights");
  auto next_tick = Clock::now() + kTick;
  while (!stop_) {
    WaitForWork(next_tick);
    ReceiveAll();
    SendLists();
    AskDescriber();  // after them: who got a list may have the next one made
    ServeRound();
    if (Clock::now() >= next_tick) {
      OnTick();
      next_tick = Clock::now() + kTick;
    }
    for (const std::string& name : std::exchange(gone_, {})) peers_.erase(name);
  }
}

// Until a request, a list, or `limit`; not at all while there is something to send.
void BlobServer::Impl::WaitForWork(Clock::time_point limit) {
  const bool busy = std::any_of(peers_.begin(), peers_.end(),
                                [](const auto& entry) { return entry.second.can_be_served(); });
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - Clock::now());
  zmq::pollitem_t items[] = {{socket_.handle(), 0, ZMQ_POLLIN, 0},
                             {nullptr, wake_fd_, ZMQ_POLLIN, 0}};
  try {
    zmq::poll(items, std::size(items), busy ? left.zero() : std::max(left, left.zero()));
  } catch (const zmq::error_t& e) {
    LANTERN_CHECK_EQ(e.num(), EINTR);  // SIGSTOP and SIGCONT interrupt even blocked threads
  }
  eventfd_t ignored;
  eventfd_read(wake_fd_, &ignored);
}

void BlobServer::Impl::ReceiveAll() {
  for (int i = 0; i < kMaxBurst && ReceiveOne(); ++i) {
  }
}

// Takes one message, whatever its shape; false when there is none.
bool BlobServer::Impl::ReceiveOne() {
  auto frames = blobs::ReceiveFrames(socket_, 4);
  if (frames.empty()) return false;
  OnRequest(frames[0].to_string(), AddressOf(frames.back()), frames);
  return true;
}

// `frames`: routing id, header, payload, if the peer is one of ours.
void BlobServer::Impl::OnRequest(const std::string& name, const std::string& address,
                                 const std::vector<zmq::message_t>& frames) {
  Peer& peer = PeerOf(name, address);
  peer.heard = Clock::now();
  if (peer.dropped) return;
  try {
    if (frames.size() != 3) Fail(ErrorKind::kIo, "A request has a header and a payload.");
    Take(peer, blobs::DecodeHeader(blobs::BytesOf(frames[1])), blobs::BytesOf(frames[2]));
  } catch (const Error& e) {
    Drop(name, peer, e.what());
  }
}

// Throws Error{kIo} for what no client of ours would ask.
void BlobServer::Impl::Take(Peer& peer, const blobs::Header& header,
                            std::span<const std::byte> payload) {
  const auto require_table = [this](uint32_t table) {
    if (table >= tables_) Fail(ErrorKind::kIo, "There is no table {}.", table);
  };
  if (const auto* ask = std::get_if<blobs::AskLists>(&header)) {
    peer.received = std::min(ask->received, peer.sent);  // no credit for a boast
    for (const uint32_t table : blobs::DecodeTables(payload)) {
      require_table(table);
      peer.tables.push_back(table);
    }
  } else if (const auto* ask = std::get_if<blobs::AskBlobs>(&header)) {
    peer.received = std::min(ask->received, peer.sent);  // no credit for a boast
    for (const BlobId& id : blobs::DecodeIds(payload)) {
      require_table(id.table);
      peer.blobs.push_back(id);
    }
  } else {
    Fail(ErrorKind::kIo, "That is not a request.");
  }
  if (peer.blobs.size() + peer.tables.size() > blobs::kMaxAsked) {
    Fail(ErrorKind::kIo, "More than {} requests wait for an answer.", blobs::kMaxAsked);
  }
}

BlobServer::Impl::Peer& BlobServer::Impl::PeerOf(const std::string& name,
                                                 const std::string& address) {
  const auto [it, is_new] = peers_.try_emplace(name);
  if (is_new) {
    const std::lock_guard lock(mutex_);
    it->second.traffic = traffic_.size();
    traffic_.push_back({address, 0});
  }
  return it->second;
}

void BlobServer::Impl::ServeRound() {
  for (auto& [name, peer] : peers_) {
    if (peer.can_be_served()) SendBlob(name, peer);
  }
}

void BlobServer::Impl::SendBlob(const std::string& name, Peer& peer) {
  const BlobId id = peer.blobs.front();
  peer.blobs.pop_front();
  try {
    const std::vector<std::byte> bytes = source_.Read(id);
    LANTERN_CHECK(!bytes.empty() && bytes.size() <= kMaxBlobBytes);
    Send(name, blobs::BlobData{id.table, id.index}, bytes);
  } catch (const std::exception& e) {  // an Error, or no memory
    Refuse(name, e.what());
  }
}

// One list per worker at a time, as with blobs.
void BlobServer::Impl::AskDescriber() {
  for (auto& [name, peer] : peers_) {
    if (peer.tables.empty() || peer.describing || !peer.has_credit()) continue;
    describer_->Ask(name, peer.tables.front());
    peer.tables.pop_front();
    peer.describing = true;
  }
}

void BlobServer::Impl::SendLists() {
  for (const auto& result : describer_->Take()) {
    const auto it = peers_.find(result.peer);
    if (it == peers_.end()) continue;
    it->second.describing = false;
    if (result.error.empty()) {
      Send(result.peer, blobs::List{result.table}, blobs::EncodeList(result.list));
    } else {
      Refuse(result.peer, result.error);
    }
  }
}

// Those who wait for a list get a sign of life; those who have said nothing for long are forgotten.
void BlobServer::Impl::OnTick() {
  const auto now = Clock::now();
  for (const auto& [name, peer] : peers_) {
    if (peer.describing) {
      Send(name, blobs::Busy{}, {});
    } else if (now - peer.heard > kForgetAfter) {
      gone_.push_back(name);
    }
  }
}

void BlobServer::Impl::Drop(const std::string& name, Peer& peer, const std::string& why) {
  spdlog::debug("blobs: a peer at {} is not served: {}", traffic()[peer.traffic].peer, why);
  Refuse(name, why);
  peer.blobs.clear();
  peer.tables.clear();
  peer.dropped = true;
}

void BlobServer::Impl::Refuse(const std::string& name, const std::string& sentence) {
  Send(name, blobs::Refusal{sentence}, {});
}

// Never blocks: who does not read although it says so is treated as gone.
void BlobServer::Impl::Send(const std::string& name, const blobs::Header& header,
                            const std::vector<std::byte>& payload) {
  const size_t payload_bytes = payload.size();
  try {
    if (!blobs::SendFrame(socket_, zmq::message_t(name), true)) {
      gone_.push_back(name);
      return;
    }
    blobs::SendFrame(socket_, FrameOf(blobs::EncodeHeader(header)), true);
    blobs::SendFrame(socket_, FrameOf(payload), false);
  } catch (const zmq::error_t& e) {
    spdlog::debug("blobs: cannot send: {}", e.what());
    gone_.push_back(name);
    return;
  }
  Peer& peer = peers_.at(name);
  peer.sent += payload_bytes;
  const std::lock_guard lock(mutex_);
  traffic_[peer.traffic].bytes_sent += payload_bytes;
}

BlobServer::BlobServer(const std::string& address, BlobSource& source, const SharedKey& key)
    : impl_(std::make_unique<Impl>(address, source, key)) {}
BlobServer::~BlobServer() = default;
const std::string& BlobServer::endpoint() const { return impl_->endpoint(); }
std::vector<BlobServer::Traffic> BlobServer::traffic() const { return impl_->traffic(); }
int64_t BlobServer::strangers() const { return impl_->strangers(); }

}  // namespace lantern

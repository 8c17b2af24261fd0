#include "net/control/socket_thread.h"

#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <utility>

#include "src/base/check.h"
#include "src/base/cores.h"
#include "src/base/error.h"
#include "src/base/signals.h"

namespace lantern::control {
namespace {

constexpr std::chrono::milliseconds kLinger{1000};

// Until a worker tries anew where nobody answers: an attempt, and a connection that takes nothing
// any more. Left to itself, TCP doubles its pauses up to two minutes.
constexpr std::chrono::milliseconds kConnectLimit{3000};

// Messages that a worker keeps for a leader that does not take them.
constexpr int kWorkerQueue = 16;

// What workers say is short; so is what a stranger may make the leader hold in memory.
constexpr int64_t kMaxFromWorkers = 1 << 20;

// Messages taken between two looks at the clock, so that a flood cannot hold up the ticks.
constexpr int kMaxBurst = 1000;

// A worker keeps its name over a reconnection, so that a short break in the network is no loss.
std::string RandomName() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace

SocketThread::SocketThread(Side side, const std::string& address, Handlers handlers, SharedKey key)
    : side_(side),
      handlers_(std::move(handlers)),
      key_(std::move(key)),
      socket_(context_,
              side == Side::kLeader ? zmq::socket_type::router : zmq::socket_type::dealer),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  LANTERN_CHECK_GE(wake_fd_, 0);
  const SignalsBlocked blocked;  // in the thread as well
  socket_.set(zmq::sockopt::linger, static_cast<int>(kLinger.count()));
  try {
    Open(address);
  } catch (const zmq::error_t& e) {
    guard_.reset();  // before what it uses
    watch_.reset();
    close(wake_fd_);
    Fail(ErrorKind::kConfig, "Cannot {} '{}': {}; give a free HOST:PORT.",
         side == Side::kLeader ? "listen on" : "connect to", address, e.what());
  }
  thread_ = std::thread([this] { Loop(); });
}

void SocketThread::Open(const std::string& address) {
  if (side_ == Side::kLeader) {
    OpenLeader(address);
  } else {
    OpenWorker(address);
  }
}

void SocketThread::OpenWorker(const std::string& address) {
  socket_.set(zmq::sockopt::maxmsgsize, static_cast<int64_t>(kMaxMessageBytes));
  socket_.set(zmq::sockopt::routing_id, RandomName());
  // A leader that is not there finds few stale joins. (ZMQ_IMMEDIATE would queue none, but it
  // also throws away what has come and is not read yet when the leader closes: its last words.)
  socket_.set(zmq::sockopt::sndhwm, kWorkerQueue);
  socket_.set(zmq::sockopt::connect_timeout, static_cast<int>(kConnectLimit.count()));
  socket_.set(zmq::sockopt::tcp_maxrt, static_cast<int>(kConnectLimit.count()));
  if (key_) UseClientKey(socket_, *key_);
  watch_.emplace(context_, socket_);
  socket_.connect("tcp://" + address);
  address_ = address;
}

void SocketThread::OpenLeader(const std::string& address) {
  socket_.set(zmq::sockopt::maxmsgsize, kMaxFromWorkers);
  if (key_) guard_.emplace(context_, socket_, *key_);
  socket_.set(zmq::sockopt::router_handover, 1);  // the new connection of a known name replaces
  socket_.bind("tcp://" + address);
  address_ = socket_.get(zmq::sockopt::last_endpoint).substr(std::string("tcp://").size());
}

SocketThread::~SocketThread() {
  Post([this] { stop_ = true; });
  thread_.join();
  guard_.reset();
  watch_.reset();
  socket_.close();
  context_.close();
  close(wake_fd_);
}

void SocketThread::Post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  eventfd_write(wake_fd_, 1);
}

void SocketThread::Send(const std::string& peer, const Message& message) {
  const auto bytes = Encode(message);
  try {
    if (side_ == Side::kLeader) {
      const auto flags = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
      if (!socket_.send(zmq::buffer(peer), flags)) return;
    }
    socket_.send(zmq::buffer(bytes), zmq::send_flags::dontwait);
  } catch (const zmq::error_t& e) {
    spdlog::debug("control: cannot send: {}", e.what());
  }
}

Time SocketThread::Now() {
  return std::chrono::duration_cast<Time>(std::chrono::steady_clock::now().time_since_epoch());
}

void SocketThread::Loop() {
  NameThisThread("control");
  Time next_tick = Now();
  while (!stop_) {
    WaitForWork(next_tick - Now());
    RunTasks();
    ReceiveAll();
    const Time now = Now();
    if (now < next_tick) continue;
    WatchHandshakes();
    handlers_.on_tick(now);
    next_tick = now + kTick;
  }
}

void SocketThread::WatchHandshakes() {
  if (!watch_) return;
  while (const auto event = watch_->Next()) {
    if (event == HandshakeWatch::Event::kUnlikeSides) {
      // libzmq has given up, but the next leader at this address may be like us.
      try {
        socket_.disconnect("tcp://" + address_);
      } catch (const zmq::error_t&) {
        // it has forgotten the address as well
      }
      socket_.connect("tcp://" + address_);
    }
    if (handlers_.on_handshake) handlers_.on_handshake(*event);
  }
}

// Until a message, a task, or `limit`.
void SocketThread::WaitForWork(Time limit) {
  zmq::pollitem_t items[] = {{socket_.handle(), 0, ZMQ_POLLIN, 0},
                             {nullptr, wake_fd_, ZMQ_POLLIN, 0}};
  try {
    zmq::poll(items, std::size(items), std::max(limit, Time{0}));
  } catch (const zmq::error_t& e) {
    LANTERN_CHECK_EQ(e.num(), EINTR);  // SIGSTOP and SIGCONT interrupt even blocked threads
  }
}

void SocketThread::RunTasks() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    eventfd_t ignored;
    eventfd_read(wake_fd_, &ignored);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

void SocketThread::ReceiveAll() {
  for (int i = 0; i < kMaxBurst && ReceiveOne(); ++i) {
  }
}

// Takes one message, whatever its shape; false when there is none. Strangers may send anything,
// so what makes no sense is dropped.
bool SocketThread::ReceiveOne() {
  std::vector<zmq::message_t> frames;
  do {
    zmq::message_t frame;
    try {
      if (!socket_.recv(frame, zmq::recv_flags::dontwait)) return false;
    } catch (const zmq::error_t& e) {
      spdlog::debug("control: cannot receive: {}", e.what());
      return false;
    }
    frames.push_back(std::move(frame));
  } while (frames.back().more());

  const size_t expected = side_ == Side::kLeader ? 2 : 1;
  if (frames.size() != expected) return true;
  try {
    const auto& payload = frames.back();
    const Message message = Decode({payload.data<std::byte>(), payload.size()});
    const std::string peer = side_ == Side::kLeader ? frames[0].to_string() : std::string();
    handlers_.on_message(peer, message);
  } catch (const Error& e) {
    spdlog::debug("control: dropped a message: {}", e.what());
  }
  return true;
}

}  // namespace lantern::control

// The control plane's messages and their bytes. A message is one ZeroMQ frame holding a msgpack
// array [protocol, type, body]; type is the position in `Message`, body an array of the fields.
// Everything that comes in is a stranger's until decoded: any bytes either decode or throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <msgpack.hpp>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace lantern::control {

// Raise it with every change below. A leader and a worker of different protocols part with a
// sentence; for that, the outer array, Refuse and its place in `Message` must stay for ever.
constexpr int kProtocol = 2;

// Larger messages are not even received. An assignment is the largest: a model's shape and plan.
constexpr size_t kMaxMessageBytes = 64 << 20;

// The leader will not have this peer. `retry`: it may ask again later.
struct Refuse {
  std::string reason;
  bool retry = false;
  MSGPACK_DEFINE_ARRAY(reason, retry)
};

// A worker asks for a place.
struct Join {
  std::string build;  // both sides must be the same program: bits depend on it
  std::string host;   // name for people
  int pid = 0;
  int cores = 0;    // physical
  std::string isa;  // of the kernels in use, e.g. "avx2"
  uint64_t memory_bytes = 0;
  int wanted_rank = -1;      // -1: any
  std::string data_address;  // under which other ranks reach this machine; may be empty
  double read_gbps = 0;      // memory read bandwidth, GB/s; 0: not measured
  MSGPACK_DEFINE_ARRAY(build, host, pid, cores, isa, memory_bytes, wanted_rank, data_address,
                       read_gbps)
};

// There is a place; the rank comes with the assignment, once everybody is there.
struct Welcome {
  std::string epoch;  // names this formation of the group, for the rendezvous
  std::string leader_host;
  int leader_pid = 0;
  MSGPACK_DEFINE_ARRAY(epoch, leader_host, leader_pid)
};

// What this worker is to do, as which rank; the bytes are the engine's business.
struct Assign {
  int rank = 0;
  int world_size = 0;
  std::vector<std::byte> bytes;
  MSGPACK_DEFINE_ARRAY(rank, world_size, bytes)
};

// The worker has done what Assign asked for and can take steps. Where its weights came from.
struct Ready {
  uint64_t copy_bytes = 0;     // a local copy of the model
  uint64_t cache_bytes = 0;    // kept from an earlier run
  uint64_t network_bytes = 0;  // the leader sent them
  MSGPACK_DEFINE_ARRAY(copy_bytes, cache_bytes, network_bytes)
};

// Bytes of weights that a worker has got, of those it needs; 0 of 0 outside of loading.
struct Heartbeat {
  uint64_t done_bytes = 0, total_bytes = 0;
  MSGPACK_DEFINE_ARRAY(done_bytes, total_bytes)
};

// The group is over because of `rank`; `reason` is the sentence to show.
struct Lost {
  int rank = 0;
  std::string reason;
  MSGPACK_DEFINE_ARRAY(rank, reason)
};

// The leader ends the run in good order.
struct Stop {
  MSGPACK_DEFINE_ARRAY()
};

// A worker leaves.
struct Bye {
  MSGPACK_DEFINE_ARRAY()
};

// A worker cannot go on, for a reason of its own: a file it cannot open, memory it has not got.
struct Report {
  std::string reason;
  MSGPACK_DEFINE_ARRAY(reason)
};

// The rendezvous. A KeyGet is answered when the key exists, a KeySet at once, both by KeyValue.
struct KeySet {
  uint64_t request = 0;  // chosen by the client, repeated in the answer
  std::string key;
  std::vector<char> value;
  MSGPACK_DEFINE_ARRAY(request, key, value)
};
struct KeyGet {
  uint64_t request = 0;
  std::string key;
  MSGPACK_DEFINE_ARRAY(request, key)
};
struct KeyValue {
  uint64_t request = 0;
  std::vector<char> value;
  MSGPACK_DEFINE_ARRAY(request, value)
};

// Stands for any message of another protocol, Refuse excepted; never sent.
struct Foreign {
  int protocol = 0;
  MSGPACK_DEFINE_ARRAY(protocol)
};

using Message = std::variant<Refuse, Join, Welcome, Assign, Ready, Heartbeat, Lost, Stop, Bye,
                             Report, KeySet, KeyGet, KeyValue, Foreign>;

std::vector<std::byte> Encode(const Message& message, int protocol = kProtocol);

// Texts come out cut to a sane length and without control characters: they end up on terminals.
// Throws Error{kIo} for bytes that are no message.
Message Decode(std::span<const std::byte> bytes);

// "Rank 2 (pc3, pid 4711)": how people are told who is meant.
std::string RankName(int rank, const std::string& host, int pid);

}  // namespace lantern::control

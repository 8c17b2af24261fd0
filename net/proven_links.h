// ProvenLinks: one TCP connection between every two ranks, each end of which has proven that it
// belongs to this run (net/key/link_proof.h), before anything else is made of it. Strangers may
// connect meanwhile, as many as they like: they are dropped and take nobody's place.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "net/key/lan_key.h"
#include "net/rendezvous.h"
#include "net/verdict.h"

namespace lantern {

// A socket that closes itself.
class OwnedSocket {
 public:
  explicit OwnedSocket(int fd = -1) : fd_(fd) {}
  ~OwnedSocket();
  OwnedSocket(OwnedSocket&& other) noexcept : fd_(other.Release()) {}
  OwnedSocket& operator=(OwnedSocket&& other) noexcept;

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release();  // the caller closes it

 private:
  int fd_;
};

struct LinkOptions {
  int rank = 0;
  int size = 1;
  std::string name;   // of this machine, for sentences
  std::string host;   // IPv4 address under which the others reach it
  std::string epoch;  // of this formation
  SharedKey key;
  Verdict verdict;  // may be empty
  // For all links, once every rank is there.
  std::chrono::milliseconds limit = std::chrono::seconds(5);
};

// Where a rank waits for the others' connections.
struct LinkAddress {
  std::string name, host;
  int port = 0;

  std::vector<char> Encode() const;
  // Throws Error{kPeerLost}.
  static LinkAddress Decode(const std::vector<char>& bytes);
};

struct ProvenLinks {
  std::vector<OwnedSocket> sockets;    // by rank, non-blocking; none at one's own
  std::vector<LinkAddress> addresses;  // by rank
  int strangers = 0;                   // connections that were dropped
};

// Collective. Returns once all links of all ranks are there. Otherwise throws Error{kPeerLost} on
// every rank with the same sentence: who cannot reach whom, under which address, and why. Also
// throws Error{kConfig} where `host` is not an address of this machine, and what the rendezvous
// throws.
ProvenLinks ConnectLinks(const LinkOptions& options, Rendezvous& rendezvous);

}  // namespace lantern

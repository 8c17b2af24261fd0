// GlooComm: ranks in processes of their own, on one machine or many, over gloo's TCP transport.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "net/communicator.h"
#include "net/key/lan_key.h"
#include "net/link.h"
#include "net/verdict.h"

namespace lantern {

struct GlooOptions {
  int rank = 0;
  int size = 1;
  std::string name = "this machine";  // for sentences about links that do not work
  std::string host = "127.0.0.1";     // under which the other ranks reach this machine
  std::string endpoint;               // the leader's control address, HOST:PORT, and
  std::string epoch;                  // its name for this formation of the group
  Verdict verdict;                    // why a peer was lost; may be empty
  SharedKey key;                      // which every connection must prove; may be null
  bool spin = true;                   // false: ranks outnumber the cores of this machine
  bool shared_memory = true;          // between ranks on one machine, where it works
  // Called when others than the ranks tried to connect, with their number. May be empty.
  std::function<void(int)> on_strangers;
  Tamper tamper;  // for tests
  // The system's memory for a connection, in either direction, where it allows so much
  // (net.core.wmem_max and rmem_max, usually 208 KB; it doubles that for what it adds itself).
  int system_bytes = 1 << 20;
  std::chrono::milliseconds connect_limit = std::chrono::seconds(60);
  std::chrono::milliseconds step_limit = std::chrono::seconds(120);  // Patience::kStep
};

// Connects every rank with every other, over connections that are proven (net/proven_links.h);
// collective over all of them. The process ignores SIGPIPE
// from then on (gloo writes to sockets without MSG_NOSIGNAL).
//
// After any failure the communicator is dead: all later exchanges throw the first reason.
// Destroying it resets the connections, and what the peer has not read by then is lost: part only
// once all ranks have left a Barrier, or the leader's Stop (net/control) has gathered everybody.
// Throws Error{kConfig} when `host` is not an address of this machine, Error{kPeerLost} when the
// ranks do not find each other.
std::unique_ptr<Communicator> ConnectGloo(const GlooOptions& options);

}  // namespace lantern

// Addresses: where rank 0 listens, and under which name the others find it.
#pragma once

#include <string>

namespace lantern {

inline constexpr int kDefaultPort = 7733;

// HOST:PORT to listen on. `wanted`: what --listen says; empty, or a host of "", "*" or "0.0.0.0",
// means this machine's address in the LAN, and a missing port the default one. A host name that
// means this machine only to itself (127.0.1.1 in /etc/hosts) gives its address in the LAN too.
// Throws Error{kConfig} where that is not one address: the sentence lists them.
std::string LanListenAddress(const std::string& wanted);

// HOST:PORT (or HOST, for the default port) with the address that others know HOST by: sockets
// listen on numbers only, and a machine's own name often means 127.0.1.1 to itself (then: its
// address in the LAN, where it has one). Throws Error{kConfig} for unknown names.
std::string ResolveEndpoint(const std::string& endpoint);

std::string HostOf(const std::string& endpoint);  // of HOST:PORT
// HOST:PORT+1, where the weights are served; any port where `endpoint`'s is not fixed.
std::string NextPort(const std::string& endpoint);

bool IsLoopback(const std::string& address);  // HOST:PORT or HOST, as written

}  // namespace lantern

#include "src/engine/addresses.h"

#include <fmt/ranges.h>

#include <charconv>

#include "src/base/error.h"
#include "src/base/machine.h"

namespace lantern {
namespace {

std::string OwnLanAddress() {
  const std::vector<std::string> addresses = LanAddresses();
  if (addresses.size() == 1) return addresses[0];
  if (addresses.empty()) {
    Fail(ErrorKind::kConfig,
         "This machine has no network address that others could connect to: plug it in, or use "
         "--local N for ranks on this machine alone.");
  }
  Fail(ErrorKind::kConfig,
       "This machine has several network addresses ({}): name the one in the LAN with --listen "
       "ADDRESS:{}.",
       fmt::join(addresses, ", "), kDefaultPort);
}

}  // namespace

std::string ResolveEndpoint(const std::string& endpoint) {
  const std::string host = HostOf(endpoint);
  if (host.empty()) Fail(ErrorKind::kConfig, "'{}' names no host: write HOST:PORT.", endpoint);
  const std::string port = host.size() < endpoint.size() ? endpoint.substr(host.size())
                                                         : fmt::format(":{}", kDefaultPort);
  std::string address = ResolveHost(host);
  if (IsLoopback(address) && !IsLoopback(host)) {
    const std::vector<std::string> lan = LanAddresses();
    if (lan.size() == 1) address = lan[0];
  }
  return address + port;
}

std::string HostOf(const std::string& endpoint) { return endpoint.substr(0, endpoint.rfind(':')); }

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address == "localhost" || address.starts_with("localhost:");
}

std::string LanListenAddress(const std::string& wanted) {
  const size_t colon = wanted.rfind(':');
  const std::string host = wanted.substr(0, colon);
  const std::string port =
      colon == std::string::npos ? std::to_string(kDefaultPort) : wanted.substr(colon + 1);
  if (IsLoopback(wanted)) return host + ":" + port;
  const bool any = host.empty() || host == "*" || host == "0.0.0.0";
  const bool only_to_itself = !any && IsLoopback(ResolveHost(host));
  return (any || only_to_itself ? OwnLanAddress() : host) + ":" + port;
}

std::string NextPort(const std::string& endpoint) {
  const std::string text = endpoint.substr(endpoint.rfind(':') + 1);
  int port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  const bool fixed = 0 < port && port < 65535;
  return HostOf(endpoint) + ":" + std::to_string(fixed ? port + 1 : 0);
}

}  // namespace lantern

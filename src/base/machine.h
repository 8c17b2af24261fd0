// Facts about the machine that this process runs on.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace lantern {

// Bytes that can be allocated without swapping: MemAvailable, or what the control group leaves
// where that is less. 0 when the system does not say.
size_t AvailableMemory();

// Bytes of this process in memory, pages of mapped files included. 0 when the system does not say.
size_t ResidentMemory();

std::string HostName();

// The address of this machine that traffic to `host` (a name or an address) leaves from: what other
// machines on that network reach it under. Throws Error{kConfig} when `host` cannot be resolved or
// no network leads there.
std::string LocalAddressTowards(const std::string& host);

// The IPv4 address of `host` as this machine resolves it. Throws Error{kConfig} when unknown.
std::string ResolveHost(const std::string& host);

// The address that leads to the rest of the network; where there is no default route, every address
// that is not loopback.
std::vector<std::string> LanAddresses();

// Raises this process's limit of open files to what the system allows it. Each connection is one,
// and shells commonly give 1024: as many strangers would leave none for the run itself.
void AllowManyFiles();

// $XDG_CACHE_HOME/lantern/NAME or $HOME/.cache/lantern/NAME; empty when neither is set. A relative
// one is to be ignored: XDG Base Directory Specification.
std::filesystem::path UserCacheFolder(const std::string& name);

// "1.5 GiB", "320 KiB".
std::string HumanBytes(size_t bytes);

}  // namespace lantern

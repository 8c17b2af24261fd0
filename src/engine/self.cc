#include "src/engine/self.h"

#include <fmt/format.h>

#include <utility>

#include "backends/backend.h"
#include "net/blobs/blob_cache.h"
#include "src/base/cores.h"
#include "src/base/machine.h"
#include "src/base/read_bandwidth.h"
#include "src/base/version.h"
#include "src/engine/addresses.h"

namespace lantern {

std::string DataAddress(const std::string& wanted, const std::string& leader) {
  return wanted.empty() ? LocalAddressTowards(HostOf(leader)) : ResolveHost(wanted);
}

double KnownReadBandwidth() {
  const int threads = PhysicalCores();
  const std::filesystem::path cache = BlobCache::DefaultFolder();
  return SteadyReadBandwidth(MeasureReadBandwidth(threads), threads,
                             cache.parent_path() / "read_bandwidth");
}

Join DescribeSelf(int wanted_rank, const std::string& isa, const std::string& data_address,
                  double read_gbps, const DeviceOptions& device) {
  Join join = DescribeThisMachine(BuildId());
  join.isa = isa == "auto" ? Backend::RunnableIsas().front() : isa;
  join.wanted_rank = wanted_rank;
  join.data_address = data_address;
  join.read_gbps = read_gbps;
  if (!Backend::IsHost(device)) join.memory_bytes = Backend::AvailableMemory(device);
  return join;
}

GlooOptions Connection(int rank, int size, const std::string& data_address,
                       const std::string& endpoint, const std::string& epoch, Verdict verdict,
                       SharedKey key) {
  GlooOptions options;
  options.rank = rank;
  options.size = size;
  options.name = HostName();
  options.host = data_address;
  options.endpoint = endpoint;
  options.epoch = epoch;
  options.verdict = std::move(verdict);
  options.key = std::move(key);
  return options;
}

std::string StrangersText(int64_t count) {
  return fmt::format("{} connection{} of strangers {} turned away.", count, count == 1 ? "" : "s",
                     count == 1 ? "was" : "were");
}

WaitProgress Changes(std::function<void(const std::string&)> say) {
  return [say = std::move(say), last = std::string()](const std::string& line) mutable {
    if (line != last) say(last = line);
  };
}

}  // namespace lantern

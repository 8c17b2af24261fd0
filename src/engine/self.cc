#include "src/engine/self.h"

#include <utility>

#include "backends/backend.h"
#include "src/base/machine.h"
#include "src/base/version.h"
#include "src/engine/addresses.h"

namespace lantern {

Join DescribeSelf(int wanted_rank, const std::string& isa, const std::string& leader,
                  double read_gbps) {
  Join join = DescribeThisMachine(BuildId());
  join.isa = isa == "auto" ? Backend::RunnableIsas().front() : isa;
  join.wanted_rank = wanted_rank;
  join.data_address = LocalAddressTowards(HostOf(leader));
  join.read_gbps = read_gbps;
  return join;
}

GlooOptions Connection(int rank, int size, const std::string& endpoint, const std::string& epoch,
                       Verdict verdict) {
  GlooOptions options;
  options.rank = rank;
  options.size = size;
  options.host = LocalAddressTowards(HostOf(endpoint));
  options.endpoint = endpoint;
  options.epoch = epoch;
  options.verdict = std::move(verdict);
  return options;
}

WaitProgress Changes(std::function<void(const std::string&)> say) {
  return [say = std::move(say), last = std::string()](const std::string& line) mutable {
    if (line != last) say(last = line);
  };
}

}  // namespace lantern

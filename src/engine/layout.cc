#include "src/engine/layout.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/engine/rank.h"

namespace lantern {
namespace {

constexpr double kAlike = 1.25;         // fastest over slowest that still counts as equal
constexpr double kUsable = 0.95;        // of the available memory, for weights and cache
constexpr int kShareUnits = 1000;       // of the largest share
constexpr int kMaxRounds = 100;         // of moving weight from machines that are too full
constexpr double kMoreThanFull = 0.97;  // a step further than exactly full, as leaves are coarse

std::vector<double> Speeds(std::span<const RankHost> hosts) {
  std::vector<double> speeds;
  for (const RankHost& host : hosts) speeds.push_back(host.read_gbps);
  const auto [slowest, fastest] = std::minmax_element(speeds.begin(), speeds.end());
  if (*slowest <= 0 || *fastest < kAlike * *slowest) speeds.assign(hosts.size(), 1.0);
  return speeds;
}

// Empty for equal ones.
std::vector<int> ToShares(const std::vector<double>& weights) {
  const auto [least, most] = std::minmax_element(weights.begin(), weights.end());
  if (*least == *most) return {};
  std::vector<int> shares;
  for (double weight : weights) {
    shares.push_back(std::max(1, static_cast<int>(std::lround(weight / *most * kShareUnits))));
  }
  return shares;
}

// Per rank, the bytes it needs over those it may use; 0 where its memory is not known.
std::vector<double> Fullness(std::span<const RankHost> hosts, const WeightFile& file,
                             const RunSpec& spec) {
  std::vector<double> fullness;
  for (size_t rank = 0; rank < hosts.size(); ++rank) {
    const double needed = BytesOf(spec, file, static_cast<int>(rank)).total();
    const uint64_t memory = hosts[rank].memory_bytes;
    fullness.push_back(memory == 0 ? 0 : needed / (memory * kUsable));
  }
  return fullness;
}

[[noreturn]] void FailToFit(std::span<const RankHost> hosts, const WeightFile& file,
                            const RunSpec& spec) {
  std::vector<std::string> parts;
  for (size_t rank = 0; rank < hosts.size(); ++rank) {
    parts.push_back(fmt::format("{} needs {} and has {}", hosts[rank].name,
                                HumanBytes(BytesOf(spec, file, static_cast<int>(rank)).total()),
                                HumanBytes(hosts[rank].memory_bytes)));
  }
  Fail(ErrorKind::kConfig,
       "{} does not fit as tp {} x pp {}: {}; use more machines, a smaller --type or a smaller "
       "--ctx.",
       file.path().string(), spec.tp, spec.pp, fmt::join(parts, ", "));
}

}  // namespace

void ChooseLayout(const LayoutWish& wish, int ranks, RunSpec& spec) {
  if (wish.tp < 0 || wish.pp < 0) Fail(ErrorKind::kConfig, "--tp and --pp must be at least 1.");
  spec.pp = wish.pp > 0 ? wish.pp : wish.tp > 0 ? std::max(ranks / wish.tp, 1) : 1;
  spec.tp = wish.tp > 0 ? wish.tp : std::max(ranks / spec.pp, 1);
  if (spec.tp * spec.pp == ranks) return;
  Fail(ErrorKind::kConfig,
       "--tp {} x --pp {} needs {} ranks and there are {}: start as many with --local {} here, or "
       "with --workers.",
       spec.tp, spec.pp, spec.tp * spec.pp, ranks, spec.tp * spec.pp);
}

void ChooseShares(const LayoutWish& wish, std::span<const RankHost> hosts, const WeightFile& file,
                  RunSpec& spec) {
  spec.shares = wish.shares;
  std::vector<double> weights = Speeds(hosts);
  for (int round = 0; round < kMaxRounds; ++round) {
    if (wish.shares.empty()) spec.shares = ToShares(weights);
    const std::vector<double> fullness = Fullness(hosts, file, spec);
    if (*std::max_element(fullness.begin(), fullness.end()) <= 1) return;
    if (!wish.shares.empty()) break;
    for (size_t rank = 0; rank < weights.size(); ++rank) {
      if (fullness[rank] > 1) weights[rank] *= kMoreThanFull / fullness[rank];
    }
  }
  FailToFit(hosts, file, spec);
}

std::string DescribeRank(int rank, std::span<const Join> ranks, const WeightFile& file,
                         const RunSpec& spec) {
  size_t all = 0;
  for (size_t r = 0; r < ranks.size(); ++r) {
    all += BytesOf(spec, file, static_cast<int>(r)).weights;
  }
  const Join& join = ranks[rank];
  const double part = 100.0 * BytesOf(spec, file, rank).weights / all;
  const std::string speed =
      join.read_gbps > 0 ? fmt::format(", reads {:.1f} GB/s", join.read_gbps) : "";
  return fmt::format("Rank {}: {} ({}), {} cores, {}, {} free{}: {:.0f}% of the weights.", rank,
                     join.host, join.data_address, join.cores, join.isa,
                     HumanBytes(join.memory_bytes), speed, part);
}

}  // namespace lantern

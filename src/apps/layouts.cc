#include "src/apps/layouts.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/backend.h"
#include "models/model.h"
#include "net/device_allowance.h"
#include "src/apps/options.h"
#include "src/base/error.h"
#include "src/base/machine.h"

namespace lantern {
namespace {

constexpr int kMostLocal = 4;  // ranks of this machine, where nobody asks for more

// Whether its tensors can be cut so, and this machine has devices for `here` of the ranks, with
// room for their weights.
bool Fits(const SessionOptions& options, const WeightFile& file, const GridSize& layout, int here) {
  try {
    const ParallelPlan plan =
        MakePlan(file.config().layers, layout.tp, layout.pp, options.layout.shares);
    size_t bytes = 0;
    for (int rank = 0; rank < layout.ranks(); ++rank) {
      const ModelPart part = PartOf(file, options.type, plan, rank);
      if (rank >= here) continue;
      const DeviceOptions device{options.device, rank};
      if (Backend::IsHost(device)) {
        bytes += part.WeightBytes(device);
      } else if (part.WeightBytes(device) + DeviceAllowance(plan, rank) >
                 Backend::AvailableMemory(device)) {
        return false;
      }
    }
    const size_t available = AvailableMemory();
    return available == 0 || bytes <= available;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kConfig) throw;
    return false;
  }
}

// More than one rank, in the order of their number.
std::vector<GridSize> Candidates(const SessionOptions& options) {
  const LayoutWish& wish = options.layout;
  const int given = options.rank >= 0 ? options.world : options.local + options.workers;
  if (wish.tp > 0 || wish.pp > 0) {
    const int tp = wish.tp > 0 ? wish.tp : std::max(1, given / std::max(wish.pp, 1));
    return {{tp, wish.pp > 0 ? wish.pp : std::max(1, given / tp)}};
  }
  if (options.workers > 0) return {{given, 1}, {1, given}};
  const int most = given > 1 ? given : kMostLocal;
  std::vector<GridSize> all = {{2, 1}, {1, 2}, {3, 1}, {2, 2}};
  std::erase_if(all, [&](const GridSize& layout) { return layout.ranks() > most; });
  if (most > kMostLocal) all.push_back({most, 1});
  return all;
}

}  // namespace

std::string GridSize::Name() const { return fmt::format("{}x{}", tp, pp); }

std::vector<GridSize> ParseLayouts(const std::string& list) {
  std::vector<GridSize> layouts;
  for (const std::string& item : ParseList(list)) {
    GridSize layout;
    int length = 0;
    const bool read = std::sscanf(item.c_str(), "%3dx%3d%n", &layout.tp, &layout.pp, &length) == 2;
    if (!read || length != static_cast<int>(item.size()) || layout.tp < 1 || layout.pp < 1) {
      Fail(ErrorKind::kConfig, "--layouts '{}' is not a list of tp x pp like 1x1,2x1.", list);
    }
    layouts.push_back(layout);
  }
  return layouts;
}

std::vector<GridSize> FittingLayouts(const SessionOptions& options, const WeightFile& file) {
  Backend::DeviceName({options.device});  // says where there is none
  std::vector<GridSize> layouts;
  SessionOptions alone = options;
  alone.layout.shares.clear();
  if (Fits(alone, file, {1, 1}, 1)) layouts.push_back({1, 1});
  for (const GridSize& layout : Candidates(options)) {
    if (layout.ranks() == 1) continue;
    const int here = options.workers > 0 ? options.local : layout.ranks();
    if (Fits(options, file, layout, here)) layouts.push_back(layout);
  }
  if (layouts.empty()) {
    Fail(ErrorKind::kConfig,
         "{} fits in none of the usual layouts: name some with --layouts, and machines with "
         "--workers.",
         file.path().string());
  }
  return layouts;
}

SessionOptions InLayout(SessionOptions options, const GridSize& layout) {
  options.layout.tp = layout.tp;
  options.layout.pp = layout.pp;
  if (layout.ranks() == 1) options.layout.shares.clear();
  if (options.rank >= 0) return options;
  if (layout.ranks() == 1) options.workers = 0;
  if (options.workers == 0) {
    options.local = layout.ranks();
    options.hosts.clear();
  } else if (layout.ranks() != options.local + options.workers) {
    Fail(ErrorKind::kConfig,
         "Layout {} needs {} ranks, and --local with --workers makes {}: all of them take part in "
         "a layout of more than one rank.",
         layout.Name(), layout.ranks(), options.local + options.workers);
  }
  return options;
}

void RequireGroups(const SessionOptions& options, size_t groups) {
  if (options.rank < 0 || groups <= 1) return;
  Fail(ErrorKind::kConfig,
       "This command would form {} groups in turn, and ranks of a launcher take part in one: use "
       "--local or --workers instead of --rank.",
       groups);
}

}  // namespace lantern

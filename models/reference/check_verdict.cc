#include "models/reference/check_verdict.h"

#include <fmt/format.h>

#include <cmath>

#include "src/base/check.h"

namespace lantern {
namespace {

// Written so that a figure that is no number is above every bound.
bool Within(double value, double bound) { return value <= bound; }

bool AreNumbers(const CheckRow& row) {
  if (!std::isfinite(row.perplexity)) return false;
  return !row.distance ||
         (std::isfinite(row.distance->worst_kl) && std::isfinite(row.distance->normalized_error));
}

void CheckSums(const CheckRow& row, std::vector<std::string>& broken) {
  for (size_t layer = 0; layer < row.sums.size(); ++layer) {
    const SumError& sum = row.sums[layer];
    if (Within(sum.worst, sum.bound) && Within(sum.mean, sum.bound)) continue;
    broken.push_back(
        fmt::format("{}: sums of layer {} are off by {:.2e} at worst, and the bound is {:.2e}.",
                    row.Name(), layer, sum.worst, sum.bound));
  }
}

void CheckDistances(const CheckRow& row, const CheckPromises& promises,
                    std::vector<std::string>& broken) {
  if (row.reference && promises.reference_bound > 0 &&
      !Within(row.reference->normalized_error, promises.reference_bound)) {
    broken.push_back(fmt::format(
        "{}: logits are off double precision by {:.2e} (normalized squared error), and the bound "
        "is {:.2e}: this machine computes wrongly.",
        row.Name(), row.reference->normalized_error, promises.reference_bound));
  }
  if (!row.on_cpu() && row.distance && promises.device_bound > 0 &&
      !Within(row.distance->normalized_error, promises.device_bound)) {
    broken.push_back(fmt::format(
        "{}: logits are off the first row's by {:.2e} (normalized squared error), and the bound is "
        "{:.2e}: this device computes wrongly.",
        row.Name(), row.distance->normalized_error, promises.device_bound));
  }
}

}  // namespace

std::string CheckRow::Name() const {
  return fmt::format("tp {} x pp {}, {}{}{}", tp, pp, mode, on_cpu() ? "" : ", ",
                     on_cpu() ? "" : device);
}

std::vector<std::string> BrokenPromises(std::span<const CheckRow> rows,
                                        const CheckPromises& promises) {
  LANTERN_CHECK(!rows.empty() && rows[0].exact);
  std::vector<std::string> broken;
  const std::string& expected = promises.expected_hash;
  if (!expected.empty() && rows[0].hash != expected) {
    broken.push_back(
        fmt::format("{}: logits_hash is {} and not the expected {}: another model, text or build, "
                    "or a machine that computes wrongly.",
                    rows[0].Name(), rows[0].hash, expected));
  }
  for (const CheckRow& row : rows) {
    if (!AreNumbers(row)) {
      broken.push_back(fmt::format("{}: logits that are no numbers.", row.Name()));
    }
    const bool one_hash = promises.one_hash && row.exact && row.on_cpu() && rows[0].on_cpu();
    if (one_hash && row.hash != rows[0].hash) {
      broken.push_back(fmt::format("{}: logits_hash is {}, and {} of {}: a rank computes wrongly.",
                                   row.Name(), row.hash, rows[0].hash, rows[0].Name()));
    }
    CheckSums(row, broken);
    CheckDistances(row, promises, broken);
    if (!row.fallback.empty()) {
      broken.push_back(
          fmt::format("{}: {}, so its machine computes wrongly.", row.Name(), row.fallback));
    }
  }
  return broken;
}

}  // namespace lantern

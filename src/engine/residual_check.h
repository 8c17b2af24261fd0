// ResidualCheck: whether the ranks of a stage still hold the same residual stream. They add the
// same partial sums, so they do, unless a machine computes or remembers wrongly after a sum. A
// step's hashes travel while what follows it is computed: they cost no hop. What is wrong before a
// sum goes into it, the same on all ranks, and is not seen here. Where two devices divide the rows
// of a step, each row is one rank's until the stage's last layer gives it to the other: only that
// is compared, and what a rank sums wrongly is not seen.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/communicator.h"

namespace lantern {

class ResidualCheck {
 public:
  // `group`: the stage's, which must outlive this. The stage's layers are
  // [first_layer, first_layer + layers) of the model.
  ResidualCheck(Communicator& group, int first_layer, int layers);

  // The step's hashes, by layer of this stage: compares the last step's, and starts to exchange
  // these. All ranks do so after the same sum. Nothing where there is nobody to compare with.
  void EndStep(std::span<const uint32_t> hashes);
  // Compares what is under way, which is no wait once the others have ended the step too.
  // Throws Error{kPeerLost} that names the first layer after which ranks differ, and the ranks.
  void Settle();

  bool started() const { return ticket_.has_value(); }
  // After a failed wait for whatever message, which has ended this exchange too.
  void Forget() { ticket_.reset(); }

 private:
  std::span<uint32_t> Of(int rank) { return std::span(all_).subspan(rank * layers_, layers_); }
  [[noreturn]] void FailAt(size_t layer);

  Communicator& group_;
  const int first_layer_;
  const size_t layers_;
  std::vector<uint32_t> all_;  // of the exchange, by rank and layer
  std::vector<OutgoingMessage> out_;
  std::vector<IncomingMessage> in_;
  std::optional<Communicator::Ticket> ticket_;
};

// What to say of ranks `names` that hold `hashes` after a layer, not all the same: which they are,
// or where most agree, who does not.
std::string DifferenceText(int layer, std::span<const std::string> names,
                           std::span<const uint32_t> hashes);

}  // namespace lantern

// libFuzzer: any bytes as messages of the weight transport, as a manifest, or as a worker's orders
// either decode, and then travel again unchanged, or throw Error; and what a manifest describes can
// be cut and planned for, or is refused with Error.
#include <cstddef>
#include <cstdint>
#include <span>

#include "models/manifest.h"
#include "models/model.h"
#include "net/blobs/blob_messages.h"
#include "src/base/check.h"
#include "src/base/error.h"
#include "src/engine/run_spec.h"
#include "src/engine/weight_exchange.h"

namespace lantern {
namespace {

using Bytes = std::span<const std::byte>;

void HearHeader(Bytes bytes) {
  const auto again = blobs::EncodeHeader(blobs::DecodeHeader(bytes));
  LANTERN_CHECK(blobs::EncodeHeader(blobs::DecodeHeader(again)) == again);
}

void HearTables(Bytes bytes) {
  const auto again = blobs::EncodeTables(blobs::DecodeTables(bytes));
  LANTERN_CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
}

void HearIds(Bytes bytes) {
  const auto again = blobs::EncodeIds(blobs::DecodeIds(bytes));
  LANTERN_CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
}

void HearList(Bytes bytes) {
  const auto again = blobs::EncodeList(blobs::DecodeList(bytes));
  LANTERN_CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
}

void HearOrder(Bytes bytes) {
  const auto again = EncodeOrder(DecodeOrder(bytes));
  LANTERN_CHECK(EncodeOrder(DecodeOrder(again)) == again);
}

void HearManifest(Bytes bytes) {
  const Manifest manifest = DecodeManifest(bytes);
  const auto again = EncodeManifest(manifest);
  LANTERN_CHECK(EncodeManifest(DecodeManifest(again)) == again);
  const RemoteWeights weights(manifest, [](int, const std::vector<int>& chunks) {
    return std::vector<ChunkedBytes::Chunk>(chunks.size());
  });
  const ParallelPlan plan = MakePlan(weights.config().layers, 2, 1);
  for (const BlobNeed& need : ChunksOf(weights, PartOf(weights, {}, plan, 1))) {
    LANTERN_CHECK(need.size > 0);
  }
}

}  // namespace
}  // namespace lantern

// The first byte says what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lantern;
  constexpr void (*kHear[])(Bytes) = {HearHeader, HearTables, HearIds,
                                      HearList,   HearOrder,  HearManifest};
  if (size == 0) return 0;
  try {
    kHear[data[0] % std::size(kHear)](std::as_bytes(std::span(data + 1, size - 1)));
  } catch (const Error&) {
  }
  return 0;
}

#include "src/engine/run_spec.h"

#include <algorithm>

#include "models/shard.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// Ranks and shares are checked by MakePlan.
bool MakesSense(const RunSpec& spec) {
  const auto is_type = [](int type) { return 0 <= type && type < kDTypeCount; };
  const int sizes[] = {spec.context,     spec.kv_blocks,  spec.chunk,
                       spec.step_tokens, spec.logit_rows, spec.in_flight};
  return (spec.type == -1 || is_type(spec.type)) && is_type(spec.kv_type) && spec.threads >= 0 &&
         *std::min_element(std::begin(sizes), std::end(sizes)) > 0;
}

}  // namespace

std::string ChooseCompute(const std::string& wanted, std::optional<DType> type,
                          const WeightFile& file) {
  if (wanted != "auto") return wanted;
  for (const std::string& name : file.names()) {
    const StoredTensor& tensor = *file.Find(name);
    const bool is_only_looked_up = name == "token_embd.weight" && !file.config().tied;
    if (tensor.rows == 1 || is_only_looked_up) continue;
    if (ConvertedType(tensor.type, tensor.cols, type) == DType::kBF16) return "bf16";
  }
  return "f16";
}

std::vector<std::byte> EncodeOrder(const WorkOrder& order) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, order);
  const auto bytes = std::as_bytes(std::span(buffer.data(), buffer.size()));
  return {bytes.begin(), bytes.end()};
}

WorkOrder DecodeOrder(std::span<const std::byte> bytes) {
  // Lengths are checked before anything is allocated for them: no part has more items than bytes.
  constexpr size_t kNone = 0, kMaxDepth = 4;
  const size_t size = bytes.size();
  const msgpack::unpack_limit limit(size, kNone, size, size, kNone, kMaxDepth);
  try {
    const auto handle =
        msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), size, nullptr, nullptr, limit);
    auto order = handle.get().as<WorkOrder>();
    if (!MakesSense(order.spec)) throw msgpack::type_error();
    return order;
  } catch (const std::exception& e) {
    Fail(ErrorKind::kPeerLost, "The leader's assignment cannot be read ({}).", e.what());
  }
}

}  // namespace lantern

#include "src/engine/run_spec.h"

#include "src/base/error.h"

namespace lantern {

std::vector<std::byte> EncodeOrder(const WorkOrder& order) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, order);
  const auto bytes = std::as_bytes(std::span(buffer.data(), buffer.size()));
  return {bytes.begin(), bytes.end()};
}

WorkOrder DecodeOrder(std::span<const std::byte> bytes) {
  try {
    const auto handle = msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return handle.get().as<WorkOrder>();
  } catch (const std::exception& e) {
    Fail(ErrorKind::kPeerLost, "The leader's assignment cannot be read ({}).", e.what());
  }
}

}  // namespace lantern

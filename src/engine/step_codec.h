// Step messages as they lie on the wire: little-endian fields and lists with their lengths, read
// and written without an allocation once the receiving objects have been as large (msgpack's reader
// makes a zone and a tree of every message).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "src/engine/step_plan.h"

namespace lantern {

// Replace what `bytes` held.
void Encode(const StepPlan& plan, std::vector<std::byte>& bytes);
void Encode(const LogitsRows& rows, std::vector<std::byte>& bytes);
// Replace what `plan` and `rows` held. Throw Error{kPeerLost} for bytes that no Encode made.
void Decode(std::span<const std::byte> bytes, StepPlan& plan);
void Decode(std::span<const std::byte> bytes, LogitsRows& rows);

}  // namespace lantern

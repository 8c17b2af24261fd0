// Step messages as they lie on the wire: little-endian fields and lists with their lengths, read
// and written without an allocation once the receiving objects have been as large (msgpack's reader
// makes a zone and a tree of every message).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "src/engine/step_plan.h"

namespace lantern {

// Replace what `bytes` held. `fallback`: what the sender knows of one; all ranks that read the plan
// follow it.
void Encode(const StepPlan& plan, const Fallback& fallback, std::vector<std::byte>& bytes);
void Encode(const LogitsRows& rows, const Fallback& fallback, std::vector<std::byte>& bytes);
// Replace what the others held. Throw Error{kPeerLost} for bytes that no Encode made.
void Decode(std::span<const std::byte> bytes, StepPlan& plan, Fallback& fallback);
void Decode(std::span<const std::byte> bytes, LogitsRows& rows, Fallback& fallback);

}  // namespace lantern

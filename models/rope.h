// Rope tables from our own double-precision functions, rounded once, so that every machine rotates
// by the same bits.
#pragma once

#include "backends/backend.h"
#include "models/config.h"

namespace lantern {

// cos and sin of position * theta^(-2 i / head_dim) / rope_divisor[i], positions [0, positions).
RopeTable MakeRopeTable(Backend::Context& context, const ModelConfig& config, int positions);

}  // namespace lantern

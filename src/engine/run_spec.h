// RunSpec: all that a rank must know to take part in a run. The leader makes it and sends it to
// everyone in a WorkOrder; each rank builds its stage from it, alike.
#pragma once

#include <memory>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/engine/scheduler.h"
#include "src/engine/stage.h"

namespace lantern {

struct RunSpec {
  std::string model;  // path on rank 0
  int type = -1;      // --type as DType, -1: as stored
  int kv_type = 0;    // DType
  int tp = 1, pp = 1;
  std::vector<int> shares;  // see MakePlan; empty: equal
  int context = 0;          // tokens of a sequence
  int kv_blocks = 0;
  int chunk = 512;
  int step_tokens = 512;
  int logit_rows = 16;
  int in_flight = 1;          // steps under way at once, in different stages
  int threads = 0;            // per rank; 0: each rank decides
  bool spin = true;           // false: ranks outnumber this machine's cores
  int local = 1;              // ranks of the leader's machine, the first of all
  int reduce = 0;             // WireFormat of partial sums
  int check_one_in = 256;     // see ReducerOptions
  bool pin = true;            // threads may stay on their cores, see ShareOfCores
  bool shared_memory = true;  // carries messages between ranks on one machine
  std::string isa = "auto";
  std::string gemm = "own";  // see ContextOptions: the same on all ranks
  std::string packed;  // folder of rank 0's machine that keeps packed weights; empty: none does
  MSGPACK_DEFINE(model, type, kv_type, tp, pp, shares, context, kv_blocks, chunk, step_tokens,
                 logit_rows, in_flight, threads, spin, local, reduce, check_one_in, pin,
                 shared_memory, isa, gemm, packed)

  std::optional<DType> wanted() const {
    return type < 0 ? std::nullopt : std::optional(static_cast<DType>(type));
  }
  ParallelPlan Plan(const ModelConfig& config) const {
    return MakePlan(config.layers, tp, pp, shares);
  }
  StageOptions stage() const {
    return {static_cast<DType>(kv_type),
            kv_blocks,
            context,
            step_tokens,
            logit_rows,
            in_flight,
            {static_cast<WireFormat>(reduce), check_one_in},
            {}};
  }
  SchedulerOptions scheduler() const {
    // A step that reads all weights for fewer than four sequences is no faster than one for four:
    // 4 in two steps took 1.5 times as long (AVX-512, two ranks that share a memory).
    constexpr int kLeastPart = 4;
    return {kv_blocks, context, chunk, step_tokens, logit_rows, in_flight, kLeastPart};
  }
};

// What the leader hands a worker with its rank.
struct WorkOrder {
  RunSpec spec;
  std::vector<char> manifest;  // of the model; see models/manifest.h
  std::string weights;         // HOST:PORT where its bytes are served; empty: the path is shared
  MSGPACK_DEFINE(spec, manifest, weights)
};

std::vector<std::byte> EncodeOrder(const WorkOrder& order);
// Throws Error{kPeerLost} for bytes that no EncodeOrder made.
WorkOrder DecodeOrder(std::span<const std::byte> bytes);

}  // namespace lantern

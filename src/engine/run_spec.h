// RunSpec: all that a rank must know to take part in a run. The leader makes it and sends it to
// everyone in a WorkOrder; each rank builds its stage from it, alike.
#pragma once

#include <memory>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/weight_file.h"
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
  int in_flight = 1;          // steps under way at once, in different stages or queued on a device
  int threads = 0;            // per rank; 0: each rank decides
  bool spin = true;           // false: ranks outnumber this machine's cores
  int local = 1;              // ranks of the leader's machine, the first of all
  int reduce = 0;             // WireFormat of partial sums
  int check_one_in = 256;     // see ReducerOptions
  int algorithm = -1;         // SumAlgorithm that all sums go by; -1: the fastest
  int timed_sums = 0;         // see SumTimingOptions; 0: nothing is measured
  bool time_all = false;      // the same
  bool pin = true;            // threads may stay on their cores, see ShareOfCores
  bool shared_memory = true;  // carries messages between ranks on one machine
  std::string isa = "auto";
  std::string gemm = "own";  // see ContextOptions: the same on all ranks
  // See DeviceOptions. Of the leader's machine: other workers have a flag of their own.
  std::string device = "auto";
  std::string compute = "bf16";  // chosen, never "auto"
  std::string packed;  // folder of rank 0's machine that keeps packed weights; empty: none does
  // Never sent: whether steps begin with what devices guess, which the leader knows when all are
  // connected; see StageOptions.
  bool guesses = false, queues_on_host = false;
  MSGPACK_DEFINE(model, type, kv_type, tp, pp, shares, context, kv_blocks, chunk, step_tokens,
                 logit_rows, in_flight, threads, spin, local, reduce, check_one_in, algorithm,
                 timed_sums, time_all, pin, shared_memory, isa, gemm, device, compute, packed)

  std::optional<DType> wanted() const {
    return type < 0 ? std::nullopt : std::optional(static_cast<DType>(type));
  }
  // The first ranks share the leader's machine, every other one has its own to itself.
  DeviceOptions DeviceOf(int rank) const { return {device, rank < local ? rank : 0, compute}; }
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
            queues_on_host,
            sums(),
            {}};
  }
  // Whether partial sums add up to the bits that every layout gives.
  bool sums_exactly() const {
    const bool in_order = algorithm < 0 || IsExact(static_cast<SumAlgorithm>(algorithm));
    return static_cast<WireFormat>(reduce) == WireFormat::kF32 && in_order;
  }
  ReducerOptions sums() const {
    ReducerOptions options;
    options.format = static_cast<WireFormat>(reduce);
    options.check_one_in = check_one_in;
    if (algorithm >= 0) options.algorithm = static_cast<SumAlgorithm>(algorithm);
    if (timed_sums > 0) options.timing = {timed_sums, time_all ? 10.0 : 0.3, time_all};
    return options;
  }
  SchedulerOptions scheduler() const {
    // A step that reads all weights for fewer than four sequences is no faster than one for four:
    // 4 in two steps took 1.5 times as long (AVX-512, two ranks that share a memory).
    constexpr int kLeastPart = 4;
    const int least_part = guesses ? logit_rows : kLeastPart;  // a device runs step after step
    return {kv_blocks, context, chunk, step_tokens, logit_rows, in_flight, least_part, guesses};
  }
};

// What the leader hands a worker with its rank.
struct WorkOrder {
  RunSpec spec;
  std::vector<char> manifest;  // of the model; see models/manifest.h
  std::string weights;         // HOST:PORT where its bytes are served; empty: the path is shared
  MSGPACK_DEFINE(spec, manifest, weights)
};

// What a device's activations are in: `wanted`, or where that is "auto" the best for the model's
// matrices, which are of `type` where that is given and can be. f16 has eight times the precision
// of bf16; a model in bf16 may count on that one's range, and its weights are multiplied as they
// are.
std::string ChooseCompute(const std::string& wanted, std::optional<DType> type,
                          const WeightFile& file);

std::vector<std::byte> EncodeOrder(const WorkOrder& order);
// Throws Error{kPeerLost} for bytes that no EncodeOrder made.
WorkOrder DecodeOrder(std::span<const std::byte> bytes);

}  // namespace lantern

// Model: one rank's part of a model, and the registry of architectures. To add an architecture:
// a file like llama.cc and a row in model.cc.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "models/loader.h"
#include "models/run.h"
#include "models/shard.h"
#include "net/parallel_plan.h"

namespace lantern {

// Everything about a rank's part that can be known before a byte is read.
struct ModelPart {
  ModelConfig config;
  std::vector<LayerShard> layers;  // this stage's
  int first_layer = 0;
  bool first_stage = true, last_stage = true;
  TensorSlice embedding;  // first stage: the whole table, left in the file
  TensorSlice head;       // last stage: this rank's ids

  std::vector<int> KvHeads() const;  // per layer
  // For steps of at most so many tokens and rows, so many of them in flight.
  ActivationShape Activations(int tokens, int logit_rows, int steps) const;
  // All that this rank will read of the file.
  std::vector<TensorSlice> Slices() const;
  // Bytes of this rank's matrices, packed, and of all its weights: what loading will allocate.
  size_t PackedBytes(const DeviceOptions& device) const;
  size_t WeightBytes(const DeviceOptions& device) const;
};

// `wanted`: the --type conversion, if any. Throws what ShardLayer throws.
ModelPart PartOf(const WeightFile& file, std::optional<DType> wanted, const ParallelPlan& plan,
                 int rank);

class Model {
 public:
  virtual ~Model() = default;
  // Runs this stage's layers on run.act.x, which the first stage fills from the batch's token ids
  // and later stages receive.
  virtual void Forward(Run& run) const = 0;
  // Last stage: run.act.logits rows [0, |logits_at|) of this rank's ids, from run.act.x.
  virtual void Logits(Run& run) const = 0;
};

// Throws Error{kConfig} for an architecture that is not in the registry.
std::unique_ptr<Model> LoadModel(const ModelPart& part, Loader& loader, int context_tokens);

}  // namespace lantern

// Loader: reads slices of a weight file into the backend's packed form, row by row, converting
// formats on the way; at no time is there a full copy of a tensor.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "backends/backend.h"
#include "models/packed_store.h"
#include "models/shard.h"
#include "models/weight_file.h"

namespace lantern {

class Loader {
 public:
  // Called now and then with the bytes packed so far; from the loading thread.
  using Progress = std::function<void(size_t bytes_done)>;

  // `store`: where packed weights lie, in the order of loading; null: where the backend likes.
  Loader(Backend::Context& context, const WeightFile& file, Progress progress = {},
         PackedStore* store = nullptr)
      : context_(context), file_(file), progress_(std::move(progress)), store_(store) {}

  // Weights that are multiplied side by side, or one. Throws Error{kIo} where a tensor is missing
  // or of another shape.
  std::vector<WeightMatrix> Load(std::span<const TensorSlice> slices);
  // All that Load gave; they share their memory with the model's.
  std::vector<WeightMatrix> TakeLoaded() { return std::move(loaded_); }
  // A slice to be read row by row, as it is stored. Refers to the file.
  RawWeight Raw(const TensorSlice& slice) const;
  // The embedding table. May refer to the file.
  EmbeddingTable LoadTable(const TensorSlice& slice);
  Backend::Context& context() { return context_; }
  // A vector [1, size] in f32, whole on every rank: norm weights.
  Tensor LoadVector(const std::string& name, int size, BufferOwner& owner);

 private:
  WeightMatrix Pack(const TensorSlice& slice, PackedPlace place);

  Backend::Context& context_;
  const WeightFile& file_;
  Progress progress_;
  PackedStore* const store_;
  size_t bytes_done_ = 0;
  std::vector<WeightMatrix> loaded_;
};

}  // namespace lantern

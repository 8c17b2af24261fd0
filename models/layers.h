// The parts a model is made of. Each knows its shard and hides it: a model reads the same on one
// rank and on many.
#pragma once

#include <vector>

#include "models/loader.h"
#include "models/run.h"
#include "models/shard.h"

namespace lantern {

// out = x * W^T for one or more weights side by side: a merged projection (QKV, gate/up). Every
// rank computes its own output columns; nothing is summed.
class Linear {
 public:
  Linear(Loader& loader, std::span<const TensorSlice> slices);
  void operator()(Run& run, Tensor out, Tensor x) const;
  int cols() const { return cols_; }

 private:
  std::vector<WeightMatrix> parts_;
  int cols_ = 0;
};

// x * W^T where x's columns are spread over the ranks: every rank holds partial sums, which are
// added over the ranks in the order of the sum tree while the rank computes something else.
class SummedLinear {
 public:
  SummedLinear(Loader& loader, const TensorSlice& slice, SumShard shard, SumSite site);
  // Starts the part's sum. x: [n, this rank's columns].
  void Start(Run& run, Tensor x) const;
  // Waits for it and adds it to the residual stream, run.act.x.
  static void Finish(Run& run);

 private:
  WeightMatrix weight_;
  SumShard shard_;
  LeafCuts whole_;
  SumSite site_;
};

class Norm {
 public:
  Norm(Loader& loader, const std::string& name, const ModelConfig& config);
  // Returns x's rows, normed: out, or where else these lie.
  Tensor operator()(Run& run, Tensor out, Tensor x) const;

 private:
  BufferOwner owner_;
  Tensor weight_;
  float eps_;
};

// Token ids to rows of the table. On the host it stays in the mapped file: only rows in use are
// ever read.
class Embedding {
 public:
  Embedding(Loader& loader, const TensorSlice& table) : table_(loader.LoadTable(table)) {}
  void operator()(Run& run, Tensor x) const { Backend::Embed(run.ctx, x, table_, run.view()); }

 private:
  EmbeddingTable table_;
};

}  // namespace lantern

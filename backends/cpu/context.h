// CpuContext: what the operations share: threads, one instruction set's kernels, scratch memory.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "backends/backend_concept.h"
#include "backends/cpu/ahead_choice.h"
#include "backends/cpu/gemm/gemm_provider.h"
#include "backends/cpu/gemm/gemm_scratch.h"
#include "backends/cpu/kernels/kernel_table.h"
#include "src/base/thread_pool.h"

namespace lantern {

// Activations of a step as kernels read them, made once for all weights that do.
template <class Block>
class BlockRows {
 public:
  // Grows only, so that a warm context does not allocate.
  void Resize(int rows, int blocks) {
    blocks_ = blocks;
    const size_t needed = static_cast<size_t>(rows) * blocks;
    if (memory_.size() < needed) memory_.resize(needed);
  }
  Block* Row(int row) { return memory_.data() + static_cast<size_t>(row) * blocks_; }
  int64_t row_bytes() const { return static_cast<int64_t>(blocks_) * sizeof(Block); }

 private:
  int blocks_ = 0;
  std::vector<Block> memory_;
};

// Neighbouring query heads that share a kv head.
struct HeadGroup {
  int first, count;
};
// Tokens of a batch that follow each other in one sequence.
struct TokenRun {
  int first, count;
};

class CpuContext {
 public:
  // Throws Error{kConfig} for a kernel set that is unknown or cannot run here.
  explicit CpuContext(const ContextOptions& options);

  const KernelTable& kernels() const { return kernels_; }
  int threads() const { return pool_.threads(); }

  // ThreadPool::ParallelFor under IEEE arithmetic.
  template <class Work>
  void ParallelFor(int tasks, const Work& work) {
    pool_.ParallelFor(tasks, [&work](int task) {
      RequireIeeeArithmetic();
      work(task);
    });
  }

  // Leaves products with many tokens to `provider`, once it has passed its check on this machine.
  // Throws Error{kConfig} where it does not.
  void UseGemm(std::unique_ptr<GemmProvider> provider);
  const GemmProvider* gemm() const { return gemm_.get(); }  // null: own kernels alone
  // The provider of products with that many tokens, null where own kernels compute them.
  GemmProvider* GemmFor(int tokens) { return tokens >= kGemmTokens ? gemm_.get() : nullptr; }
  GemmScratch& gemm_scratch() { return gemm_scratch_; }

  // Scratch of the matrix products; valid until the next one.
  struct MatMulScratch {
    BlockRows<QuantBlock32> rows32;
    BlockRows<QuantBlock256> rows256;
    BlockRows<float> plain_tiles;  // of these a row is sixteen tokens
    BlockRows<QuantTile32> tiles32;
    BlockRows<QuantTile256> tiles256;
    std::vector<int> leaf_blocks;
    std::vector<OutputRows> out;
    std::vector<int> panel_cuts;
  };
  MatMulScratch& matmul_scratch() { return matmul_scratch_; }

  AheadChoice& ahead(DType weights) { return ahead_[static_cast<int>(weights)]; }

  // Scratch of attention, likewise.
  struct AttentionScratch {
    std::vector<HeadGroup> groups;
    std::vector<TokenRun> runs;
    std::vector<float> parts;
    std::vector<AttentionJob> jobs;
    std::vector<std::atomic<int>> taken, unfinished;
  };
  AttentionScratch& attention_scratch() { return attention_scratch_; }

  // What was seen of the residual stream so far in this step.
  struct ResidualSeen {
    int bad_layer = ResidualLook::kAllFinite;
    std::vector<uint32_t> hashes;
  };
  ResidualSeen& residual_seen() { return residual_seen_; }

  // Rows of the embedding table as they are stored, one for each task of Embed.
  std::vector<std::byte>& embed_scratch() { return embed_scratch_; }

 private:
  // Aborts when this thread flushes subnormals to zero or does not round to nearest: a linked
  // library may have changed either, and answers would differ between machines. Costs 2 ns.
  static void RequireIeeeArithmetic();

  const KernelTable& kernels_;
  ThreadPool pool_;
  std::unique_ptr<GemmProvider> gemm_;
  GemmScratch gemm_scratch_;
  MatMulScratch matmul_scratch_;
  std::array<AheadChoice, kDTypeCount> ahead_;
  AttentionScratch attention_scratch_;
  ResidualSeen residual_seen_;
  std::vector<std::byte> embed_scratch_;
};

}  // namespace lantern

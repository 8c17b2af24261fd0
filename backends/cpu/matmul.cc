// Matrix products: quantizes the activations once per kind, then hands panels of output rows to
// the kernels in one parallel region.
#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <vector>

#include "backends/cpu/context.h"
#include "backends/cpu/cpu_backend.h"
#include "backends/cpu/gemm/blocked_product.h"
#include "backends/cpu/kernel_sets.h"
#include "backends/cpu/pack.h"
#include "src/base/check.h"

namespace lantern {
namespace {

// Tokens whose activations stay in the second-level cache while the panels pass by.
constexpr int kTokenBlock = 128;

// Tasks per thread: enough that a thread which starts late or is slowed does not hold up the rest.
constexpr int kTasksPerThread = 4;

// Columns of a group of tokens that a thread puts side by side at a time.
constexpr int kGatherColumns = 512;

constexpr int kMaxParts = 8;

// Products of fewer tokens wait for memory, whatever else they do.
constexpr int kMemoryBoundTokens = 4;

// One weight of the region: the job its panels share, and where its panels begin.
struct Part {
  PanelKernel kernel = nullptr;
  PanelJob job = {};
  DType type = DType::kF32;
  size_t panel_bytes = 0;
  int out = 0, in = 0;
  int first_panel = 0, panels = 0;
};

struct Input {
  const void* data = nullptr;
  int64_t stride = 0;
  const void* tiles = nullptr;  // the same, sixteen tokens side by side, where the set likes that
};

// What activations in blocks of one length need.
template <class Block, class Tile>
struct BlockInput {
  int block;
  BlockRows<Block>& rows;
  BlockRows<Tile>& tiles;
  void (*quantize)(Block* out, const float* x, int n);
  void (*gather)(const TileGather&, int group);  // null: the set multiplies no tiles

  Input Make(CpuContext& context, Tensor x) {
    const int blocks = x.cols / block;
    rows.Resize(x.rows, blocks);
    context.ParallelFor(x.rows, [&](int row) { quantize(rows.Row(row), x.Row(row), x.cols); });
    Input input{rows.Row(0), rows.row_bytes()};
    if (gather == nullptr || x.rows < kTokensForTiles) return input;
    const int groups = (x.rows + kTileTokens - 1) / kTileTokens;
    tiles.Resize(groups, blocks);
    input.tiles = tiles.Row(0);
    const TileGather job{reinterpret_cast<const uint8_t*>(rows.Row(0)), rows.row_bytes(), x.rows,
                         blocks, tiles.Row(0)};
    context.ParallelFor(groups, [&](int group) { gather(job, group); });
    return input;
  }
};

// Activations by the length of the weights' blocks, each kind made when first asked for.
class Inputs {
 public:
  Inputs(CpuContext& context, Tensor x) : context_(context), x_(x) {}

  Input For(DType type) {
    auto& scratch = context_.matmul_scratch();
    const KernelTable& kernels = context_.kernels();
    switch (Info(type).block) {
      case 1:
        if (plain_.data == nullptr) plain_ = Plain();
        return plain_;
      case 32:
        if (small_.data == nullptr) {
          small_ = BlockInput<QuantBlock32, QuantTile32>{32, scratch.rows32, scratch.tiles32,
                                                         kernels.quantize32, kernels.gather_tile32}
                       .Make(context_, x_);
        }
        return small_;
      case 256:
        if (super_.data == nullptr) {
          super_ =
              BlockInput<QuantBlock256, QuantTile256>{256, scratch.rows256, scratch.tiles256,
                                                      kernels.quantize256, kernels.gather_tile256}
                  .Make(context_, x_);
        }
        return super_;
    }
    LANTERN_CHECK(false);
    return {};
  }

 private:
  Input Plain() {
    Input input{x_.f32(), x_.stride * static_cast<int64_t>(sizeof(float))};
    const auto gather = context_.kernels().gather_plain;
    const int groups = x_.rows / kTileTokens;
    if (gather == nullptr || groups == 0) return input;
    auto& tiles = context_.matmul_scratch().plain_tiles;
    tiles.Resize(groups, x_.cols * kTileTokens);
    input.tiles = tiles.Row(0);
    const TileGather job{static_cast<const uint8_t*>(input.data), input.stride, x_.rows, x_.cols,
                         tiles.Row(0)};
    const int parts = (x_.cols + kGatherColumns - 1) / kGatherColumns;
    context_.ParallelFor(groups * parts, [&](int task) {
      const int begin = task % parts * kGatherColumns;
      gather(job, task / parts, begin, std::min(begin + kGatherColumns, x_.cols));
    });
    return input;
  }

  CpuContext& context_;
  const Tensor x_;
  Input plain_, small_, super_;
};

Part MakePart(CpuContext& context, Inputs& inputs, const WeightMatrix& weight, int first_panel) {
  const Input input = inputs.For(weight.type);
  Part part;
  part.type = weight.type;
  part.kernel = KernelsOf(context.kernels(), weight.type).multiply;
  part.job.panel = reinterpret_cast<const uint8_t*>(weight.data.get());
  part.job.blocks = weight.in / Info(weight.type).block;
  part.job.input = input.data;
  part.job.input_stride = input.stride;
  part.job.tiles = input.tiles;
  part.job.ahead = context.ahead(weight.type).best();
  part.panel_bytes = PanelBytes(weight.type, weight.in);
  part.out = weight.out;
  part.in = weight.in;
  part.first_panel = first_panel;
  part.panels = (weight.out + kPanelRows - 1) / kPanelRows;
  return part;
}

// This thread's scratch for a panel of that many columns, spread.
void* SpreadScratch(int columns) {
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  static thread_local std::vector<Line> lines;
  const size_t needed = static_cast<size_t>(columns) * kSpreadBytes / sizeof(Line) + 1;
  if (lines.size() < needed) lines.resize(needed);
  return lines.data();
}

void RunPanels(const Part& part, int begin, int end, int token_begin, int token_end) {
  const int first = std::max(begin - part.first_panel, 0);
  const int last = std::min(end - part.first_panel, part.panels);
  if (first >= last) return;
  PanelJob job = part.job;
  job.panel += PanelOffset(part.type, part.in, first);
  job.place = first % kPanelGroup;
  job.panels = last - first;
  job.row = first * kPanelRows;
  job.rows = std::min(job.panels * kPanelRows, part.out - job.row);
  job.token_begin = token_begin;
  job.token_end = token_end;
  const bool many = token_end - token_begin >= kTokensForTiles;
  job.spread = many ? SpreadScratch(part.in) : nullptr;
  part.kernel(job);
}

// Where tasks part: each takes fewer panels than the one before, down to one, so that those which
// end last, on a core that is slower or disturbed, are short. Large ones are of whole groups.
void CutPanels(int panels, int most_tasks, std::vector<int>& cuts) {
  cuts.assign(1, 0);
  for (int tasks = most_tasks; cuts.back() < panels; --tasks) {
    const int left = panels - cuts.back();
    const int share = std::max(1, 2 * left / (tasks + 1));
    const int more = share < kPanelGroup ? 0 : (kPanelGroup - share % kPanelGroup) % kPanelGroup;
    cuts.push_back(std::min(panels, cuts.back() + share + more));
  }
}

// Every panel of every part times every token, blocks of tokens outermost.
void RunRegion(CpuContext& context, std::span<const Part> parts, int tokens) {
  auto& cuts = context.matmul_scratch().panel_cuts;
  CutPanels(parts.back().first_panel + parts.back().panels, context.threads() * kTasksPerThread,
            cuts);
  const int groups = static_cast<int>(cuts.size()) - 1;
  const int token_blocks = (tokens + kTokenBlock - 1) / kTokenBlock;
  context.ParallelFor(groups * token_blocks, [&](int task) {
    const int group = task % groups, token = task / groups * kTokenBlock;
    for (const Part& part : parts) {
      RunPanels(part, cuts[group], cuts[group + 1], token, std::min(tokens, token + kTokenBlock));
    }
  });
}

// The same, by distances to be compared with others where time tells of memory and one format.
void RunParts(CpuContext& context, std::span<Part> parts, int tokens) {
  AheadChoice& choice = context.ahead(parts[0].type);
  const bool alike = std::all_of(parts.begin(), parts.end(),
                                 [&](const Part& part) { return part.type == parts[0].type; });
  if (tokens >= kMemoryBoundTokens || !alike || choice.made()) {
    return RunRegion(context, parts, tokens);
  }
  size_t bytes = 0;
  for (const Part& part : parts) bytes += part.panels * part.panel_bytes;
  const Ahead ahead = choice.Try(bytes);
  for (Part& part : parts) part.job.ahead = ahead;
  const auto begin = std::chrono::steady_clock::now();
  RunRegion(context, parts, tokens);
  choice.Took(std::chrono::steady_clock::now() - begin);
}

void CheckShapes(Tensor x, const WeightMatrix& weight) {
  LANTERN_CHECK_EQ(x.cols, weight.in);
  LANTERN_CHECK_EQ(weight.in % Info(weight.type).block, 0);
}

}  // namespace

void CpuBackend::StreamWeights(Context& context, std::span<const WeightMatrix> weights) {
  constexpr int64_t kLine = 64;
  for (const WeightMatrix& weight : weights) {
    const int64_t lines = static_cast<int64_t>(weight.bytes) / kLine;
    const int tasks = context.threads() * kTasksPerThread;
    context.ParallelFor(tasks, [&](int task) {
      const int64_t begin = lines * task / tasks, end = lines * (task + 1) / tasks;
      const auto* data = reinterpret_cast<const uint8_t*>(weight.data.get());
      context.kernels().read_sum(data + begin * kLine, (end - begin) * kLine);
    });
  }
}

void CpuBackend::MatMul(Context& context, Tensor out, Tensor x,
                        std::span<const WeightMatrix> parts) {
  if (x.rows == 0) return;
  LANTERN_CHECK(!parts.empty() && parts.size() <= kMaxParts);
  LANTERN_CHECK_EQ(out.rows, x.rows);
  if (GemmProvider* gemm = context.GemmFor(x.rows)) {
    return GemmMatMul(context, *gemm, out, x, parts);
  }
  constexpr int kOneTree[] = {0, 1};
  std::array<Part, kMaxParts> work;
  std::array<OutputRows, kMaxParts> rows;
  std::array<std::array<int, 2>, kMaxParts> leaf;
  Inputs inputs(context, x);
  int column = 0, panel = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    CheckShapes(x, parts[i]);
    rows[i] = {out.Columns(column, column + parts[i].out).f32(), out.stride};
    leaf[i] = {0, parts[i].in / Info(parts[i].type).block};
    work[i] = MakePart(context, inputs, parts[i], panel);
    work[i].job.leaf = leaf[i].data();
    work[i].job.subtree = kOneTree;
    work[i].job.subtrees = 1;
    work[i].job.out = &rows[i];
    column += parts[i].out;
    panel += work[i].panels;
  }
  LANTERN_CHECK_EQ(column, out.cols);
  RunParts(context, std::span(work).first(parts.size()), x.rows);
}

void CpuBackend::MatMulLeaves(Context& context, std::span<const Tensor> out, Tensor x,
                              const WeightMatrix& weight, const LeafCuts& cuts) {
  if (x.rows == 0) return;
  CheckShapes(x, weight);
  LANTERN_CHECK_EQ(static_cast<int>(out.size()), cuts.subtrees());
  LANTERN_CHECK_EQ(cuts.subtree.back(), cuts.leaves());
  LANTERN_CHECK_EQ(cuts.column.back(), weight.in);
  LANTERN_CHECK_LT(cuts.leaves(), 1 << kMaxTreeDepth);
  if (GemmProvider* gemm = context.GemmFor(x.rows)) {
    return GemmMatMulLeaves(context, *gemm, out, x, weight, cuts);
  }
  auto& scratch = context.matmul_scratch();
  const int block = Info(weight.type).block;
  scratch.leaf_blocks.clear();
  for (size_t i = 0; i < cuts.column.size(); ++i) {
    const int column = cuts.column[i];
    LANTERN_CHECK_EQ(column % block, 0);
    if (i > 0) LANTERN_CHECK_LT(cuts.column[i - 1], column);  // kernels know no empty leaves
    scratch.leaf_blocks.push_back(column / block);
  }
  scratch.out.clear();
  for (const Tensor& tensor : out) {
    LANTERN_CHECK(tensor.rows == x.rows && tensor.cols == weight.out);
    scratch.out.push_back({tensor.f32(), tensor.stride});
  }
  Inputs inputs(context, x);
  Part part = MakePart(context, inputs, weight, 0);
  part.job.leaf = scratch.leaf_blocks.data();
  part.job.subtree = cuts.subtree.data();
  part.job.subtrees = cuts.subtrees();
  part.job.out = scratch.out.data();
  RunParts(context, {&part, 1}, x.rows);
}

}  // namespace lantern

#include "backends/cpu/gemm/blocked_product.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include "backends/cpu/context.h"
#include "backends/cpu/kernel_sets.h"
#include "backends/cpu/pack.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// A block's unpacked weights: enough rows that the library's own packing of the activations, which
// it repeats for every block, is a small part; few enough bytes for the second or third cache.
constexpr int kMaxRows = 128, kMinRows = 32;
constexpr size_t kMaxBytes = size_t{4} << 20;
constexpr int kTasksPerThread = 2;

// out = x[:, begin:end] * w[:, begin:end]^T.
struct Part {
  const WeightMatrix* weight = nullptr;
  int begin = 0, end = 0;
  Tensor out;
  DType operands = DType::kF32;
};

// Some output rows of a part.
struct Task {
  const Part* part;
  int row, rows;
};

int RoundUp(int rows) { return (rows + kPanelRows - 1) / kPanelRows * kPanelRows; }

size_t SizeOf(DType operands) { return RowBytes(operands, 1); }

// `share`: a thread's part of all rows, so that none is idle where there are few.
int RowsOfTask(const Part& part, int share) {
  const size_t row_bytes = static_cast<size_t>(part.end - part.begin) * SizeOf(part.operands);
  const int fitting = static_cast<int>(std::min<size_t>(kMaxBytes / row_bytes, kMaxRows));
  return std::max(kPanelRows,
                  std::min(RoundUp(std::max(share, kMinRows)), fitting) / kPanelRows * kPanelRows);
}

std::vector<Task> TasksOf(std::span<const Part> parts, int threads) {
  int all = 0;
  for (const Part& part : parts) all += part.weight->out;
  std::vector<Task> tasks;
  for (const Part& part : parts) {
    const int step = RowsOfTask(part, all / (threads * kTasksPerThread));
    for (int row = 0; row < part.weight->out; row += step) {
      tasks.push_back({&part, row, std::min(step, part.weight->out - row)});
    }
  }
  return tasks;
}

// The activations in both forms.
struct Input {
  Tensor x;
  const uint16_t* bf16 = nullptr;
};

Input ConvertInput(CpuContext& context, std::span<const Part> parts, Tensor x) {
  const bool wanted = std::any_of(parts.begin(), parts.end(),
                                  [](const Part& part) { return part.operands == DType::kBF16; });
  if (!wanted) return {x};
  const size_t columns = x.cols;
  uint16_t* bf16 = context.gemm_scratch().activations.Room<uint16_t>(x.rows * columns);
  const auto convert = context.kernels().cache_bf16.store_values;
  context.ParallelFor(x.rows, [&](int row) {
    convert(reinterpret_cast<uint8_t*>(bf16 + row * columns), x.Row(row), x.cols);
  });
  return {x, bf16};
}

// w[columns, rows] of a task, `rows` a multiple of a panel's: those beyond the weight's are zero.
template <class Number>
Number* UnpackWeights(const KernelTable& kernels, const Task& task, Lines& memory) {
  const Part& part = *task.part;
  const WeightMatrix& w = *part.weight;
  const int block = Info(w.type).block, rows = RoundUp(task.rows);
  Number* out = memory.Room<Number>(static_cast<size_t>(part.end - part.begin) * rows);
  const FormatKernels& format = KernelsOf(kernels, w.type);
  const UnpackKernel unpack = sizeof(Number) == sizeof(float) ? format.to_f32 : format.to_bf16;
  const auto* data = reinterpret_cast<const uint8_t*>(w.data.get());
  for (int row = 0; row < rows; row += kPanelRows) {
    const int panel = (task.row + row) / kPanelRows;
    unpack({data + PanelOffset(w.type, w.in, panel), w.in / block, part.begin / block,
            part.end / block, out + row, rows});
  }
  return out;
}

bool RunTask(CpuContext& context, GemmProvider& gemm, const Input& input, const Task& task,
             BlockScratch& scratch) {
  const Part& part = *task.part;
  GemmBlock block;
  block.operands = part.operands;
  block.tokens = input.x.rows;
  block.rows = RoundUp(task.rows);
  block.columns = part.end - part.begin;
  if (part.operands == DType::kBF16) {
    block.x = input.bf16 + part.begin;
    block.x_stride = input.x.cols;
    block.w = UnpackWeights<uint16_t>(context.kernels(), task, scratch.weights);
  } else {
    block.x = input.x.f32() + part.begin;
    block.x_stride = input.x.stride;
    block.w = UnpackWeights<float>(context.kernels(), task, scratch.weights);
  }
  block.out = scratch.product.Room<float>(static_cast<size_t>(block.tokens) * block.rows);
  if (!gemm.Multiply(block)) return false;
  for (int token = 0; token < block.tokens; ++token) {
    std::memcpy(part.out.Row(token) + task.row, block.out + token * int64_t{block.rows},
                task.rows * sizeof(float));
  }
  return true;
}

void RunParts(CpuContext& context, GemmProvider& gemm, std::span<Part> parts, Tensor x) {
  for (Part& part : parts) {
    const WeightMatrix& w = *part.weight;
    LANTERN_CHECK_EQ(x.cols, w.in);
    LANTERN_CHECK_LT(part.begin, part.end);
    LANTERN_CHECK_EQ((part.begin | part.end) % Info(w.type).block, 0);
    LANTERN_CHECK(part.out.rows == x.rows && part.out.cols == w.out);
    part.operands = gemm.OperandsFor(w.type);
  }
  const Input input = ConvertInput(context, parts, x);
  const std::vector<Task> tasks = TasksOf(parts, context.threads());
  std::atomic<bool> refused = false;
  context.ParallelFor(static_cast<int>(tasks.size()), [&](int i) {
    auto scratch = context.gemm_scratch().Take();
    if (!RunTask(context, gemm, input, tasks[i], *scratch)) refused = true;
    context.gemm_scratch().GiveBack(std::move(scratch));
  });
  if (!refused) return;
  Fail(ErrorKind::kConfig, "{} refuses a product of {} tokens and {} columns: leave out --gemm.",
       gemm.name(), x.rows, x.cols);
}

}  // namespace

void GemmMatMul(CpuContext& context, GemmProvider& gemm, Tensor out, Tensor x,
                std::span<const WeightMatrix> weights) {
  std::vector<Part> parts;
  int column = 0;
  for (const WeightMatrix& w : weights) {
    parts.push_back({&w, 0, w.in, out.Columns(column, column + w.out)});
    column += w.out;
  }
  LANTERN_CHECK_EQ(column, out.cols);
  RunParts(context, gemm, parts, x);
}

void GemmMatMulLeaves(CpuContext& context, GemmProvider& gemm, std::span<const Tensor> out,
                      Tensor x, const WeightMatrix& weight, const LeafCuts& cuts) {
  std::vector<Part> parts;
  for (int s = 0; s < cuts.subtrees(); ++s) {
    const int begin = cuts.column[cuts.subtree[s]], end = cuts.column[cuts.subtree[s + 1]];
    parts.push_back({&weight, begin, end, out[s]});
  }
  RunParts(context, gemm, parts, x);
}

}  // namespace lantern

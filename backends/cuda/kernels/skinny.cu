// Products with few tokens: checks, what goes into which launch, and how a launch's work is cut.
// The kernels are in skinny.cuh, a file per group of formats makes them.
#include "backends/cuda/kernels/skinny.h"

#include <algorithm>

#include "backends/cuda/kernels/codes.cuh"
#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/skinny_task.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

using Launcher = void (*)(const Queue&, SkinnyTask);

Launcher LauncherOf(DType type) {
  switch (type) {
    case DType::kF32:
      return MultiplyF32Weights;
    case DType::kF16:
      return MultiplyF16;
    case DType::kBF16:
      return MultiplyBF16;
    case DType::kQ8_0:
      return MultiplyQ8_0;
    case DType::kQ4_0:
      return MultiplyQ4_0;
    case DType::kQ4_1:
      return MultiplyQ4_1;
    case DType::kQ5_0:
      return MultiplyQ5_0;
    case DType::kQ5_1:
      return MultiplyQ5_1;
    case DType::kQ4_K:
      return MultiplyQ4_K;
    case DType::kQ5_K:
      return MultiplyQ5_K;
    case DType::kQ6_K:
      return MultiplyQ6_K;
  }
  return nullptr;
}

// Whether parts of Q6_K share a launch with those of `type`: llama.cpp's files of Q4_K_M and Q5_K_M
// have such values beside queries and keys.
Launcher MixedLauncherOf(DType type, const SkinnyProduct& product) {
  if (product.x.rows > kMixedTokens) return nullptr;
  if (type == DType::kQ4_K) return MultiplyQ4_KAndQ6_K;
  return type == DType::kQ5_K ? MultiplyQ5_KAndQ6_K : nullptr;
}

int UnitColumns(DType type) {
  if (IsBlockFormat(type)) return kUnitColumns;
  return 256 / Info(type).block_bytes;
}

// What does not depend on the parts.
SkinnyTask TaskOf(const SkinnyProduct& product) {
  SkinnyTask task{};
  task.x = product.x.data;
  task.x_stride = product.x.stride;
  task.x_type = product.x.type;
  task.tokens = product.x.rows;
  task.columns = product.x.columns;
  task.norm = product.norm;
  LANTERN_CHECK(reinterpret_cast<uintptr_t>(product.norm) % 16 == 0);
  task.eps = product.eps;
  task.out = product.out.data;
  task.out_stride = product.out.stride;
  task.out_type = product.out.type;
  task.into = product.into;
  return task;
}

void AddPart(const Weight& weight, int column, bool second, SkinnyTask* task) {
  SkinnyPart& part = task->parts[task->part_count++];
  const int strips = (weight.out + kStripRows - 1) / kStripRows;
  part = {weight.data, 0, weight.out, strips, column, second};
  if (IsBlockFormat(weight.type)) {
    part.strip_bytes = static_cast<long long>(PackedBytes(weight.type, kStripRows, weight.in));
  } else {
    task->pitch_bytes = Pitch(weight.type, weight.in) * Info(weight.type).block_bytes;
    part.strip_bytes = static_cast<long long>(kStripRows) * task->pitch_bytes;
  }
}

void SetColumns(DType type, int begin, SkinnyTask* task) {
  const int unit = UnitColumns(type);
  task->first_unit = begin / unit;
  task->lead = begin % unit;
  task->units = (task->lead + task->columns + unit - 1) / unit;
}

void Check(const SkinnyProduct& product) {
  LANTERN_CHECK(1 <= product.x.rows && product.x.rows <= kSkinnyTokens);
  LANTERN_CHECK_EQ(product.x.rows, product.out.rows);
  LANTERN_CHECK((product.x.type == Real::kF32) == (product.norm != nullptr));
  LANTERN_CHECK(1 <= product.part_count && product.part_count <= 3);
  for (int i = 0; i < product.part_count; ++i) {
    LANTERN_CHECK(product.begin + product.x.columns <= product.parts[i].in);
  }
  if (product.into == SkinnyProduct::kGated) {
    LANTERN_CHECK(product.part_count == 2);
    LANTERN_CHECK(product.parts[0].type == product.parts[1].type);
    LANTERN_CHECK_EQ(product.parts[0].out, product.parts[1].out);
  }
  LANTERN_CHECK(product.into != SkinnyProduct::kAdd || product.out.type == Real::kF32);
}

// All parts of `type`, and those of Q6_K too when `mixed`, in one launch. Marks them as done.
void MultiplyType(const Queue& queue, const SkinnyProduct& product, DType type, Launcher mixed,
                  bool (&done)[3]) {
  SkinnyTask task = TaskOf(product);
  int column = 0;
  bool any_second = false;
  for (int i = 0; i < product.part_count; ++i) {
    const Weight& part = product.parts[i];
    const bool second = mixed != nullptr && part.type == DType::kQ6_K;
    if (part.type == type || second) {
      AddPart(part, column, second, &task);
      done[i] = true;
      any_second |= second;
    }
    if (product.into != SkinnyProduct::kGated) column += part.out;
  }
  SetColumns(type, product.begin, &task);
  (any_second ? mixed : LauncherOf(type))(queue, task);
}

}  // namespace

bool PlanWork(const SkinnyShape& shape, const Queue& queue, SkinnyTask* task) {
  const SharedLimits limits(queue);
  const int fewest = task->into == SkinnyProduct::kGated ? 2 : 1;
  int strips = 0;
  for (int i = 0; i < task->part_count; ++i) strips += task->parts[i].strips;
  const auto cut = [&](int slots) {
    task->slots = slots;
    task->turns = shape.warps / slots;
    task->items = (strips + slots - 1) / slots;
  };
  // The more stages the better, while a warp has as many units at all.
  const long long units = static_cast<long long>(strips) * task->units / queue.multiprocessors;
  const int most = static_cast<int>(std::clamp<long long>(units / shape.warps + 1, 2, kMostStages));
  const auto fill = [&](int limit, int least) {
    for (task->stages = most; task->stages >= 2; --task->stages) {
      const bool enough =
          task->stages == most || shape.warps * task->stages * shape.stage_bytes >= least;
      if (PlanShared(shape, task->slab_units, task->stages).bytes <= limit) return enough;
    }
    return false;
  };
  cut(fewest);
  task->slab_units = task->units;
  if (fill(limits.half, limits.least_ahead) || fill(limits.whole, 0)) return true;
  // x does not fit. The more strips share what is loaded of it the better, while all SMs have work.
  int slots = shape.warps;
  while (slots > fewest && (strips + slots - 1) / slots < queue.multiprocessors * 3 / 4) slots /= 2;
  cut(slots);
  while (!fill(limits.whole, 0)) {
    if (task->slab_units == 1) return false;
    task->slab_units -= task->slab_units > task->turns ? task->turns : 1;
  }
  return true;
}

SkinnyTask PartOfTokens(const SkinnyTask& task, int begin, int end) {
  const Real x_type = task.norm != nullptr ? Real::kF32 : task.x_type;
  SkinnyTask part = task;
  part.tokens = end - begin;
  part.x = static_cast<const std::byte*>(task.x) + begin * task.x_stride * RealBytes(x_type);
  part.out = static_cast<std::byte*>(task.out) + begin * task.out_stride * RealBytes(task.out_type);
  return part;
}

void Multiply(const Queue& queue, const SkinnyProduct& product) {
  Check(product);
  bool done[3] = {};
  // Q6_K last: it may go with another.
  for (const bool of_q6 : {false, true}) {
    for (int i = 0; i < product.part_count; ++i) {
      const DType type = product.parts[i].type;
      if (done[i] || (type == DType::kQ6_K) != of_q6) continue;
      MultiplyType(queue, product, type, MixedLauncherOf(type, product), done);
    }
  }
}

}  // namespace lantern::cuda

// Rounding of whole matrices, around products of weights in f16: cuBLASLt multiplies f16 by f16
// only, into f32.
#pragma once

#include <cstddef>

#include "backends/cuda/kernels/queue.h"

namespace lantern::cuda {

// x, in bf16, to f16 in rows `pitch` elements apart. Finite values beyond f16's become its largest;
// what is no finite number stays what it is, so that later checks see it.
void ToF16(const Queue& queue, std::byte* out, long long pitch, const Matrix& x);
// x, in f32, to bf16.
void ToBF16(const Queue& queue, const Matrix& out, const Matrix& x);

}  // namespace lantern::cuda

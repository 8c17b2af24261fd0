// The only place that knows which device this binary is for.
#pragma once

#if LANTERN_CUDA
#include "backends/cuda/switched_backend.h"
namespace lantern {
using Backend = SwitchedBackend;
}
#else
#include "backends/cpu/cpu_backend.h"
namespace lantern {
using Backend = CpuBackend;
}
#endif

static_assert(lantern::IsBackend<lantern::Backend>, "see backends/backend_concept.h");

#include "backends/cuda/kernels/cublas_lt.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern::cuda {
namespace {

constexpr size_t kWorkspaceBytes = size_t{32} << 20;  // what NVIDIA recommends for Hopper
constexpr size_t kMostPlans = 4096;  // some kilobytes each; every length of a prompt has its own

SharedLibrary Load() {
  return SharedLibrary(
      {"This GPU build",
       // The last: installed by hand where the loader does not look.
       {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so",
        "/usr/local/cuda/lib64/libcublasLt.so"},
       "install cuBLAS, which is part of NVIDIA's CUDA toolkit and of the package nvidia-cublas, "
       "and name its folder in LD_LIBRARY_PATH"});
}

// The largest power of two that divides the address; 256 is as good as more.
unsigned Alignment(const void* data) {
  return 1u << std::min(8, std::countr_zero(reinterpret_cast<uintptr_t>(data)));
}

cudaDataType NameOf(Real type) {
  if (type == Real::kF32) return CUDA_R_32F;
  return type == Real::kF16 ? CUDA_R_16F : CUDA_R_16BF;
}

}  // namespace

CublasLt::Functions::Functions(const SharedLibrary& library)
    : version(library["cublasLtGetVersion"]),
      sentence(library["cublasLtGetStatusString"]),
      create(library["cublasLtCreate"]),
      destroy(library["cublasLtDestroy"]),
      create_product(library["cublasLtMatmulDescCreate"]),
      destroy_product(library["cublasLtMatmulDescDestroy"]),
      set_product(library["cublasLtMatmulDescSetAttribute"]),
      create_layout(library["cublasLtMatrixLayoutCreate"]),
      destroy_layout(library["cublasLtMatrixLayoutDestroy"]),
      create_preference(library["cublasLtMatmulPreferenceCreate"]),
      destroy_preference(library["cublasLtMatmulPreferenceDestroy"]),
      set_preference(library["cublasLtMatmulPreferenceSetAttribute"]),
      choose(library["cublasLtMatmulAlgoGetHeuristic"]),
      multiply(library["cublasLtMatmul"]) {}

CublasLt::CublasLt()
    : library_(Load()),
      call_(library_),
      handle_(nullptr, call_.destroy),
      workspace_(kWorkspaceBytes) {
  const size_t version = call_.version();
  name_ = fmt::format("cuBLASLt {}.{}.{}", version / 10000, version / 100 % 100, version % 100);
  cublasLtHandle_t handle = nullptr;
  Check(call_.create(&handle), "starting");
  handle_.reset(handle);
}

void CublasLt::Check(cublasStatus_t status, const char* what) const {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  Fail(ErrorKind::kConfig, "{} failed at {}: {}.", name_, what, call_.sentence(status));
}

const CublasLt::Plan& CublasLt::PlanOf(const Matrix& out, const Operand& x, const Operand& w,
                                       bool add) {
  LANTERN_CHECK(x.type == w.type && x.type != Real::kF32);
  LANTERN_CHECK(out.type == Real::kF32 || (out.type == x.type && !add));
  const Shape shape{w.rows,
                    x.rows,
                    x.columns,
                    w.stride,
                    x.stride,
                    out.stride,
                    Alignment(w.data),
                    Alignment(x.data),
                    Alignment(out.data),
                    x.type,
                    out.type,
                    add};
  auto found = plans_.find(shape);
  if (found == plans_.end()) {
    if (plans_.size() == kMostPlans) plans_.clear();
    found = plans_.emplace(shape, MakePlan(shape)).first;
  }
  return found->second;
}

void CublasLt::Multiply(const Queue& queue, const Matrix& out, const Operand& x, const Operand& w,
                        bool add) {
  const Plan& plan = PlanOf(out, x, w, add);
  const float one = 1, kept = add ? 1 : 0;
  Check(call_.multiply(handle_.get(), plan.product.get(), &one, w.data, plan.w.get(), x.data,
                       plan.x.get(), &kept, out.data, plan.out.get(), out.data, plan.out.get(),
                       &plan.algorithm, workspace_.data(), workspace_.bytes(), queue.stream),
        "a product");
}

double CublasLt::Cost(const Matrix& out, const Operand& x, const Operand& w, bool add) {
  const double waves = PlanOf(out, x, w, add).waves;
  return waves > 0 ? w.rows * std::ceil(waves) / waves : w.rows;
}

CublasLt::Owner<cublasLtMatrixLayout_t> CublasLt::Layout(cudaDataType type, int rows, int columns,
                                                         long long stride) const {
  cublasLtMatrixLayout_t layout = nullptr;
  Check(call_.create_layout(&layout, type, rows, columns, stride), "describing a matrix");
  return {layout, call_.destroy_layout};
}

// The library's matrices are column by column: it sees ours transposed, and multiplies
// out^T[rows, tokens] = (w^T)^T * x^T.
CublasLt::Plan CublasLt::MakePlan(const Shape& shape) const {
  cublasLtMatmulDesc_t product = nullptr;
  Check(call_.create_product(&product, CUBLAS_COMPUTE_32F, CUDA_R_32F), "describing a product");
  const cudaDataType operands = NameOf(shape.operands);
  Plan plan{{product, call_.destroy_product},
            Layout(operands, shape.columns, shape.rows, shape.w_stride),
            Layout(operands, shape.columns, shape.tokens, shape.x_stride),
            Layout(NameOf(shape.results), shape.rows, shape.tokens, shape.out_stride),
            {}};
  const cublasOperation_t transposed = CUBLAS_OP_T;
  Check(call_.set_product(product, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof(transposed)),
        "describing a product");
  Choose(plan, shape);
  return plan;
}

// The library's first suggestion. Measuring several would be better by some percent here and there,
// but would choose otherwise in another run, and so give other bits. For the same reason sums that
// are cut into parts are added in a step of their own, in f32; what is left is the same in every
// run by NVIDIA's word ("Results Reproducibility" in cuBLAS' manual).
void CublasLt::Choose(Plan& plan, const Shape& shape) const {
  cublasLtMatmulPreference_t made = nullptr;
  Check(call_.create_preference(&made), "making a preference");
  const Owner<cublasLtMatmulPreference_t> preference(made, call_.destroy_preference);
  const auto set = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
    Check(call_.set_preference(made, attribute, &value, sizeof(value)), "setting a preference");
  };
  set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, uint64_t{kWorkspaceBytes});
  set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
      static_cast<uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, uint32_t{shape.w_alignment});
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, uint32_t{shape.x_alignment});
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, uint32_t{shape.out_alignment});
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, uint32_t{shape.out_alignment});
  cublasLtMatmulHeuristicResult_t best{};
  int found = 0;
  Check(call_.choose(handle_.get(), plan.product.get(), plan.w.get(), plan.x.get(), plan.out.get(),
                     plan.out.get(), made, 1, &best, &found),
        "choosing an algorithm");
  if (found == 0 || best.state != CUBLAS_STATUS_SUCCESS) {
    Fail(ErrorKind::kConfig, "{} has no algorithm for a product of {} tokens by {} x {}.", name_,
         shape.tokens, shape.rows, shape.columns);
  }
  plan.algorithm = best.algo;
  plan.waves = best.wavesCount;
}

}  // namespace lantern::cuda

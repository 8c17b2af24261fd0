// CublasLt: products of plain matrices by NVIDIA's cuBLASLt, which is loaded at run time. What the
// matrices are and how they became plain is large.h's business.
#pragma once

#include <cublasLt.h>

#include <compare>
#include <map>
#include <memory>
#include <string>
#include <type_traits>

#include "backends/cuda/kernels/queue.h"
#include "backends/cuda/kernels/scratch.h"
#include "src/base/shared_library.h"

namespace lantern::cuda {

class CublasLt {
 public:
  // Throws Error{kConfig} where there is no cuBLASLt, or none that works on this device.
  CublasLt();
  CublasLt(const CublasLt&) = delete;
  CublasLt& operator=(const CublasLt&) = delete;

  const std::string& name() const { return name_; }

  // Rows that are `stride` elements apart, in kBF16 or kF16.
  struct Operand {
    const void* data = nullptr;
    Real type = Real::kBF16;
    int rows = 0, columns = 0;
    long long stride = 0;
  };

  // out[x.rows, w.rows] (+)= x * w^T, sums in f32; x and w of one type, out of the same or, where
  // it is added to always, in f32. In f16 what is beyond becomes infinity.
  // ENSURES: the same bits in every run, for the same shapes and alignments.
  void Multiply(const Queue& queue, const Matrix& out, const Operand& x, const Operand& w,
                bool add);
  // What that takes, in units that only compare products of the same x: the multiplications that
  // the multiprocessors would have done meanwhile, had the last round of tiles given work to all.
  double Cost(const Matrix& out, const Operand& x, const Operand& w, bool add);

 private:
  // The library's functions, all that is used here.
  struct Functions {
    explicit Functions(const SharedLibrary& library);
    decltype(&cublasLtGetVersion) version;
    decltype(&cublasLtGetStatusString) sentence;
    decltype(&cublasLtCreate) create;
    decltype(&cublasLtDestroy) destroy;
    decltype(&cublasLtMatmulDescCreate) create_product;
    decltype(&cublasLtMatmulDescDestroy) destroy_product;
    decltype(&cublasLtMatmulDescSetAttribute) set_product;
    decltype(&cublasLtMatrixLayoutCreate) create_layout;
    decltype(&cublasLtMatrixLayoutDestroy) destroy_layout;
    decltype(&cublasLtMatmulPreferenceCreate) create_preference;
    decltype(&cublasLtMatmulPreferenceDestroy) destroy_preference;
    decltype(&cublasLtMatmulPreferenceSetAttribute) set_preference;
    decltype(&cublasLtMatmulAlgoGetHeuristic) choose;
    decltype(&cublasLtMatmul) multiply;
  };
  // An object of the library, destroyed by its own function.
  template <class T>
  using Owner = std::unique_ptr<std::remove_pointer_t<T>, cublasStatus_t (*)(T)>;

  // All that the choice of an algorithm depends on.
  struct Shape {
    int rows, tokens, columns;
    long long w_stride, x_stride, out_stride;
    unsigned w_alignment, x_alignment, out_alignment;
    Real operands, results;
    bool add;
    auto operator<=>(const Shape&) const = default;
  };
  struct Plan {
    Owner<cublasLtMatmulDesc_t> product;
    Owner<cublasLtMatrixLayout_t> w, x, out;
    cublasLtMatmulAlgo_t algorithm;
    float waves = 0;  // rounds of tiles, the last one maybe in part
  };

  void Check(cublasStatus_t status, const char* what) const;
  Owner<cublasLtMatrixLayout_t> Layout(cudaDataType type, int rows, int columns,
                                       long long stride) const;
  const Plan& PlanOf(const Matrix& out, const Operand& x, const Operand& w, bool add);
  Plan MakePlan(const Shape& shape) const;
  void Choose(Plan& plan, const Shape& shape) const;

  const SharedLibrary library_;
  const Functions call_;
  std::string name_;
  Owner<cublasLtHandle_t> handle_;
  FixedScratch workspace_;
  std::map<Shape, Plan> plans_;
};

}  // namespace lantern::cuda

// OpenBLAS: f32 products.
#include <cblas-openblas.h>
#include <fmt/format.h>

#include <sstream>

#include "backends/cpu/gemm/gemm_library.h"
#include "backends/cpu/gemm/gemm_provider.h"
#include "src/base/error.h"

namespace lantern {
namespace {

constexpr int kOpenMp = 2;  // of openblas_get_parallel

class OpenBlas : public GemmProvider {
 public:
  OpenBlas()
      : library_(GemmLibrary("openblas", "libopenblas.so.0", "libopenblas0")),
        one_thread_(library_) {
    const decltype(&openblas_set_num_threads) set_threads = library_["openblas_set_num_threads"];
    const decltype(&openblas_get_parallel) parallel = library_["openblas_get_parallel"];
    if (parallel() == kOpenMp && !one_thread_.known()) {
      Fail(ErrorKind::kConfig,
           "This OpenBLAS computes with an OpenMP that Lantern does not know: install "
           "libopenblas0-pthread (Debian), or leave out --gemm.");
    }
    set_threads(1);  // of its own: the threads that call it are ours
  }

  std::string name() const override {
    const decltype(&openblas_get_config) config = library_["openblas_get_config"];
    std::istringstream words(config());  // "OpenBLAS 0.3.21 NO_LAPACK ..."
    std::string library, version;
    words >> library >> version;
    return fmt::format("openblas {} f32", version);
  }

  DType OperandsFor(DType) const override { return DType::kF32; }

  bool Multiply(const GemmBlock& b) override {
    one_thread_.Here();
    sgemm_(CblasRowMajor, CblasNoTrans, CblasNoTrans, b.tokens, b.rows, b.columns, 1.0f,
           static_cast<const float*>(b.x), static_cast<blasint>(b.x_stride),
           static_cast<const float*>(b.w), b.rows, 0.0f, b.out, b.rows);
    return true;
  }

 private:
  const SharedLibrary library_;
  const OneOpenMpThread one_thread_;
  const decltype(&cblas_sgemm) sgemm_ = library_["cblas_sgemm"];
};

}  // namespace

std::unique_ptr<GemmProvider> OpenOpenBlas() { return std::make_unique<OpenBlas>(); }

}  // namespace lantern

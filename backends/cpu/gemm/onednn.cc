// oneDNN: bf16 products where the CPU has instructions for them (AVX512-BF16, AMX), else f32.
#include <fmt/format.h>
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "backends/cpu/gemm/gemm_library.h"
#include "backends/cpu/gemm/gemm_provider.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// The library's functions, all that is used here.
struct Dnnl {
  SharedLibrary library = GemmLibrary("onednn", "libdnnl.so.2", "libdnnl2");
  const decltype(&dnnl_version) version = library["dnnl_version"];
  const decltype(&dnnl_get_effective_cpu_isa) cpu_isa = library["dnnl_get_effective_cpu_isa"];
  const decltype(&dnnl_sgemm) sgemm = library["dnnl_sgemm"];
  const decltype(&dnnl_engine_create) make_engine = library["dnnl_engine_create"];
  const decltype(&dnnl_engine_destroy) destroy_engine = library["dnnl_engine_destroy"];
  const decltype(&dnnl_stream_create) make_stream = library["dnnl_stream_create"];
  const decltype(&dnnl_stream_destroy) destroy_stream = library["dnnl_stream_destroy"];
  const decltype(&dnnl_stream_wait) wait = library["dnnl_stream_wait"];
  const decltype(&dnnl_memory_desc_init_by_strides) describe =
      library["dnnl_memory_desc_init_by_strides"];
  const decltype(&dnnl_memory_create) make_memory = library["dnnl_memory_create"];
  const decltype(&dnnl_memory_destroy) destroy_memory = library["dnnl_memory_destroy"];
  const decltype(&dnnl_memory_set_data_handle) set_data = library["dnnl_memory_set_data_handle"];
  const decltype(&dnnl_primitive_attr_create) make_attr = library["dnnl_primitive_attr_create"];
  const decltype(&dnnl_primitive_attr_destroy) destroy_attr =
      library["dnnl_primitive_attr_destroy"];
  const decltype(&dnnl_primitive_attr_set_scratchpad_mode) set_scratchpad =
      library["dnnl_primitive_attr_set_scratchpad_mode"];
  const decltype(&dnnl_matmul_desc_init) describe_matmul = library["dnnl_matmul_desc_init"];
  const decltype(&dnnl_primitive_desc_create) make_plan = library["dnnl_primitive_desc_create"];
  const decltype(&dnnl_primitive_desc_destroy) destroy_plan =
      library["dnnl_primitive_desc_destroy"];
  const decltype(&dnnl_primitive_desc_query_md) query = library["dnnl_primitive_desc_query_md"];
  const decltype(&dnnl_primitive_create) make_primitive = library["dnnl_primitive_create"];
  const decltype(&dnnl_primitive_destroy) destroy_primitive = library["dnnl_primitive_destroy"];
  const decltype(&dnnl_primitive_execute) execute = library["dnnl_primitive_execute"];
};

// A call that the library refused; leaves this file as Multiply's false.
struct Refused {};

void Require(dnnl_status_t status) {
  if (status != dnnl_success) throw Refused();
}

// An object of the library, destroyed by its own function.
template <class T>
using Handle = std::unique_ptr<std::remove_pointer_t<T>, dnnl_status_t (*)(T)>;

template <class T, class Make, class... Args>
Handle<T> MakeHandle(dnnl_status_t (*destroy)(T), Make make, Args... args) {
  T object = nullptr;
  Require(make(&object, args...));
  return Handle<T>(object, destroy);
}

struct Shape {
  int tokens, rows, columns;
  int64_t x_stride;
  friend bool operator==(const Shape&, const Shape&) = default;
};

dnnl_memory_desc_t Describe(const Dnnl& dnnl, dnnl_data_type_t type, int rows, int cols,
                            int64_t stride) {
  const dnnl_dims_t sizes = {rows, cols}, strides = {stride, 1};
  dnnl_memory_desc_t description;
  Require(dnnl.describe(&description, 2, sizes, type, strides));
  return description;
}

// The bf16 product of one shape, for which the library makes code (a millisecond). For one thread
// at a time.
class Bf16Product {
 public:
  Bf16Product(const Dnnl& dnnl, dnnl_engine_t engine, const Shape& shape)
      : dnnl_(dnnl), shape_(shape) {
    const dnnl_memory_desc_t x =
        Describe(dnnl, dnnl_bf16, shape.tokens, shape.columns, shape.x_stride);
    const dnnl_memory_desc_t w = Describe(dnnl, dnnl_bf16, shape.columns, shape.rows, shape.rows);
    const dnnl_memory_desc_t out = Describe(dnnl, dnnl_f32, shape.tokens, shape.rows, shape.rows);
    dnnl_matmul_desc_t matmul;
    Require(dnnl.describe_matmul(&matmul, &x, &w, nullptr, &out));
    const auto attr = MakeHandle(dnnl.destroy_attr, dnnl.make_attr);
    // The library's own scratchpad may belong to the thread that made the product.
    Require(dnnl.set_scratchpad(attr.get(), dnnl_scratchpad_mode_user));
    const auto plan =
        MakeHandle(dnnl.destroy_plan, dnnl.make_plan, &matmul, attr.get(), engine, nullptr);
    primitive_ = MakeHandle(dnnl.destroy_primitive, dnnl.make_primitive, plan.get());
    void* const later = DNNL_MEMORY_NONE;  // Run says where they lie
    x_ = MakeHandle(dnnl.destroy_memory, dnnl.make_memory, &x, engine, later);
    w_ = MakeHandle(dnnl.destroy_memory, dnnl.make_memory, &w, engine, later);
    out_ = MakeHandle(dnnl.destroy_memory, dnnl.make_memory, &out, engine, later);
    scratchpad_ = MakeHandle(dnnl.destroy_memory, dnnl.make_memory,
                             dnnl.query(plan.get(), dnnl_query_scratchpad_md, 0), engine,
                             DNNL_MEMORY_ALLOCATE);
    stream_ = MakeHandle(dnnl.destroy_stream, dnnl.make_stream, engine,
                         static_cast<unsigned>(dnnl_stream_default_flags));
  }

  const Shape& shape() const { return shape_; }

  void Run(const GemmBlock& b) {
    Require(dnnl_.set_data(x_.get(), const_cast<void*>(b.x)));
    Require(dnnl_.set_data(w_.get(), const_cast<void*>(b.w)));
    Require(dnnl_.set_data(out_.get(), b.out));
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, x_.get()},
                                         {DNNL_ARG_WEIGHTS, w_.get()},
                                         {DNNL_ARG_DST, out_.get()},
                                         {DNNL_ARG_SCRATCHPAD, scratchpad_.get()}};
    Require(dnnl_.execute(primitive_.get(), stream_.get(), std::size(arguments), arguments));
    Require(dnnl_.wait(stream_.get()));
  }

 private:
  const Dnnl& dnnl_;
  const Shape shape_;
  Handle<dnnl_primitive_t> primitive_{nullptr, nullptr};
  Handle<dnnl_memory_t> x_{nullptr, nullptr}, w_{nullptr, nullptr}, out_{nullptr, nullptr};
  Handle<dnnl_memory_t> scratchpad_{nullptr, nullptr};
  Handle<dnnl_stream_t> stream_{nullptr, nullptr};
};

class OneDnn : public GemmProvider {
 public:
  OneDnn() : one_thread_(dnnl_.library) {
    const unsigned runtime = dnnl_.version()->cpu_runtime;
    if (runtime != DNNL_RUNTIME_SEQ && !(runtime == DNNL_RUNTIME_OMP && one_thread_.known())) {
      Fail(ErrorKind::kConfig,
           "This oneDNN computes with threads that Lantern cannot hold back: install Debian's "
           "libdnnl2, or leave out --gemm.");
    }
    const int isa = dnnl_.cpu_isa();
    has_bf16_ = (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
    try {
      engine_ = MakeHandle(dnnl_.destroy_engine, dnnl_.make_engine, dnnl_cpu, size_t{0});
    } catch (const Refused&) {
      Fail(ErrorKind::kConfig, "oneDNN finds no CPU engine on this machine: leave out --gemm.");
    }
  }

  std::string name() const override {
    const dnnl_version_t& v = *dnnl_.version();
    return fmt::format("onednn {}.{}.{} {}", v.major, v.minor, v.patch, has_bf16_ ? "bf16" : "f32");
  }

  DType OperandsFor(DType weight) const override {
    return has_bf16_ && weight != DType::kF32 ? DType::kBF16 : DType::kF32;
  }

  bool Multiply(const GemmBlock& block) override {
    one_thread_.Here();
    try {
      block.operands == DType::kBF16 ? MultiplyBf16(block) : MultiplyF32(block);
      return true;
    } catch (const Refused&) {
      return false;
    }
  }

 private:
  // Every prompt's last step may bring new shapes, and every product keeps code and memory.
  static constexpr size_t kMaxIdle = 256;

  void MultiplyF32(const GemmBlock& b) const {
    Require(dnnl_.sgemm('N', 'N', b.tokens, b.rows, b.columns, 1.0f, static_cast<const float*>(b.x),
                        b.x_stride, static_cast<const float*>(b.w), b.rows, 0.0f, b.out, b.rows));
  }

  void MultiplyBf16(const GemmBlock& b) {
    const Shape shape{b.tokens, b.rows, b.columns, b.x_stride};
    std::unique_ptr<Bf16Product> product = TakeIdle(shape);
    if (!product) product = std::make_unique<Bf16Product>(dnnl_, engine_.get(), shape);
    product->Run(b);
    const std::lock_guard lock(mutex_);
    if (idle_.size() == kMaxIdle) idle_.erase(idle_.begin());  // not used for the longest time
    idle_.push_back(std::move(product));
  }

  std::unique_ptr<Bf16Product> TakeIdle(const Shape& shape) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(idle_.begin(), idle_.end(),
                                    [&](const auto& p) { return p->shape() == shape; });
    if (found == idle_.end()) return nullptr;
    std::unique_ptr<Bf16Product> product = std::move(*found);
    idle_.erase(found);
    return product;
  }

  const Dnnl dnnl_;
  const OneOpenMpThread one_thread_;
  bool has_bf16_ = false;
  Handle<dnnl_engine_t> engine_{nullptr, nullptr};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Bf16Product>> idle_;  // used last at the end
};

}  // namespace

std::unique_ptr<GemmProvider> OpenOneDnn() { return std::make_unique<OneDnn>(); }

}  // namespace lantern

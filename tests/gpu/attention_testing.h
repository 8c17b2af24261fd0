// A step of attention as tests make it: random queries, keys and values, caches whose unused slots
// are NaNs, tables in shuffled order, and what must come out, in double precision.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "backends/cuda/kernels/attention.h"
#include "tests/gpu/gpu_testing.h"

namespace lantern::cuda {

// New tokens of a sequence: positions [start, start + length).
struct NewTokens {
  int start = 0, length = 1;
};

struct AttentionCase {
  std::string name;
  int head_dim = 128;
  Heads heads = {8, 0, 0, 4};
  int kv_heads = 2;
  std::vector<NewTokens> runs;
  DType cache = DType::kF16;
  Real real = Real::kBF16;
  int window = 0;
  int block_tokens = 32;
  int most_positions = 0;  // 0: as many as there are
  float query_deviation = 0.5f;
  std::optional<float> all_values;  // are this, in the cache and in this step; none: random
  double bound = 0;                 // of a head's relative error; 0: by the types
};

// Numbers of any of the three types, as they lie in memory.
struct TypedBytes {
  static size_t Size(DType type) { return type == DType::kF32 ? 4 : 2; }
  static void Put(DType type, float value, std::byte* to) {
    if (type == DType::kF32) std::memcpy(to, &value, 4);
    const __half half = __float2half(value);
    const __nv_bfloat16 bf16 = __float2bfloat16(value);
    if (type == DType::kF16) std::memcpy(to, &half, 2);
    if (type == DType::kBF16) std::memcpy(to, &bf16, 2);
  }
  static float Get(DType type, const std::byte* from) {
    float value = 0;
    __half half;
    __nv_bfloat16 bf16;
    std::memcpy(type == DType::kF32   ? static_cast<void*>(&value)
                : type == DType::kF16 ? static_cast<void*>(&half)
                                      : static_cast<void*>(&bf16),
                from, Size(type));
    if (type == DType::kF32) return value;
    return type == DType::kF16 ? __half2float(half) : __bfloat162float(bf16);
  }
  // Half a unit in the last place, relative.
  static double Rounding(DType type) {
    return type == DType::kF32 ? 0x1p-24 : type == DType::kF16 ? 0x1p-11 : 0x1p-8;
  }
};

class AttentionTester {
 public:
  explicit AttentionTester(const AttentionCase& c) : c_(c) {
    MakeStep();
    MakeCaches();
    MakeActivations();
  }

  // Runs the step directly and as a graph, and checks all that it may have written.
  void Check() {
    SCOPED_TRACE(c_.name);
    const Memory first = Run(false);
    if (std::isnan(c_.all_values.value_or(0))) return CheckNoNumbers(first);
    CheckCaches(first);
    CheckOut(first);
    if (longest_ > 1) {
      // Many blocks, and devices with less shared memory, have one group of warps each.
      const Memory one = Run(false, /*one_group=*/true);
      CheckCaches(one);
      CheckOut(one);
    }
    const Memory second = Run(true);
    EXPECT_TRUE(first.out == second.out) << "the second run gave other bits";
    EXPECT_TRUE(first.keys == second.keys && first.values == second.values);
  }

 private:
  using Bytes = std::vector<std::byte>;
  struct Memory {
    Bytes keys, values, out;
  };

  int Columns() const { return (c_.heads.query + 2 * c_.kv_heads) * c_.head_dim; }
  int Stride() const { return Columns() + 16; }
  int OutColumns() const { return c_.heads.query * c_.head_dim; }
  int OutStride() const { return OutColumns() + 8; }
  int Tokens() const { return static_cast<int>(position_.size()); }
  DType RealType() const { return TypeOf(c_.real); }

  // Sequences are numbered from the last run to the first; one more has no tokens in this step.
  void MakeStep() {
    const int runs = static_cast<int>(c_.runs.size());
    std::vector<int> table_size(runs + 1, 3);
    run_begin_ = {0};
    for (int r = 0; r < runs; ++r) {
      const int end = c_.runs[r].start + c_.runs[r].length;
      table_size[runs - 1 - r] = (end + c_.block_tokens - 1) / c_.block_tokens;
      positions_ = std::max(positions_, end);
      longest_ = std::max(longest_, c_.runs[r].length);
      for (int i = 0; i < c_.runs[r].length; ++i) {
        position_.push_back(c_.runs[r].start + i);
        sequence_.push_back(runs - 1 - r);
      }
      run_begin_.push_back(Tokens());
    }
    blocks_begin_ = {0};
    for (const int size : table_size) blocks_begin_.push_back(blocks_begin_.back() + size);
    total_blocks_ = blocks_begin_.back() + 5;
    for (int b = 0; b < blocks_begin_.back(); ++b) blocks_.push_back(b);
    uint32_t random = 12345;
    for (int b = static_cast<int>(blocks_.size()) - 1; b > 0; --b) {
      random = random * 1664525 + 1013904223;
      std::swap(blocks_[b], blocks_[random % (b + 1)]);
    }
    for (int& block : blocks_) block += 2;  // some blocks on either side are nobody's
    if (c_.most_positions == 0) c_.most_positions = positions_;
  }

  size_t Slot(int sequence, int position, int kv) const {
    const int block = blocks_[blocks_begin_[sequence] + position / c_.block_tokens];
    return (static_cast<size_t>(block) * c_.kv_heads + kv) * c_.block_tokens +
           position % c_.block_tokens;
  }

  void MakeCaches() {
    const size_t size = TypedBytes::Size(c_.cache);
    const size_t elements =
        static_cast<size_t>(total_blocks_) * c_.kv_heads * c_.block_tokens * c_.head_dim;
    before_.keys = before_.values = Bytes(elements * size, std::byte{0xff});
    uint64_t seed = 1;
    for (size_t r = 0; r < c_.runs.size(); ++r) {
      const int sequence = sequence_[run_begin_[r]];
      for (Bytes* bytes : {&before_.keys, &before_.values}) {
        const size_t row = c_.head_dim;
        std::vector<float> numbers =
            SomeFloats(static_cast<size_t>(c_.runs[r].start) * c_.kv_heads * row, ++seed);
        if (bytes == &before_.values && c_.all_values) {
          std::fill(numbers.begin(), numbers.end(), *c_.all_values);
        }
        size_t next = 0;
        for (int p = 0; p < c_.runs[r].start; ++p) {
          for (int kv = 0; kv < c_.kv_heads; ++kv) {
            std::byte* to = bytes->data() + Slot(sequence, p, kv) * row * size;
            for (size_t d = 0; d < row; ++d)
              TypedBytes::Put(c_.cache, numbers[next++], to + d * size);
          }
        }
      }
    }
  }

  void MakeActivations() {
    const size_t size = TypedBytes::Size(RealType());
    qkv_ = Bytes(static_cast<size_t>(Tokens()) * Stride() * size, std::byte{0xff});
    const std::vector<float> numbers = SomeFloats(static_cast<size_t>(Tokens()) * Columns(), 77);
    for (int t = 0; t < Tokens(); ++t) {
      for (int i = 0; i < Columns(); ++i) {
        const float deviation = i < c_.heads.query * c_.head_dim ? c_.query_deviation : 1;
        float number = numbers[static_cast<size_t>(t) * Columns() + i] * deviation;
        if (i >= (c_.heads.query + c_.kv_heads) * c_.head_dim)
          number = c_.all_values.value_or(number);
        TypedBytes::Put(RealType(), number,
                        qkv_.data() + (static_cast<size_t>(t) * Stride() + i) * size);
      }
    }
    for (int p = 0; p < positions_; ++p) {
      for (int i = 0; i < c_.head_dim / 2; ++i) {
        const double angle = p * std::pow(10000.0, -2.0 * i / c_.head_dim);
        rope_.push_back(static_cast<float>(std::cos(angle)));
        rope_.push_back(static_cast<float>(std::sin(angle)));
      }
    }
  }

  // Everything on the device, for one run after the other.
  struct Device {
    OnDevice<int> position, sequence, blocks, blocks_begin, run_begin;
    OnDevice<std::byte> qkv, keys, values, out, scratch;
    OnDevice<float> rope;
  };

  void Launch(const Queue& queue, const Device& d) const {
    StepTokens step{d.position.data(),
                    d.sequence.data(),
                    d.blocks.data(),
                    d.blocks_begin.data(),
                    d.run_begin.data(),
                    Tokens(),
                    static_cast<int>(c_.runs.size()),
                    longest_,
                    c_.most_positions};
    AttentionStep attention{};
    attention.qkv = {d.qkv.data(), c_.real, Tokens(), Columns(), Stride()};
    attention.rope = d.rope.data();
    attention.cache = {d.keys.data(),   d.values.data(), c_.cache,
                       c_.block_tokens, c_.kv_heads,     c_.head_dim};
    attention.heads = c_.heads;
    attention.window = c_.window;
    attention.out = {d.out.data(), c_.real, Tokens(), OutColumns(), OutStride()};
    Attend(queue, step, attention, d.scratch.data());
  }

  // Twice over the same scratch memory, which only the first run finds as the caller zeroed it.
  Memory Run(bool as_graph, bool one_group = false) const {
    const Queue test = TestQueue();
    const size_t scratch = AttentionScratchBytes(test.multiprocessors, Tokens(), c_.heads.query,
                                                 c_.head_dim, c_.most_positions);
    Device d{OnDevice<int>(position_),
             OnDevice<int>(sequence_),
             OnDevice<int>(blocks_),
             OnDevice<int>(blocks_begin_),
             OnDevice<int>(run_begin_),
             OnDevice<std::byte>(qkv_),
             OnDevice<std::byte>(before_.keys),
             OnDevice<std::byte>(before_.values),
             OnDevice<std::byte>(Tokens() * OutStride() * TypedBytes::Size(RealType())),
             OnDevice<std::byte>(Bytes(scratch)),
             OnDevice<float>(rope_)};
    Queue queue = test;
    if (one_group) queue.block_shared_bytes = 60 << 10;
    Require(cudaStreamCreate(&queue.stream), "making a stream");
    if (as_graph) {
      RunGraph(queue, d);
    } else {
      Launch(queue, d);
      Require(cudaStreamSynchronize(queue.stream), "attending");
    }
    Require(cudaStreamDestroy(queue.stream), "ending a stream");
    return {d.keys.Get(), d.values.Get(), d.out.Get()};
  }

  // Two steps follow each other in the graph, and it is launched twice.
  void RunGraph(const Queue& queue, const Device& d) const {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t ready = nullptr;
    Require(cudaStreamBeginCapture(queue.stream, cudaStreamCaptureModeThreadLocal), "capturing");
    Launch(queue, d);
    Launch(queue, d);
    Require(cudaStreamEndCapture(queue.stream, &graph), "capturing");
    Require(cudaGraphInstantiate(&ready, graph, 0), "making a graph");
    for (int i = 0; i < 2; ++i) Require(cudaGraphLaunch(ready, queue.stream), "running a graph");
    Require(cudaStreamSynchronize(queue.stream), "running a graph");
    Require(cudaGraphExecDestroy(ready), "ending a graph");
    Require(cudaGraphDestroy(graph), "ending a graph");
  }

  double Qkv(int token, int column) const {
    const size_t at = static_cast<size_t>(token) * Stride() + column;
    return TypedBytes::Get(RealType(), qkv_.data() + at * TypedBytes::Size(RealType()));
  }

  // A head of qkv, rotated; `slack`: what f32 arithmetic may be wrong by before the last rounding.
  double Rotated(int token, int head, int d, double* slack) const {
    const int first = head * c_.head_dim + d / 2 * 2;
    const double a = Qkv(token, first), b = Qkv(token, first + 1);
    const float* turn =
        rope_.data() + static_cast<size_t>(position_[token]) * c_.head_dim + d / 2 * 2;
    *slack = (std::abs(a) + std::abs(b)) * 0x1p-22;
    return d % 2 == 0 ? a * turn[0] - b * turn[1] : a * turn[1] + b * turn[0];
  }

  // The new tokens' slots hold their keys and values, rounded once; nothing else has changed.
  void CheckCaches(const Memory& after) {
    const size_t size = TypedBytes::Size(c_.cache), row = c_.head_dim * size;
    Memory others = after;
    int wrong = 0;
    for (int t = 0; t < Tokens(); ++t) {
      for (int kv = 0; kv < c_.kv_heads; ++kv) {
        const size_t at = Slot(sequence_[t], position_[t], kv) * row;
        for (int d = 0; d < c_.head_dim; ++d) {
          double slack = 0;
          const double key = Rotated(t, c_.heads.query + kv, d, &slack);
          const double value = Qkv(t, (c_.heads.query + c_.kv_heads + kv) * c_.head_dim + d);
          const double half = TypedBytes::Rounding(c_.cache) * 1.001;
          const double tiny = c_.cache == DType::kF16 ? 0x1p-25 : 0;  // f16's subnormal numbers
          const float got_key = TypedBytes::Get(c_.cache, after.keys.data() + at + d * size);
          const float got_value = TypedBytes::Get(c_.cache, after.values.data() + at + d * size);
          wrong += !(std::abs(got_key - key) <= half * std::abs(key) + tiny + slack);
          wrong += !(std::abs(got_value - value) <= half * std::abs(value) + tiny);
        }
        std::copy_n(before_.keys.data() + at, row, others.keys.data() + at);
        std::copy_n(before_.values.data() + at, row, others.values.data() + at);
      }
    }
    EXPECT_EQ(0, wrong) << "new keys or values in the cache";
    EXPECT_TRUE(others.keys == before_.keys) << "another key was written";
    EXPECT_TRUE(others.values == before_.values) << "another value was written";
  }

  // The caches as numbers, decoded once for all heads that read them.
  struct Numbers {
    std::vector<float> keys, values;
  };
  std::vector<float> Decode(const Bytes& bytes) const {
    const size_t size = TypedBytes::Size(c_.cache);
    std::vector<float> numbers(bytes.size() / size);
    for (size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = TypedBytes::Get(c_.cache, bytes.data() + i * size);
    }
    return numbers;
  }

  static double Product(const std::vector<double>& x, const float* y) {
    double sums[4] = {};  // of independent chains: head_dim is a multiple of 8
    for (size_t d = 0; d < x.size(); d += 4) {
      for (int i = 0; i < 4; ++i) sums[i] += x[d + i] * y[d + i];
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
  }

  std::vector<double> Exact(int token, int head, const Numbers& cache) const {
    const int own = position_[token], dim = c_.head_dim;
    const int first = c_.window > 0 ? std::max(0, own - c_.window + 1) : 0;
    const int kv = (c_.heads.q_begin + head) / c_.heads.group - c_.heads.kv_begin;
    std::vector<double> query(dim), weights, out(dim);
    double slack = 0, most = -INFINITY, total = 0;
    for (int d = 0; d < dim; ++d) query[d] = Rotated(token, head, d, &slack);
    for (int p = first; p <= own; ++p) {
      const size_t at = Slot(sequence_[token], p, kv) * dim;
      weights.push_back(Product(query, cache.keys.data() + at) / std::sqrt(dim));
      most = std::max(most, weights.back());
    }
    for (double& weight : weights) total += weight = std::exp(weight - most);
    for (int p = first; p <= own; ++p) {
      const float* value = cache.values.data() + Slot(sequence_[token], p, kv) * dim;
      const double weight = weights[p - first] / total;
      for (int d = 0; d < dim; ++d) out[d] += weight * value[d];
    }
    return out;
  }

  // Where all is f32: its roundings. Else that of the result (2^-8 or 2^-11 at most) and of queries
  // and weights, which the tensor cores take in the cache's type.
  double Bound() const {
    if (c_.bound > 0) return c_.bound;
    if (c_.real == Real::kF32) return 1e-5;
    if (c_.cache == DType::kBF16) return 8e-3;
    return c_.real == Real::kBF16 ? 4e-3 : 1e-3;
  }

  void CheckNoNumbers(const Memory& after) const {
    int numbers = 0;
    for (int t = 0; t < Tokens(); ++t) {
      for (int i = 0; i < OutColumns(); ++i) {
        const size_t at = static_cast<size_t>(t) * OutStride() + i;
        const size_t size = TypedBytes::Size(RealType());
        numbers += !std::isnan(TypedBytes::Get(RealType(), after.out.data() + at * size));
      }
    }
    EXPECT_EQ(0, numbers) << "of values that are none";
  }

  void CheckOut(const Memory& after) const {
    const size_t size = TypedBytes::Size(RealType());
    const Numbers cache = {Decode(after.keys), Decode(after.values)};
    int wrong = 0;
    for (int t = 0; t < Tokens(); ++t) {
      const std::byte* row = after.out.data() + static_cast<size_t>(t) * OutStride() * size;
      for (int h = 0; h < c_.heads.query; ++h) {
        std::vector<float> got;
        for (int d = 0; d < c_.head_dim; ++d) {
          got.push_back(TypedBytes::Get(RealType(), row + (h * c_.head_dim + d) * size));
        }
        const double error = RelativeError(got, Exact(t, h, cache));
        if (error <= Bound()) continue;
        if (++wrong <= 5) {
          ADD_FAILURE() << "token " << t << " at " << position_[t] << ", head " << h << ": error "
                        << error << " > " << Bound();
        }
      }
      for (size_t i = OutColumns() * size; i < OutStride() * size; ++i) {
        ASSERT_EQ(std::byte{0xff}, row[i]) << "written between rows, after token " << t;
      }
    }
    EXPECT_EQ(0, wrong) << "heads of " << Tokens() * c_.heads.query;
  }

  AttentionCase c_;
  std::vector<int> position_, sequence_, blocks_, blocks_begin_, run_begin_;
  int positions_ = 0, longest_ = 0, total_blocks_ = 0;
  Bytes qkv_;
  std::vector<float> rope_;
  Memory before_;
};

}  // namespace lantern::cuda

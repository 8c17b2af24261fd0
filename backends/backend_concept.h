// The specification of a backend: every operation, its shapes and its contract. Models are written
// once against this; backend.h picks one backend at compile time.
//
// All operations act on the Context's queue in call order. Only Download and HostSpan wait.
// "n" is the number of tokens of the step, ragged over sequences. Shapes are [rows, columns].
// Summation orders are part of the contract on the CPU: see backends/README.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/base/cores.h"
#include "src/tensor/row_answer.h"
#include "src/tensor/sum_tree.h"
#include "src/tensor/tensor.h"

namespace lantern {

// Where a rank computes, for builds that leave a choice.
struct DeviceOptions {
  std::string name = "auto";     // "cpu", "cuda"; "auto": the best that this build is for
  int index = 0;                 // of the machine's devices, as the driver counts them
  std::string compute = "bf16";  // a device's activations: "bf16", "f16", or "f32" for checks
};

struct ContextOptions {
  int threads = 1;
  bool spin = true;          // false where ranks outnumber the cores
  std::string isa = "auto";  // a kernel set's name; "auto" takes the best this CPU runs
  // Who multiplies where a step has many tokens: "own" kernels, which alone keep one answer, or a
  // library of backends/cpu/gemm.
  std::string gemm = "own";
  std::vector<Core> cores = {};  // one for each thread, see ThreadPool; empty: unbound
  DeviceOptions device = {};
};

// A weight slice as the loader offers it: rows are read one by one, already cut to this rank's
// columns, permuted and converted, so that no full copy of a tensor is ever made.
struct RawWeight {
  std::string name;  // for errors
  DType type = DType::kF32;
  int out = 0, in = 0;
  // Writes row `row` (RowBytes(type, in) bytes) to `bytes`. Called from several threads.
  std::function<void(int row, std::byte* bytes)> read_row;
};

// A weight in the form that the backend's kernels read; cheap to copy, shares its memory.
struct WeightMatrix {
  DType type = DType::kF32;
  int out = 0, in = 0;
  size_t bytes = 0;  // of the packed form: what a decode step streams
  std::shared_ptr<const std::byte> data;
};

// Where a packed weight is to lie: empty lets the backend choose. `filled`: it is packed there
// already, by a start before this one.
struct PackedPlace {
  std::shared_ptr<std::byte> data;
  bool filled = false;
};

// Token ids to rows of a model's embedding table, in the backend's own memory or still in the file.
struct EmbeddingTable {
  RawWeight rows;
  std::shared_ptr<const std::byte> data;  // null: rows are read as they are needed
};

// f32 memory of the backend, freed with its owner.
using BufferOwner = std::shared_ptr<void>;

// Rotation by position: row p holds cos and sin of p * frequency(i), i < head_dim / 2.
struct RopeTable {
  int head_dim = 0;
  Tensor cos_sin;  // [positions, head_dim]: pairs
  BufferOwner owner = {};
};

// One layer's keys and values in paged blocks, in the backend's own order: room for
// block_tokens rows of head_dim values for each of them, head and block.
struct KvView {
  std::byte* keys = nullptr;
  std::byte* values = nullptr;
  DType type = DType::kF32;  // f32, f16, bf16, or q8_0 where head_dim is a multiple of 32
  int block_tokens = 0;      // a multiple of 16
  int blocks = 0;            // that keys and values have room for
  int heads = 0;             // this rank's kv heads
  int head_dim = 0;
};

// What is asked of a step's rows of logits, where a device computes them.
struct LogitsWanted {
  int top_logits = 0;                      // LogitsLook::top of each is wanted to hold so many
  bool masses = false;                     // and LogitsLook::masses are wanted
  std::span<const ChoiceRule> rules = {};  // for each row
  bool guesses = false;                    // whether tokens are to be guessed by these
  VocabularyPart vocabulary = {};          // which the logits are of
};

// Which tokens a step holds. Token i sits at position[i] of sequence[i]; position p of a sequence
// lies in block blocks[sequence][p / block_tokens], slot p % block_tokens.
struct BatchView {
  std::span<const int> position;
  std::span<const int> sequence;
  std::span<const std::span<const int>> blocks;
  // Ids; or, on a device, GuessOf(i): what was guessed for row i of the step run before.
  std::span<const int> token = {};
  std::span<const int> logits_at = {};  // tokens whose logits are wanted, ascending
  LogitsWanted wanted = {};

  static constexpr int GuessOf(int row) { return -1 - row; }
  static constexpr int RowOfGuess(int token) { return -1 - token; }
};

// What was seen of the residual stream in a step.
struct ResidualLook {
  static constexpr int kAllFinite = 1 << 30;
  // The first layer seen after which a value was no number; where not every layer was looked at,
  // an earlier one may have given it.
  int bad_layer = kAllFinite;
  std::span<const uint32_t> hashes = {};  // by slot; see LookAtResidual
  bool every_layer = true;
};

// What a device has found out about a row of logits, so that it need not be copied.
struct LogitsLook {
  static constexpr int kMostTop = 256;

  std::span<const uint64_t> block_hashes;  // xxh64 of every 256 values
  int values = 0;                          // of the row
  // The largest in descending order, the first of equals first, NaN last: at least one, and at
  // least as many as the batch asked for, where the row has them. By a keyed rule those whose
  // weights are the largest with their noise, in a device's arithmetic, where any were asked for.
  std::span<const RowAnswer> top;
  // Where the batch asked for them: of value / temperature in every 256 values of the row.
  std::span<const Mass> masses;
  // An id of the whole vocabulary. By the row's rule, in a device's arithmetic; without one the
  // largest. May not be what is chosen.
  int guess = -1;
};

// Lists of candidates for guesses, one for each part of the vocabulary, side by side: `mine` holds
// this part's, and 0 for the others; `all` is 0, to which everybody's `mine` is to be added.
struct CandidateLists {
  Tensor all, mine;
};

// Query heads to kv heads, both local: head h reads kv head (q_begin + h) / group - kv_begin.
// Ranks that share a kv head each hold a copy, which is why the offsets are needed.
struct HeadMap {
  int q_begin = 0, kv_begin = 0, group = 1;
  int KvHead(int local_head) const { return (q_begin + local_head) / group - kv_begin; }
};

template <class B>
concept IsBackend = requires(typename B::Context& c, Tensor t, const WeightMatrix& w,
                             const RawWeight& raw, std::span<const WeightMatrix> parts,
                             std::span<const Tensor> tensors, const LeafCuts& cuts,
                             const RopeTable& rope, const KvView& kv, const BatchView& batch,
                             const HeadMap& heads, std::span<const int> ids, float number,
                             int integer, std::span<float> host, BufferOwner& owner, DType type,
                             const PackedPlace& place, std::span<const RawWeight> shapes,
                             const EmbeddingTable& table, const std::function<void()>& body,
                             std::span<const float> values, const DeviceOptions& device,
                             const ContextOptions& options) {
  // Throws Error{kConfig} for options that are unknown or cannot be had on this machine.
  { B::MakeContext(options) } -> std::same_as<std::shared_ptr<typename B::Context>>;
  // Zeroed memory for a [rows, cols] tensor; `owner` keeps it alive. Rows may be padded.
  { B::Allocate(c, owner, integer, integer, type) } -> std::same_as<Tensor>;
  // The type of what operations hand to matrix products: norm, heads, gate_up and so on. The
  // residual stream, partial sums and logits are f32.
  { B::OperandType(c) } -> std::same_as<DType>;
  // Elements from one row of `integer` columns to the next, as operations like it best.
  { B::RowStride(c, integer) } -> std::same_as<int>;
  // f32 values to a tensor, dense; nothing where they are the tensor's own memory.
  { B::Upload(c, t, values) } -> std::same_as<void>;
  // Rows of the table, as Embed wants them.
  { B::MakeTable(c, raw) } -> std::same_as<EmbeddingTable>;
  // Where weights of these shapes, multiplied side by side, are to lie: together, if that helps.
  { B::PlaceTogether(c, shapes) } -> std::same_as<std::vector<PackedPlace>>;
  // Reads every row and lays it out for the kernels, in parallel, unless `place` is filled.
  { B::PackWeight(c, raw, place) } -> std::same_as<WeightMatrix>;
  // Reads all of these weights once and computes nothing: how fast a decode step could be.
  { B::StreamWeights(c, parts) } -> std::same_as<void>;
  // out[n, sum of out] = x[n, in] * w^T for each part, side by side in columns: a merged
  // projection whose parts may differ in format. Each output is one chain over `in`.
  { B::MatMul(c, /*out*/ t, /*x*/ t, parts) } -> std::same_as<void>;
  // Partial sums of a weight whose `in` columns are leaves of a sum tree (sum_tree.h): one output
  // [n, out] per subtree of `cuts`.
  { B::MatMulLeaves(c, /*out*/ tensors, /*x*/ t, w, cuts) } -> std::same_as<void>;
  // out[n, dim] = x / sqrt(mean(x^2) + eps) * weight[1, dim]; out may be x.
  { B::RmsNorm(c, /*out*/ t, /*x*/ t, /*weight*/ t, /*eps*/ number) } -> std::same_as<void>;
  // Rotates neighbouring pairs of q [n, heads * head_dim] and k [n, kv heads * head_dim] in place.
  // Rope, AppendKv and Attention of a layer follow each other; a backend may compute all in one.
  { B::Rope(c, /*q*/ t, /*k*/ t, rope, batch) } -> std::same_as<void>;
  // Stores k and v [n, kv heads * head_dim] at the batch's positions, in the cache's type.
  { B::AppendKv(c, kv, /*k*/ t, /*v*/ t, batch) } -> std::same_as<void>;
  // out[n, heads * head_dim]: causal attention of q over each token's own sequence, the last
  // `window` positions of it where window > 0. REQUIRES: AppendKv of the same batch came before.
  {
    B::Attention(c, /*out*/ t, /*q*/ t, kv, batch, heads, /*window*/ integer)
    } -> std::same_as<void>;
  // out[n, ffn] = silu(gate) * up, where gate_up is [n, 2 * ffn], gate first.
  { B::SiluMul(c, /*out*/ t, /*gate_up*/ t) } -> std::same_as<void>;
  { B::Add(c, /*x +=*/t, t) } -> std::same_as<void>;
  // out[n, dim] = rows batch.token of the table, decoded.
  { B::Embed(c, /*out*/ t, table, batch) } -> std::same_as<void>;
  // out[i] = x[batch.logits_at[i]]: the rows whose logits are wanted.
  { B::Gather(c, /*out*/ t, /*x*/ t, batch) } -> std::same_as<void>;
  // The tensor's values on the host, after everything queued before: in place where memory is
  // shared, else copied to `host`, which must hold rows * cols floats.
  { B::HostSpan(c, t, host) } -> std::same_as<std::span<float>>;

  // Runs a step's operations, `body`, all of `batch`. `repeats`: they wait for nothing on the host,
  // so that the step may be recorded and replayed for another batch of the same shape, with the
  // same tensors, instead of calling `body`. A device's step may go on after the return, and others
  // be queued behind it, in other slots. REQUIRES: the slot's step before has been waited for.
  { B::RunStep(c, batch, /*slot*/ integer, /*repeats*/ true, body) } -> std::same_as<void>;
  // Whether HostSpan gives dense tensors in place, and operations are done when they return.
  { B::OnHost(c) } -> std::same_as<bool>;
  // Looks for values that are no numbers in x after layer `layer`; and, slot >= 0, adds
  // ResidualHash(x, row) to hash `slot` of the step.
  {
    B::LookAtResidual(c, /*x*/ t, /*row*/ integer, /*layer*/ integer, /*slot*/ integer)
    } -> std::same_as<void>;
  // Waits for the last step of RunStep's slot, and says what was seen in it.
  { B::EndStep(c, /*slot*/ integer) } -> std::same_as<ResidualLook>;
  // Looks at rows of logits; GetLogitsLook, after EndStep, is empty where looking at the row itself
  // costs nothing.
  { B::LookAtLogits(c, t, batch) } -> std::same_as<void>;
  { B::GetLogitsLook(c, /*logits*/ t, /*row*/ integer) } -> std::same_as<std::optional<LogitsLook>>;
  // On a device, where tokens are to be guessed and the vocabulary has parts: LookAtLogits guesses
  // nothing then, but offers what it saw of this part; and from the lists of all parts, added up in
  // f32, the tokens are guessed, on the devices of all parts alike.
  { B::OfferCandidates(c, batch) } -> std::same_as<CandidateLists>;
  { B::GuessFrom(c, /*all*/ t, batch) } -> std::same_as<void>;

  // Before anything runs: whether it will be on the host's processor and memory; what a device is
  // called ("cpu", "NVIDIA H200"), throws Error{kConfig} where there is none; free memory there;
  // bytes that PackWeight and MakeTable will allocate; the kernel sets that run on this machine
  // (best first), and whether weights of a type do (throws Error{kConfig} otherwise).
  { B::IsHost(device) } -> std::same_as<bool>;
  { B::DeviceName(device) } -> std::same_as<std::string>;
  { B::AvailableMemory(device) } -> std::same_as<size_t>;
  { B::PackedBytes(device, type, integer, integer) } -> std::same_as<size_t>;
  { B::TableBytes(device, type, integer, integer) } -> std::same_as<size_t>;
  // Names the packed form, for those that keep it: it changes when the form does.
  { B::PackedForm() } -> std::same_as<std::string>;
  // Throws Error{kConfig} where ContextOptions::gemm may not be that; what a context's is.
  { B::RequireGemm(std::string()) } -> std::same_as<void>;
  { B::GemmName(c) } -> std::same_as<std::string>;
  { B::RunnableIsas() } -> std::same_as<std::vector<std::string>>;
  { B::RequireSupport(c, type) } -> std::same_as<void>;
};

}  // namespace lantern

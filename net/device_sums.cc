#include "net/device_sums.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "backends/cuda/context.h"
#include "backends/cuda/kernels/peer_rows.h"
#include "backends/cuda/kernels/peer_sum.h"
#include "backends/cuda/kernels/rows.h"
#include "backends/cuda/products.h"
#include "net/agreement.h"
#include "net/device_work.h"
#include "net/nccl_join.h"
#include "src/base/check.h"

namespace lantern {
namespace {

using cuda::PeerMemory;
using cuda::PeerRows;
using cuda::PeerSums;

// Sums in f32 that go through peer memory. Beyond the first, bandwidth counts, and with more ranks
// than two every vector would travel more often than NCCL lets it. The second is a step of 1,024
// tokens of 4,096 columns: of larger ones two ranks divide the rows.
constexpr size_t kSmallBytes = size_t{1} << 20, kPairBytes = size_t{16} << 20;
// With fewer tokens a product's halves take more time than dividing the rows gains. From where is
// not known exactly: with 768 as this limit, and rows beside whole lines yet, two H200 read 767
// tokens undivided at 63,000 tokens/s and 768 divided at 61,900 (8B in BF16).
constexpr int kLeastDivided = 960;
// For more, rows are not divided.
constexpr size_t kMostRowsBytes = size_t{256} << 20;
size_t PeerBytes(const Communicator& group) { return group.size() == 2 ? kPairBytes : kSmallBytes; }
// In whole packets.
size_t RowBytes(int columns) { return (columns + 3) / 4 * 4 * sizeof(float); }

// What sums over peer memory use.
struct Peers {
  std::unique_ptr<PeerMemory> memory;
  std::unique_ptr<PeerSums> sums;
  std::unique_ptr<PeerRows> rows;  // null: they are not divided
};

// Rows are divided by two ranks that compute in the same 16 bits.
bool MayDivideRows(Communicator& group, cuda::Real compute, int dim, int tokens) {
  const auto all = Gathered(group, std::array{static_cast<int>(compute)});
  const bool alike =
      std::all_of(all.begin(), all.end(), [&](const auto& each) { return each == all[0]; });
  return group.size() == 2 && alike && cuda::RealBytes(compute) == 2 && tokens >= kLeastDivided &&
         PeerRows::Bytes(tokens, dim) <= kMostRowsBytes;
}

// For dividing the rows of steps of up to so many tokens, or, where 0, none. Without memory where
// some rank has too little.
Peers MakePeers(Communicator& group, int tokens, int dim) {
  constexpr size_t kLine = 256;  // rows begin at whole ones
  const size_t sums = (PeerSums::Bytes(group.size(), PeerBytes(group)) + kLine - 1) / kLine * kLine;
  const size_t rows = tokens > 0 ? PeerRows::Bytes(tokens, dim) : 0;
  Peers peers;
  const bool made = group.size() <= PeerMemory::kMostRanks && Succeeds([&] {
                      peers.memory =
                          std::make_unique<PeerMemory>(group.rank(), group.size(), sums + rows);
                      peers.sums = std::make_unique<PeerSums>(*peers.memory, 0, PeerBytes(group));
                      if (tokens == 0) return;
                      peers.rows = std::make_unique<PeerRows>(*peers.memory, sums, tokens, dim);
                    });
  return Everybody(group, made) ? std::move(peers) : Peers{};
}

// Without memory where some rank does not reach another's.
Peers ReachPeers(Communicator& group, cuda::Real compute, int dim, int tokens) {
  Peers peers;
  if (MayDivideRows(group, compute, dim, tokens)) peers = MakePeers(group, tokens, dim);
  if (!peers.memory) peers = MakePeers(group, 0, dim);
  if (!peers.memory) return peers;
  PeerMemory::Handle handle{};
  const bool shared = Succeeds([&] { handle = peers.memory->handle(); });
  if (!Everybody(group, shared)) return {};
  const std::vector<PeerMemory::Handle> handles = Gathered(group, handle);
  const bool open = Succeeds([&] { peers.memory->Open(handles); });
  return Everybody(group, open) ? std::move(peers) : Peers{};
}

// Kernels' exponentials are instructions that another generation may round otherwise.
bool AreAlike(Communicator& group) {
  int device = 0;
  cudaDeviceProp properties{};
  cuda::Require(cudaGetDevice(&device), "asking the device");
  cuda::Require(cudaGetDeviceProperties(&properties, device), "asking the device");
  std::array<char, sizeof(properties.name)> name;
  std::copy_n(properties.name, name.size(), name.begin());
  const auto names = Gathered(group, name);
  return std::all_of(names.begin(), names.end(), [&](const auto& each) { return each == name; });
}

class GpuSums : public DeviceSums {
 public:
  GpuSums(CudaContext& context, Communicator& group, DType wire, int dim, Peers peers,
          std::unique_ptr<NcclGroup> nccl)
      : context_(context),
        group_(group),
        wire_(wire),
        dim_(dim),
        alike_(AreAlike(group)),
        peers_(std::move(peers)),
        nccl_(std::move(nccl)),
        work_(group, context.queue().stream, nccl_.get(), peers_.memory.get()) {}

  // Recorded steps hold sums, and what they use goes. Where steps were queued when the group was
  // aborted, they end by themselves, but must have: they would use it.
  ~GpuSums() override {
    cudaStreamSynchronize(context_.queue().stream);  // unchecked: what failed has said so
    context_.recorded().Clear();
  }

  void AddSum(Tensor x, Tensor partial) override {
    context_.LaunchPending();
    const bool by_peers = peers_.sums && (peers_.sums->Fits(x.rows, x.cols) || !nccl_);
    by_peers ? AddByPeers(x, partial, wire_) : AddByNccl(x, partial);
  }

  void AddExactSum(Tensor x, Tensor partial) override {
    context_.LaunchPending();
    peers_.sums ? AddByPeers(x, partial, DType::kF32) : AddByNccl(x, partial);
  }

  bool DividesRows(int tokens) const override {
    return peers_.rows && tokens >= kLeastDivided && peers_.rows->Fits(tokens);
  }

  void StartRows(Tensor partial, Tensor input, const WeightMatrix& weight) override {
    context_.LaunchPending();
    const cuda::RowRange theirs = peers_.rows->Theirs(partial.rows);
    cuda::MultiplyRowsFirst(context_, partial, input, weight, theirs.begin, theirs.size(),
                            [&](const cuda::Matrix& part, int row, int column) {
                              peers_.rows->Send(context_.queue(), part, row, column);
                            });
    peers_.rows->EndSend();
  }

  Tensor NormRows(Tensor x, Tensor partial, Tensor weight, float eps) override {
    const cuda::Matrix normed =
        peers_.rows->NormRows(context_.queue(), cuda::MatrixOf(x), cuda::MatrixOf(partial),
                              weight.f32(), eps, context_.compute());
    return {normed.data, cuda::TypeOf(normed.type), normed.rows, normed.columns,
            static_cast<int>(normed.stride)};
  }

  void JoinRows(Tensor x, Tensor partial) override {
    peers_.rows->JoinRows(context_.queue(), cuda::MatrixOf(x), cuda::MatrixOf(partial));
  }

  bool Repeats(int tokens) const override {
    return peers_.sums && tokens * RowBytes(dim_) <= PeerBytes(group_);
  }

  bool Alike() const override { return alike_; }

  void Wait() override {
    work_.Guarded([&] { work_.WaitUntil([&] { return context_.IsIdle(); }); });
  }

  void WaitForStep(int slot) override {
    work_.Guarded([&] { work_.WaitUntil([&] { return context_.step().HasEnded(slot); }); });
  }

 private:
  // In pieces that the buffers hold.
  void AddByPeers(Tensor x, Tensor partial, DType wire) {
    const int fitting = std::max<int>(PeerBytes(group_) / RowBytes(x.cols), 1);
    for (int row = 0; row < x.rows; row += fitting) {
      const int end = std::min(row + fitting, x.rows);
      peers_.sums->Sum(context_.queue(), cuda::MatrixOf(x.Rows(row, end)),
                       cuda::MatrixOf(partial.Rows(row, end)), wire);
    }
  }
  void AddByNccl(Tensor x, Tensor partial) {
    LANTERN_CHECK(partial.dense());
    work_.Guarded([&] {
      nccl_->AllReduceSum(partial.data, static_cast<size_t>(partial.rows) * partial.cols,
                          NcclGroup::Type::kF32, context_.queue().stream);
    });
    CudaBackend::Add(context_, x, partial);
  }

  CudaContext& context_;
  Communicator& group_;
  const DType wire_;
  const int dim_;
  const bool alike_;
  const Peers peers_;
  const std::unique_ptr<NcclGroup> nccl_;
  const DeviceWork work_;
};

}  // namespace

std::unique_ptr<DeviceSums> MakeDeviceSums(Backend::Context& context, Communicator& group,
                                           WireFormat format, int dim, int tokens) {
  if (group.size() == 1) return nullptr;
  // All ask, whatever they have: some may be builds that have no more than this answer.
  if (!Everybody(group, context.gpu != nullptr && format != WireFormat::kQ8)) return nullptr;
  context.gpu->Enter();
  Peers peers = ReachPeers(group, context.gpu->compute(), dim, tokens);
  // Of two ranks that reach each other nothing is left for NCCL, which takes memory and seconds.
  const bool all_by_peers = peers.sums && group.size() == 2;
  std::unique_ptr<NcclGroup> nccl = all_by_peers ? nullptr : JoinNccl(group);
  if (!peers.sums && !nccl) return nullptr;
  const DType wire = format == WireFormat::kBf16  ? DType::kBF16
                     : format == WireFormat::kF16 ? DType::kF16
                                                  : DType::kF32;
  return std::make_unique<GpuSums>(*context.gpu, group, wire, dim, std::move(peers),
                                   std::move(nccl));
}

}  // namespace lantern

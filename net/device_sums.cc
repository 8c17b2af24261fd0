#include "net/device_sums.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "backends/cuda/context.h"
#include "backends/cuda/kernels/peer_sum.h"
#include "backends/cuda/kernels/rows.h"
#include "backends/cuda/products.h"
#include "net/agreement.h"
#include "net/device_work.h"
#include "net/nccl_join.h"
#include "src/base/check.h"

namespace lantern {
namespace {

using cuda::PeerSums;

// Sums in f32 that go through peer memory. Beyond the first, bandwidth counts, and with more ranks
// than two every vector would travel more often than NCCL lets it; a step of 2,048 tokens of 4,096
// columns is the second.
constexpr size_t kSmallBytes = size_t{1} << 20, kPairBytes = size_t{32} << 20;
size_t PeerBytes(const Communicator& group) { return group.size() == 2 ? kPairBytes : kSmallBytes; }
// In whole packets.
size_t RowBytes(int columns) { return (columns + 3) / 4 * 4 * sizeof(float); }

std::unique_ptr<PeerSums> ReachPeers(Communicator& group) {
  std::unique_ptr<PeerSums> sums;
  PeerSums::Handle handle{};
  const bool made = group.size() <= PeerSums::kMostRanks && Succeeds([&] {
                      sums =
                          std::make_unique<PeerSums>(group.rank(), group.size(), PeerBytes(group));
                      handle = sums->handle();
                    });
  if (!Everybody(group, made)) return nullptr;
  const std::vector<PeerSums::Handle> handles = Gathered(group, handle);
  const bool open = Succeeds([&] { sums->Open(handles); });
  return Everybody(group, open) ? std::move(sums) : nullptr;
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
  GpuSums(CudaContext& context, Communicator& group, DType wire, int dim,
          std::unique_ptr<PeerSums> peers, std::unique_ptr<NcclGroup> nccl)
      : context_(context),
        group_(group),
        wire_(wire),
        dim_(dim),
        alike_(AreAlike(group)),
        peers_(std::move(peers)),
        nccl_(std::move(nccl)),
        work_(group, context.queue().stream, nccl_.get(), peers_.get()) {}

  // Recorded steps hold sums, and what they use goes. Where steps were queued when the group was
  // aborted, they end by themselves, but must have: they would use it.
  ~GpuSums() override {
    cudaStreamSynchronize(context_.queue().stream);  // unchecked: what failed has said so
    context_.recorded().Clear();
  }

  void AddSum(Tensor x, Tensor partial) override {
    context_.LaunchPending();
    const bool by_peers = peers_ && (peers_->Fits(x.rows, x.cols) || !nccl_);
    by_peers ? AddByPeers(x, partial, wire_) : AddByNccl(x, partial);
  }

  void AddExactSum(Tensor x, Tensor partial) override {
    context_.LaunchPending();
    peers_ ? AddByPeers(x, partial, DType::kF32) : AddByNccl(x, partial);
  }

  bool Repeats(int tokens) const override {
    return peers_ && tokens * RowBytes(dim_) <= PeerBytes(group_);
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
      peers_->Sum(context_.queue(), cuda::MatrixOf(x.Rows(row, end)),
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
  const std::unique_ptr<PeerSums> peers_;
  const std::unique_ptr<NcclGroup> nccl_;
  const DeviceWork work_;
};

}  // namespace

std::unique_ptr<DeviceSums> MakeDeviceSums(Backend::Context& context, Communicator& group,
                                           WireFormat format, int dim) {
  if (group.size() == 1) return nullptr;
  // All ask, whatever they have: some may be builds that have no more than this answer.
  if (!Everybody(group, context.gpu != nullptr && format != WireFormat::kQ8)) return nullptr;
  context.gpu->Enter();
  std::unique_ptr<PeerSums> peers = ReachPeers(group);
  // Of two ranks that reach each other nothing is left for NCCL, which takes memory and seconds.
  const bool all_by_peers = peers && group.size() == 2;
  std::unique_ptr<NcclGroup> nccl = all_by_peers ? nullptr : JoinNccl(group);
  if (!peers && !nccl) return nullptr;
  const DType wire = format == WireFormat::kBf16  ? DType::kBF16
                     : format == WireFormat::kF16 ? DType::kF16
                                                  : DType::kF32;
  return std::make_unique<GpuSums>(*context.gpu, group, wire, dim, std::move(peers),
                                   std::move(nccl));
}

}  // namespace lantern

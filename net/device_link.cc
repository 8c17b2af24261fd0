// A link has a stream of its own at both ends. A send waits there until the receiver is ready,
// beside the next steps' kernels; a receive is waited for before its step is queued. So nothing of
// the compute queue, sums of the stage included, ever waits behind a hand-over.
//
// Why nobody waits for ever. A send waits for the receiver to get to its step, that is for earlier
// steps of a later stage, and these for hand-overs of earlier steps: never for what comes after the
// send, on any rank. What is computed waits for no send: a sum that fills the GPU until the other
// rank of its stage comes to it delays one, and ends by itself. A rank that is lost ends it, see
// device_work.h.
#include "net/device_link.h"

#include <chrono>
#include <type_traits>
#include <utility>
#include <vector>

#include "backends/cuda/context.h"
#include "net/agreement.h"
#include "net/device_work.h"
#include "net/nccl_join.h"
#include "src/base/check.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;

struct Destroy {
  void operator()(cudaStream_t stream) const { cudaStreamDestroy(stream); }
  void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
};
using Stream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, Destroy>;
using Event = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, Destroy>;

// Before all that computes, as a hand-over takes little and somebody waits for it.
Stream MakeStream() {
  int least = 0, greatest = 0;
  cuda::Require(cudaDeviceGetStreamPriorityRange(&least, &greatest), "making a link");
  cudaStream_t stream = nullptr;
  cuda::Require(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, greatest),
                "making a link");
  return Stream(stream);
}

Event MakeEvent() {
  cudaEvent_t event = nullptr;
  cuda::Require(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "making a link");
  return Event(event);
}

bool HasEnded(cudaError_t code) {
  if (code == cudaErrorNotReady) return false;
  cuda::Require(code, "handing over a step");
  return true;
}

class GpuLink : public DeviceLink {
 public:
  // `nccl`: of the pair.
  GpuLink(CudaContext& context, std::shared_ptr<Communicator> pair, int slots,
          std::unique_ptr<NcclGroup> nccl)
      : context_(context),
        pair_(std::move(pair)),
        stream_(MakeStream()),
        nccl_(std::move(nccl)),
        work_(*pair_, stream_.get(), nccl_.get(), nullptr) {
    for (int slot = 0; slot < slots; ++slot) left_.push_back(MakeEvent());
  }

  // The first message connects the two, and shows whether they can be.
  void Try() {
    const auto memory = cuda::DeviceMemory(kTriedBytes);
    const auto deadline = Clock::now() + kNcclConnectLimit;
    work_.Guarded([&] {
      if (sends()) {
        nccl_->Send(memory.get(), kTriedBytes, 1, stream_.get());
      } else {
        nccl_->Receive(memory.get(), kTriedBytes, 0, stream_.get());
      }
      work_.WaitUntil([&] {
        if (Clock::now() > deadline) Fail(ErrorKind::kPeerLost, "Nothing comes through NCCL.");
        return HasEnded(cudaStreamQuery(stream_.get()));
      });
    });
  }

  void Send(Tensor x, int slot) override {
    work_.Guarded([&] {
      context_.Enter();
      nccl_->Send(x.data, BytesOf(x), 1, stream_.get());
      cuda::Require(cudaEventRecord(left_[slot].get(), stream_.get()), "handing over a step");
    });
  }

  void Settle(int slot) override {
    work_.Guarded(
        [&] { work_.WaitUntil([&] { return HasEnded(cudaEventQuery(left_[slot].get())); }); });
  }

  void Receive(Tensor x) override {
    work_.Guarded([&] {
      context_.Enter();
      nccl_->Receive(x.data, BytesOf(x), 0, stream_.get());
      work_.WaitUntil([&] { return HasEnded(cudaStreamQuery(stream_.get())); });
    });
  }

 private:
  static constexpr size_t kTriedBytes = 16;

  // With what pads the rows, alike at both ends.
  static size_t BytesOf(Tensor x) {
    LANTERN_CHECK(x.type == DType::kF32);
    return static_cast<size_t>(x.rows) * x.stride * sizeof(float);
  }

  bool sends() const { return pair_->rank() == 0; }

  CudaContext& context_;
  const std::shared_ptr<Communicator> pair_;
  const Stream stream_;
  std::vector<Event> left_;  // by slot: what was sent
  const std::unique_ptr<NcclGroup> nccl_;
  const DeviceWork work_;
};

}  // namespace

std::unique_ptr<DeviceLink> MakeDeviceLink(Backend::Context& context,
                                           std::shared_ptr<Communicator> pair, int slots) {
  LANTERN_CHECK_EQ(pair->size(), 2);
  if (!Everybody(*pair, context.gpu != nullptr)) return nullptr;
  context.gpu->Enter();
  std::unique_ptr<NcclGroup> nccl = JoinNccl(*pair);
  if (!nccl) return nullptr;
  std::unique_ptr<GpuLink> link;
  const bool works = Succeeds([&] {
    link = std::make_unique<GpuLink>(*context.gpu, pair, slots, std::move(nccl));
    link->Try();
  });
  return Everybody(*pair, works) ? std::move(link) : nullptr;
}

}  // namespace lantern

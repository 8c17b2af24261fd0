// NcclGroup over NCCL's nonblocking communicators: no call waits inside NCCL, so one mutex can
// guard them all, and Abort, which frees the communicator, finds nobody in it.
#include "net/nccl_group.h"

#include <nccl.h>

#include <cstring>
#include <mutex>
#include <thread>

#include "src/base/error.h"
#include "src/base/shared_library.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kLeaveLimit{5};
constexpr std::chrono::seconds kStartLimit{30};  // of an operation, the first of which connects

// NCCL's functions, by their own names.
struct Nccl {
  explicit Nccl(const SharedLibrary& library)
      : get_unique_id(library["ncclGetUniqueId"]),
        init_rank(library["ncclCommInitRankConfig"]),
        finalize(library["ncclCommFinalize"]),
        destroy(library["ncclCommDestroy"]),
        abort(library["ncclCommAbort"]),
        get_async_error(library["ncclCommGetAsyncError"]),
        get_error_string(library["ncclGetErrorString"]),
        all_reduce(library["ncclAllReduce"]),
        send(library["ncclSend"]),
        receive(library["ncclRecv"]) {}

  decltype(&ncclGetUniqueId) get_unique_id;
  decltype(&ncclCommInitRankConfig) init_rank;
  decltype(&ncclCommFinalize) finalize;
  decltype(&ncclCommDestroy) destroy;
  decltype(&ncclCommAbort) abort;
  decltype(&ncclCommGetAsyncError) get_async_error;
  decltype(&ncclGetErrorString) get_error_string;
  decltype(&ncclAllReduce) all_reduce;
  decltype(&ncclSend) send;
  decltype(&ncclRecv) receive;
};

const Nccl& LoadedNccl() {
  static const Nccl nccl(
      SharedLibrary({"Summing between GPUs",
                     {"libnccl.so.2"},
                     "install libnccl2, or name its folder in LD_LIBRARY_PATH"}));
  return nccl;
}

ncclDataType_t NcclType(NcclGroup::Type type) {
  switch (type) {
    case NcclGroup::Type::kBF16:
      return ncclBfloat16;
    case NcclGroup::Type::kF16:
      return ncclFloat16;
    case NcclGroup::Type::kF32:
      break;
  }
  return ncclFloat32;
}

}  // namespace

struct NcclGroup::Impl {
  ~Impl();

  // REQUIRES: the caller holds the mutex.
  void RequireNoAbort() const {
    if (aborted) throw Error(ErrorKind::kPeerLost, reason);
  }
  void RequireSuccess(ncclResult_t result) const {
    if (result == ncclSuccess || result == ncclInProgress) return;
    Fail(ErrorKind::kPeerLost,
         "The GPUs' common work through NCCL failed ({}); NCCL_DEBUG=WARN makes it say more.",
         nccl.get_error_string(result));
  }
  ncclResult_t State() const {
    ncclResult_t state = ncclSuccess;
    const ncclResult_t asked = nccl.get_async_error(comm, &state);
    return asked == ncclSuccess ? state : asked;
  }
  // Whether NCCL has done what it was asked: it joins, and puts operations on their streams, in
  // threads of its own.
  bool Done() {
    const std::lock_guard lock(mutex);
    RequireNoAbort();
    const ncclResult_t state = State();
    RequireSuccess(state);
    return state == ncclSuccess;
  }

  template <class Operation>
  void Start(const Operation& operation) {
    {
      const std::lock_guard lock(mutex);
      RequireNoAbort();
      RequireSuccess(operation());
    }
    const auto deadline = Clock::now() + kStartLimit;
    while (!Done()) {
      if (Clock::now() > deadline) {
        Fail(ErrorKind::kPeerLost,
             "NCCL has begun nothing within {} s; NCCL_DEBUG=WARN makes it say why.",
             kStartLimit.count());
      }
      std::this_thread::yield();
    }
  }

  void Leave();

  const Nccl& nccl = LoadedNccl();
  std::mutex mutex;
  ncclComm_t comm = nullptr;  // by whoever holds the mutex, until aborted
  bool connected = false;
  bool aborted = false;
  std::string reason;
  std::thread aborter;
};

// In good order: NCCL sends what others still need.
void NcclGroup::Impl::Leave() {
  const auto deadline = Clock::now() + kLeaveLimit;
  {
    const std::lock_guard lock(mutex);
    RequireNoAbort();
    RequireSuccess(nccl.finalize(comm));
  }
  while (!Done()) {
    if (Clock::now() > deadline) Fail(ErrorKind::kPeerLost, "NCCL does not end.");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const std::lock_guard lock(mutex);
  RequireNoAbort();
  RequireSuccess(nccl.destroy(comm));
  comm = nullptr;
}

NcclGroup::Impl::~Impl() {
  if (connected) {
    try {
      Leave();
    } catch (const Error&) {
      // Then not in good order.
    }
  }
  if (aborter.joinable()) {
    aborter.join();
  } else if (comm != nullptr) {
    nccl.abort(comm);
  }
}

NcclGroup::Id NcclGroup::MakeId() {
  ncclUniqueId made;
  const ncclResult_t result = LoadedNccl().get_unique_id(&made);
  if (result != ncclSuccess) {
    Fail(ErrorKind::kConfig, "NCCL does not start ({}); NCCL_DEBUG=WARN makes it say more.",
         LoadedNccl().get_error_string(result));
  }
  Id id;
  static_assert(sizeof(id) == sizeof(made));
  std::memcpy(id.data(), &made, sizeof(made));
  return id;
}

NcclGroup::NcclGroup(int rank, int size, const Id& id) : impl_(std::make_unique<Impl>()) {
  ncclUniqueId name;
  std::memcpy(&name, id.data(), sizeof(name));
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  impl_->RequireSuccess(impl_->nccl.init_rank(&impl_->comm, size, name, rank, &config));
}

NcclGroup::~NcclGroup() = default;

void NcclGroup::Connect(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (!impl_->Done()) {
    if (Clock::now() > deadline) {
      Fail(ErrorKind::kPeerLost, "Not all ranks' GPUs have joined through NCCL within {} s.",
           limit.count() / 1000);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  impl_->connected = true;
}

void NcclGroup::AllReduceSum(void* data, size_t count, Type type, CUstream_st* stream) {
  impl_->Start([&] {
    return impl_->nccl.all_reduce(data, data, count, NcclType(type), ncclSum, impl_->comm, stream);
  });
}

void NcclGroup::Send(const void* data, size_t bytes, int to, CUstream_st* stream) {
  impl_->Start([&] { return impl_->nccl.send(data, bytes, ncclInt8, to, impl_->comm, stream); });
}

void NcclGroup::Receive(void* data, size_t bytes, int from, CUstream_st* stream) {
  impl_->Start(
      [&] { return impl_->nccl.receive(data, bytes, ncclInt8, from, impl_->comm, stream); });
}

void NcclGroup::Check() { impl_->Done(); }

void NcclGroup::Abort(const std::string& reason) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->aborted || impl_->comm == nullptr) return;
  impl_->aborted = true;
  impl_->reason = reason;
  // In a thread, since NCCL, having ended what is on the streams, waits until no graph holds any of
  // its work.
  impl_->aborter = std::thread([&nccl = impl_->nccl, comm = impl_->comm] { nccl.abort(comm); });
}

}  // namespace lantern

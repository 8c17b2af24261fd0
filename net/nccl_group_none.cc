// NcclGroup in a build that found no nccl.h: a sentence.
#include "net/nccl_group.h"
#include "src/base/error.h"

namespace lantern {
namespace {

[[noreturn]] void FailWithoutNccl() {
  Fail(ErrorKind::kConfig, "This build has no NCCL: nccl.h was not found when it was configured.");
}

}  // namespace

struct NcclGroup::Impl {};

NcclGroup::Id NcclGroup::MakeId() { FailWithoutNccl(); }
NcclGroup::NcclGroup(int, int, const Id&) { FailWithoutNccl(); }
NcclGroup::~NcclGroup() = default;
void NcclGroup::Connect(std::chrono::milliseconds) { FailWithoutNccl(); }
void NcclGroup::AllReduceSum(void*, size_t, Type, CUstream_st*) { FailWithoutNccl(); }
void NcclGroup::Send(const void*, size_t, int, CUstream_st*) { FailWithoutNccl(); }
void NcclGroup::Receive(void*, size_t, int, CUstream_st*) { FailWithoutNccl(); }
void NcclGroup::Check() { FailWithoutNccl(); }
void NcclGroup::Abort(const std::string&) {}

}  // namespace lantern

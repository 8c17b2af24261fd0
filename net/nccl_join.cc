#include "net/nccl_join.h"

#include "net/agreement.h"

namespace lantern {

std::unique_ptr<NcclGroup> JoinNccl(Communicator& group) {
  NcclGroup::Id id{};
  const bool there = Succeeds([&] { id = NcclGroup::MakeId(); });
  if (!Everybody(group, there)) return nullptr;
  id = Gathered(group, id)[0];
  std::unique_ptr<NcclGroup> nccl;
  const bool joined = Succeeds([&] {
    nccl = std::make_unique<NcclGroup>(group.rank(), group.size(), id);
    const AbortWatch watch(group, [&](const std::string& reason) { nccl->Abort(reason); });
    nccl->Connect(kNcclConnectLimit);
  });
  return Everybody(group, joined) ? std::move(nccl) : nullptr;
}

}  // namespace lantern

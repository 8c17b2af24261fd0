// NullComm: a correct group of one. There is nobody to exchange with, yet Abort works as in any
// other group, so that callers need no special case.
#pragma once

#include <memory>

#include "net/communicator.h"

namespace lantern {

std::unique_ptr<Communicator> MakeNullComm();

}  // namespace lantern

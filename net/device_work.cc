#include "net/device_work.h"

#include <chrono>
#include <thread>

namespace lantern {

// Throws what ended the group, where it has ended or does so now: NCCL may see a lost rank before
// those who can say which it was.
void DeviceWork::ThrowVerdict() const {
  constexpr std::chrono::seconds kVerdictLimit{4};  // until the control plane knows
  const auto deadline = std::chrono::steady_clock::now() + kVerdictLimit;
  while (std::chrono::steady_clock::now() < deadline) {
    group_.Progress();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace lantern

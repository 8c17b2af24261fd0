#include "net/control/loss_record.h"

#include <utility>

namespace lantern::control {

void LossRecord::Record(const std::string& reason) {
  const std::lock_guard callback_lock(callback_mutex_);
  {
    const std::lock_guard lock(mutex_);
    if (reason_) return;
    reason_ = reason;
  }
  recorded_.notify_all();
  if (callback_) callback_(reason);
}

std::optional<std::string> LossRecord::Wait(std::chrono::milliseconds wait) const {
  std::unique_lock lock(mutex_);
  recorded_.wait_for(lock, wait, [&] { return reason_.has_value(); });
  return reason_;
}

void LossRecord::OnLost(Callback callback) {
  const std::lock_guard callback_lock(callback_mutex_);
  callback_ = std::move(callback);
  const auto reason = Wait(std::chrono::milliseconds(0));
  if (reason && callback_) callback_(*reason);
}

}  // namespace lantern::control

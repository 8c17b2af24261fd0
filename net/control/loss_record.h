// LossRecord: why the group is over. Written once, by the control thread; waited for by anybody.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace lantern::control {

class LossRecord {
 public:
  using Callback = std::function<void(const std::string& reason)>;

  // The first reason stays, and is passed to the callback.
  void Record(const std::string& reason);

  // The reason, waiting up to `wait` for one; nullopt when there is none by then.
  std::optional<std::string> Wait(std::chrono::milliseconds wait) const;

  // Calls `callback` once, with the reason: at the loss, on the thread that records it, or now if
  // that was before. Empty: no callback; when this returns, none is running any more.
  // The callback must not call this class.
  void OnLost(Callback callback);

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable recorded_;
  std::optional<std::string> reason_;

  std::mutex callback_mutex_;  // held while the callback runs; taken before mutex_
  Callback callback_;
};

}  // namespace lantern::control

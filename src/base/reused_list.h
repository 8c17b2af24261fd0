// ReusedList: a list whose elements stay behind clear(), with the memory that they hold, so that
// what is filled anew every step allocates nothing once it has been as large.
#pragma once

#include <cstddef>
#include <vector>

#include "src/base/check.h"

namespace lantern {

template <class T>
class ReusedList {
 public:
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }

  // One more element, as it was left when the list was cleared: the caller sets all of it.
  T& Add() {
    if (size_ == elements_.size()) elements_.emplace_back();
    return elements_[size_++];
  }

  T& operator[](size_t i) {
    LANTERN_CHECK_LT(i, size_);
    return elements_[i];
  }
  const T& operator[](size_t i) const {
    LANTERN_CHECK_LT(i, size_);
    return elements_[i];
  }
  T* begin() { return elements_.data(); }
  T* end() { return elements_.data() + size_; }
  const T* begin() const { return elements_.data(); }
  const T* end() const { return elements_.data() + size_; }

 private:
  std::vector<T> elements_;
  size_t size_ = 0;
};

}  // namespace lantern

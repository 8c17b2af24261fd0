// What the libraries behind --gemm share: how they are loaded, and keeping their OpenMP to the
// thread that calls.
#pragma once

#include <string>

#include "src/base/shared_library.h"

namespace lantern {

// `package`: Debian's, for the error.
inline SharedLibrary GemmLibrary(const std::string& gemm, const std::string& file,
                                 const std::string& package) {
  return SharedLibrary({"--gemm " + gemm,
                        {file},
                        "install " + package + " (Debian) on every machine, or leave out --gemm"});
}

// Keeps a library that computes with OpenMP to the thread that calls it: OpenMP has a number of
// threads for every thread.
class OneOpenMpThread {
 public:
  explicit OneOpenMpThread(const SharedLibrary& library)
      : set_(library.Find("omp_set_num_threads")) {}
  bool known() const { return set_ != nullptr; }
  void Here() const {
    if (set_ != nullptr) set_(1);
  }

 private:
  void (*const set_)(int);
};

}  // namespace lantern

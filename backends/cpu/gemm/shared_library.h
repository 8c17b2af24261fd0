// SharedLibrary: a library that is loaded when somebody asks for it, so that the program starts
// without. Stays loaded until the program ends, since it may have threads of its own.
#pragma once

#include <string>

#include "src/base/error.h"

namespace lantern {

class SharedLibrary {
 public:
  // `package`: Debian's, for the error. Throws Error{kConfig} where there is no such library.
  SharedLibrary(const std::string& gemm, const std::string& file, const std::string& package);

  // The address of a function, to be assigned to a pointer of its type.
  class Symbol {
   public:
    explicit Symbol(void* address) : address_(address) {}
    template <class F>
    operator F*() const {
      return reinterpret_cast<F*>(address_);
    }

   private:
    void* address_;
  };
  // Throws Error{kConfig} where the library has no such function.
  Symbol operator[](const char* name) const;
  // Also in the libraries that this one needs; null where there is none.
  Symbol Find(const char* name) const;

 private:
  const std::string file_;
  void* handle_;
};

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

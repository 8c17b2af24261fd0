// SharedLibrary: a library that is loaded when somebody asks for it, so that the program starts
// without. Stays loaded until the program ends, since it may have threads of its own.
#pragma once

#include <string>
#include <vector>

namespace lantern {

class SharedLibrary {
 public:
  // Who needs it, the names of its versions (the best one first), and what the user can do where
  // it is missing; the last begins small and ends without a full stop.
  struct Need {
    std::string user;
    std::vector<std::string> files;
    std::string advice;
  };
  // Loads the first of them that there is. Throws Error{kConfig} where there is none.
  explicit SharedLibrary(const Need& need);

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
  std::string file_, advice_;
  void* handle_ = nullptr;
};

}  // namespace lantern

#include "src/base/shared_library.h"

#include <dlfcn.h>

#include "src/base/error.h"

namespace lantern {

SharedLibrary::SharedLibrary(const Need& need) : advice_(need.advice) {
  std::string reason;
  for (const std::string& file : need.files) {
    handle_ = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle_ != nullptr) {
      file_ = file;
      return;
    }
    const char* const error = ::dlerror();
    if (reason.empty()) reason = error == nullptr ? "not found" : error;
  }
  Fail(ErrorKind::kConfig, "{} needs the library {} ({}): {}.", need.user, need.files.front(),
       reason, advice_);
}

SharedLibrary::Symbol SharedLibrary::operator[](const char* name) const {
  void* const address = ::dlsym(handle_, name);
  if (address == nullptr) {
    Fail(ErrorKind::kConfig,
         "{} has no function {}: it is another version than Lantern was built for; {}.", file_,
         name, advice_);
  }
  return Symbol(address);
}

SharedLibrary::Symbol SharedLibrary::Find(const char* name) const {
  return Symbol(::dlsym(handle_, name));
}

}  // namespace lantern

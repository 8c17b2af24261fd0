#include "backends/cpu/gemm/shared_library.h"

#include <dlfcn.h>

namespace lantern {

SharedLibrary::SharedLibrary(const std::string& gemm, const std::string& file,
                             const std::string& package)
    : file_(file), handle_(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
  if (handle_ != nullptr) return;
  const char* reason = ::dlerror();
  Fail(ErrorKind::kConfig,
       "--gemm {} needs the library {} on every machine ({}): install {} (Debian), or leave out "
       "--gemm.",
       gemm, file, reason == nullptr ? "not found" : reason, package);
}

SharedLibrary::Symbol SharedLibrary::operator[](const char* name) const {
  void* const address = ::dlsym(handle_, name);
  if (address == nullptr) {
    Fail(ErrorKind::kConfig,
         "{} has no function {}: it is another version than Lantern was built for; leave out "
         "--gemm.",
         file_, name);
  }
  return Symbol(address);
}

SharedLibrary::Symbol SharedLibrary::Find(const char* name) const {
  return Symbol(::dlsym(handle_, name));
}

}  // namespace lantern

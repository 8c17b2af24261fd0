#include "backends/cpu/gemm/gemm_provider.h"

#include <fmt/ranges.h>

#include "src/base/error.h"

namespace lantern {
namespace {

struct Row {
  const char* name;
  const char* headers;  // Debian's package of them
  std::unique_ptr<GemmProvider> (*open)();
};

constexpr Row kProviders[] = {
#if LANTERN_HAVE_OPENBLAS
    {"openblas", "libopenblas-dev", OpenOpenBlas},
#else
    {"openblas", "libopenblas-dev", nullptr},
#endif
#if LANTERN_HAVE_ONEDNN
    {"onednn", "libdnnl-dev", OpenOneDnn},
#else
    {"onednn", "libdnnl-dev", nullptr},
#endif
};

}  // namespace

std::vector<std::string> GemmNames() {
  std::vector<std::string> names = {kOwnGemm};
  for (const Row& row : kProviders) names.push_back(row.name);
  return names;
}

std::unique_ptr<GemmProvider> OpenGemmProvider(const std::string& name) {
  for (const Row& row : kProviders) {
    if (name != row.name) continue;
    if (row.open != nullptr) return row.open();
    Fail(ErrorKind::kConfig,
         "This build has no {}: install {} (Debian) and build again, or leave out --gemm.", name,
         row.headers);
  }
  Fail(ErrorKind::kConfig, "--gemm '{}' is not one of {}.", name, fmt::join(GemmNames(), ", "));
}

}  // namespace lantern

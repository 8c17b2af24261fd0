// Broken invariants: LANTERN_CHECK* print the condition, both values and the place, then abort.
// What the outside world can break (files, flags, peers) throws Error instead: see error.h.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

namespace lantern::internal {

[[noreturn]] inline void CheckFailed(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what.c_str());
  std::abort();
}

template <class A, class B>
[[noreturn]] void CheckOpFailed(const char* file, int line, const char* what, const A& a,
                                const B& b) {
  std::ostringstream out;
  out << what << " (" << a << " vs " << b << ")";
  CheckFailed(file, line, out.str());
}

}  // namespace lantern::internal

#define LANTERN_CHECK(condition) \
  ((condition) ? void(0) : ::lantern::internal::CheckFailed(__FILE__, __LINE__, #condition))

#define LANTERN_CHECK_OP(op, a, b)                                                         \
  do {                                                                                     \
    const auto& lantern_a = (a);                                                           \
    const auto& lantern_b = (b);                                                           \
    if (!(lantern_a op lantern_b))                                                         \
      ::lantern::internal::CheckOpFailed(__FILE__, __LINE__, #a " " #op " " #b, lantern_a, \
                                         lantern_b);                                       \
  } while (false)

#define LANTERN_CHECK_EQ(a, b) LANTERN_CHECK_OP(==, a, b)
#define LANTERN_CHECK_LE(a, b) LANTERN_CHECK_OP(<=, a, b)
#define LANTERN_CHECK_LT(a, b) LANTERN_CHECK_OP(<, a, b)
#define LANTERN_CHECK_GE(a, b) LANTERN_CHECK_OP(>=, a, b)

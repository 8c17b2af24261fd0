// A panel's sixteen rows as one value, for tiles.h: a vector where it holds them all, else kParts
// vectors that act as one. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/lanes.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

template <class V>
struct Parts {
  V part[kParts];
};
template <class V, int kCount>
struct RowsOf {
  using Type = Parts<V>;
};
template <class V>
struct RowsOf<V, 1> {
  using Type = V;
};
using FR = RowsOf<FV, kParts>::Type;
using IR = RowsOf<IV, kParts>::Type;

// of(part) for each part, written out: g++ keeps in registers what no loop has touched.
static_assert(kParts == 1 || kParts == 4);
template <class Of>
LANTERN_INLINE auto EachPart(const Of& of) {
  if constexpr (kParts == 1) {
    return of(0);
  } else {
    return Parts<decltype(of(0))>{{of(0), of(1), of(2), of(3)}};
  }
}

// One part of the rows.
template <class V>
LANTERN_INLINE V& PartAt(V& rows, int /*part*/) {
  return rows;
}
template <class V>
LANTERN_INLINE V& PartAt(Parts<V>& rows, int part) {
  return rows.part[part];
}

// A token's PanelSums.
LANTERN_INLINE FR& RowsIn(FV (&parts)[kParts]) {
  static_assert(sizeof(FR) == sizeof(parts));
  return *(FR*)parts;
}

LANTERN_INLINE FR LoadHalfR(const uint8_t* field) {
  return EachPart([&](int p) { return LoadHalfV(field + 2 * kLanes * p); });
}

LANTERN_INLINE IV ToIntV(FV v) { return __builtin_convertvector(v, IV); }

template <class V>
LANTERN_INLINE Parts<V> operator+(const Parts<V>& a, const Parts<V>& b) {
  return EachPart([&](int p) { return a.part[p] + b.part[p]; });
}
template <class V>
LANTERN_INLINE Parts<V> operator-(const Parts<V>& a, const Parts<V>& b) {
  return EachPart([&](int p) { return a.part[p] - b.part[p]; });
}
template <class V>
LANTERN_INLINE Parts<V> operator*(const Parts<V>& a, const Parts<V>& b) {
  return EachPart([&](int p) { return a.part[p] * b.part[p]; });
}
template <class V>
LANTERN_INLINE Parts<V> operator*(const Parts<V>& a, V all) {
  return EachPart([&](int p) { return a.part[p] * all; });
}
template <class V>
LANTERN_INLINE Parts<V> operator*(V all, const Parts<V>& b) {
  return b * all;
}
template <class V>
LANTERN_INLINE auto ToFloatV(const Parts<V>& v) {
  return EachPart([&](int p) { return ToFloatV(v.part[p]); });
}
template <class V>
LANTERN_INLINE auto ToIntV(const Parts<V>& v) {
  return EachPart([&](int p) { return ToIntV(v.part[p]); });
}
template <class V>
LANTERN_INLINE Parts<V> FmaV(const Parts<V>& a, const Parts<V>& b, const Parts<V>& c) {
  return EachPart([&](int p) { return FmaV(a.part[p], b.part[p], c.part[p]); });
}
template <class V>
LANTERN_INLINE Parts<V> AddPairProducts(const Parts<V>& sum, const Parts<V>& a, V all) {
  return EachPart([&](int p) { return AddPairProducts(sum.part[p], a.part[p], all); });
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE

// All kernels of one instruction set: CMake compiles this source once per set, with the set's flags
// and LANTERN_ISA_NAMESPACE naming it. It includes C headers and intrinsics only (kernel_table.h).
#include "backends/cpu/kernels/attention.h"
#include "backends/cpu/kernels/elementwise.h"
#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/matmul.h"
#include "backends/cpu/kernels/unpack.h"
#include "backends/cpu/kernels/wire_formats.h"

#define LANTERN_STRING(x) #x
#define LANTERN_NAME_OF(x) LANTERN_STRING(x)

namespace lantern::LANTERN_ISA_NAMESPACE {

template <class Format>
constexpr FormatKernels kFormat = {Panels<Format>, Unpack<Format, float>, Unpack<Format, uint16_t>};

template <class Cache>
constexpr KernelTable::Cache kCache = {Cache::StoreKeys, Cache::StoreValues, Attend<Cache>};

template <class Wire>
constexpr KernelTable::Wire kWire = {EncodeElements<Wire>, DecodeElements<Wire, false>,
                                     DecodeElements<Wire, true>};

extern const KernelTable kKernels;
const KernelTable kKernels = {
    .name = LANTERN_NAME_OF(LANTERN_ISA_NAMESPACE),
    .f32 = kFormat<F32Format>,
    .f16 = kFormat<F16Format>,
    .bf16 = kFormat<BF16Format>,
    .q8_0 = kFormat<Q8_0Format>,
    .q4_0 = kFormat<NibbleFormat<false, false>>,
    .q4_1 = kFormat<NibbleFormat<false, true>>,
    .q5_0 = kFormat<NibbleFormat<true, false>>,
    .q5_1 = kFormat<NibbleFormat<true, true>>,
    .q4_k = kFormat<Q4KFormat>,
    .q5_k = kFormat<Q5KFormat>,
    .q6_k = kFormat<Q6KFormat>,
    .quantize32 = Quantize32,
    .quantize256 = Quantize256,
    .gather_plain = kPlainTile == kTileTokens ? GatherPlain : nullptr,
#if LANTERN_TILES
    .gather_tile32 = GatherTile32,
    .gather_tile256 = GatherTile256,
#else
    .gather_tile32 = nullptr,
    .gather_tile256 = nullptr,
#endif
    .rms_norm = RmsNorm,
    .rope = Rope,
    .silu_mul = SiluMul,
    .add = Add,
    .exp = ExpRow,
    .residual_hash = ResidualHash,
    .read_sum = ReadSum,
    .cache_f32 = kCache<F32Cache>,
    .cache_f16 = kCache<F16Cache>,
    .cache_bf16 = kCache<BF16Cache>,
    .cache_q8_0 = kCache<Q8_0Cache>,
    .merge_parts = MergeParts,
    .wire_f32 = kWire<F32Wire>,
    .wire_bf16 = kWire<BF16Wire>,
    .wire_f16 = kWire<F16Wire>,
    .wire_q8 = {Q8Wire::Encode, Q8Wire::Decode<false>, Q8Wire::Decode<true>},
};

}  // namespace lantern::LANTERN_ISA_NAMESPACE

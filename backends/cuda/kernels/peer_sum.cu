// The kernel of PeerSums. Packets of 16 bytes say by themselves whether they are there: a word of
// 0xffffffff is one that is absent, and no word that is sent has that value (the idea is that of
// the "Lamport" sums of TensorRT-LLM, and before it NCCL's LL). So no flag and no fence, which
// would wait for the link once more, is between data and reader, and every thread waits for what it
// alone adds.
//
// Why two halves of the buffer suffice. Sum s (a launch) uses half s mod 2. A rank sends for sum s
// + 2 when its sum s + 1 has ended (WaitForInputs), so after a packet of sum s + 1 has come from
// every other rank. Those had sent it when their sum s had ended, and with it every read of that
// half, and every write that makes its packets absent again. So what is sent for s + 2 finds the
// half empty, however fast its sender is. (A sum has at least one packet.)
//
// Why nobody waits for ever. Each thread sends before it waits, and blocks begin in the order of
// their index: of the blocks that some rank has not ended, the first has begun, or is about to, on
// all ranks, so its packets come. A rank that is lost ends by Abort.
#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/peer_access.cuh"
#include "backends/cuda/kernels/peer_sum.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kBlocks = 4;  // on a multiprocessor at once
constexpr unsigned kAbsent = 0xffffffff;
constexpr unsigned kOtherNaN = 0x7fff7fff;  // in f32, and twice in f16 and bf16

template <DType kType>
constexpr int kFloatsOf = kType == DType::kF32 ? 4 : 8;  // of a packet

// Finite values stay finite.
__device__ float Saturated(float value, float largest) {
  return fabsf(value) < INFINITY ? fminf(fmaxf(value, -largest), largest) : value;
}

template <DType kType>
__device__ unsigned PackPair(float low, float high) {
  if constexpr (kType == DType::kBF16) {
    const __nv_bfloat162 pair =
        __floats2bfloat162_rn(Saturated(low, 0x1.fep127f), Saturated(high, 0x1.fep127f));
    return *reinterpret_cast<const unsigned*>(&pair);
  } else {
    const __half2 pair = __floats2half2_rn(Saturated(low, 65504), Saturated(high, 65504));
    return *reinterpret_cast<const unsigned*>(&pair);
  }
}

template <DType kType>
__device__ uint4 Pack(const float (&floats)[kFloatsOf<kType>]) {
  unsigned words[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if constexpr (kType == DType::kF32) {
      words[i] = __float_as_uint(floats[i]);
    } else {
      words[i] = PackPair<kType>(floats[2 * i], floats[2 * i + 1]);
    }
    if (words[i] == kAbsent) words[i] = kOtherNaN;
  }
  return {words[0], words[1], words[2], words[3]};
}

template <DType kType>
__device__ void Unpack(uint4 packet, float (&floats)[kFloatsOf<kType>]) {
  const unsigned words[4] = {packet.x, packet.y, packet.z, packet.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if constexpr (kType == DType::kF32) {
      floats[i] = __uint_as_float(words[i]);
    } else if constexpr (kType == DType::kBF16) {
      floats[2 * i] = __uint_as_float(words[i] << 16);
      floats[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000);
    } else {
      const float2 pair = __half22float2(*reinterpret_cast<const __half2*>(&words[i]));
      floats[2 * i] = pair.x;
      floats[2 * i + 1] = pair.y;
    }
  }
}

struct FloatRows {
  float* data;
  long long stride;
};

// Floats of a row from `from` on, of which `left` belong to it; zeros beyond.
template <int kCount>
__device__ void LoadFloats(const float* from, int left, float (&floats)[kCount]) {
  if (left >= kCount) {
#pragma unroll
    for (int i = 0; i < kCount; i += 4) {
      const float4 four = *reinterpret_cast<const float4*>(from + i);
      floats[i] = four.x, floats[i + 1] = four.y, floats[i + 2] = four.z, floats[i + 3] = four.w;
    }
  } else {
#pragma unroll
    for (int i = 0; i < kCount; ++i) floats[i] = i < left ? from[i] : 0;
  }
}
template <int kCount>
__device__ void StoreFloats(float* to, int left, const float (&floats)[kCount]) {
  if (left >= kCount) {
#pragma unroll
    for (int i = 0; i < kCount; i += 4) {
      *reinterpret_cast<float4*>(to + i) =
          make_float4(floats[i], floats[i + 1], floats[i + 2], floats[i + 3]);
    }
  } else {
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      if (i < left) to[i] = floats[i];
    }
  }
}

__device__ bool Arrived(uint4 packet) {
  return packet.x != kAbsent && packet.y != kAbsent && packet.z != kAbsent && packet.w != kAbsent;
}

// Waits for a packet, of which `got` is a first look, and leaves its place empty.
__device__ uint4 Take(uint4* packet, uint4 got, const unsigned* abort) {
  for (unsigned polls = 1; !Arrived(got); ++polls) {
    if (polls % kPollsPerLook == 0 && LoadWord(abort) != 0) return {0, 0, 0, 0};
    got = LoadPacket(packet);
  }
  StorePacket(packet, {kAbsent, kAbsent, kAbsent, kAbsent});
  return got;
}

// Packet `index` of sums in this half, from `from`, in the memory of `to`.
__device__ uint4* Place(const PeerBuffers& buffers, int to, unsigned half, int from,
                        unsigned index) {
  return buffers.of[to] + static_cast<size_t>(half * buffers.size + from) * buffers.capacity +
         index;
}

__device__ void Send(const PeerBuffers& buffers, unsigned half, unsigned index, uint4 packet) {
#pragma unroll 1
  for (int i = 1, to = buffers.rank; i < buffers.size; ++i) {
    to = to + 1 == buffers.size ? 0 : to + 1;  // not all to rank 0 at once
    StorePacket(Place(buffers, to, half, buffers.rank, index), packet);
  }
}

// The next sum uses the other half. The last block says so to whom all blocks of this sum have
// read theirs. REQUIRES: all threads of the block call this, once they have used what they read.
__device__ void EndTurn(PeerBuffers::Turn* turn, unsigned sums) {
  __syncthreads();
  if (threadIdx.x != 0) return;
  const unsigned last = gridDim.x - 1;
  if (atomicInc(&turn->waiting, last) == last) turn->sums = sums + 1;
}

// floats += all ranks' packets, in rank order among themselves. kMost: no fewer than the ranks;
// it bounds the code, which a short kernel has to fetch as well.
template <DType kType, int kMost>
__device__ void AddAll(const PeerBuffers& buffers, unsigned half, unsigned index, uint4 mine,
                       float (&floats)[kFloatsOf<kType>]) {
  uint4 got[kMost];
#pragma unroll
  for (int from = 0; from < kMost; ++from) {  // all looks are on their way at once
    if (from < buffers.size && from != buffers.rank) {
      got[from] = LoadPacket(Place(buffers, buffers.rank, half, from, index));
    }
  }
  float sum[kFloatsOf<kType>];
#pragma unroll
  for (int from = 0; from < kMost; ++from) {
    if (from < buffers.size) {
      const uint4 packet =
          from == buffers.rank
              ? mine
              : Take(Place(buffers, buffers.rank, half, from, index), got[from], buffers.abort);
      float term[kFloatsOf<kType>];
      Unpack<kType>(packet, term);
#pragma unroll
      for (int i = 0; i < kFloatsOf<kType>; ++i) sum[i] = from == 0 ? term[i] : sum[i] + term[i];
    }
  }
#pragma unroll
  for (int i = 0; i < kFloatsOf<kType>; ++i) floats[i] += sum[i];
}

// Packets [0, rows * row_packets), one per thread.
template <DType kType, int kMost>
__global__ void __launch_bounds__(kThreads, kBlocks)
    SumKernel(const __grid_constant__ PeerBuffers buffers, FloatRows x, FloatRows partial,
              unsigned rows, unsigned columns) {
  constexpr int kFloats = kFloatsOf<kType>;
  const unsigned row_packets = (columns + kFloats - 1) / kFloats;
  const unsigned index = blockIdx.x * kThreads + threadIdx.x;
  const unsigned row = index / row_packets, column = index % row_packets * kFloats;
  const int left = row < rows ? columns - column : 0;
  float* const to = x.data + row * x.stride + column;
  const float* const from = partial.data + row * partial.stride + column;

  LetNextBegin();
  WaitForInputs();
  float floats[kFloats];
  LoadFloats(from, left, floats);
  const unsigned sums = LoadWord(&buffers.turn->sums);  // on its way together with the floats
  const unsigned half = sums % 2;
  const uint4 packet = Pack<kType>(floats);
  if (left > 0) Send(buffers, half, index, packet);
  LoadFloats(to, left, floats);
  EndTurn(buffers.turn, sums);
  if (left > 0) AddAll<kType, kMost>(buffers, half, index, packet, floats);
  StoreFloats(to, left, floats);
}

template <DType kType>
void LaunchSum(const Queue& queue, const PeerBuffers& buffers, Matrix x, Matrix partial) {
  auto* const kernel = buffers.size <= 2   ? SumKernel<kType, 2>
                       : buffers.size <= 4 ? SumKernel<kType, 4>
                                           : SumKernel<kType, PeerMemory::kMostRanks>;
  const unsigned row_packets = (x.columns + kFloatsOf<kType> - 1) / kFloatsOf<kType>;
  const unsigned packets = x.rows * row_packets;
  Launch(queue, kernel, (packets + kThreads - 1) / kThreads, kThreads, 0, buffers,
         FloatRows{static_cast<float*>(x.data), x.stride},
         FloatRows{static_cast<float*>(partial.data), partial.stride}, x.rows, x.columns);
}

}  // namespace

void PeerSums::Sum(const Queue& queue, Matrix x, Matrix partial, DType wire) {
  LANTERN_CHECK(x.type == Real::kF32 && partial.type == Real::kF32);
  LANTERN_CHECK(x.rows == partial.rows && x.columns == partial.columns);
  LANTERN_CHECK(Fits(x.rows, x.columns));
  if (x.rows == 0 || x.columns == 0) return;  // a sum without packets would break the proof above
  const PeerBuffers buffers = Buffers();
  switch (wire) {
    case DType::kBF16:
      return LaunchSum<DType::kBF16>(queue, buffers, x, partial);
    case DType::kF16:
      return LaunchSum<DType::kF16>(queue, buffers, x, partial);
    default:
      LANTERN_CHECK(wire == DType::kF32);
  }
  LaunchSum<DType::kF32>(queue, buffers, x, partial);
}

}  // namespace lantern::cuda

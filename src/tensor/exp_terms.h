// The numbers that define our exponential, shared by the scalar form (own_math.cc) and the kernels'
// vector form. No includes: kernels are compiled once per instruction set.
//
// exp(x) = 2^n * exp(r), n = round(x / ln 2), r = x - n ln 2 in two parts, exp(r) by its Taylor
// series to r^7 (remainder below 1e-8 for |r| <= ln 2 / 2). Every product and sum rounds to f32.
#pragma once

namespace lantern::exp_terms {

inline constexpr float kOverflow = 88.7228317f;  // largest x whose exponential is finite
inline constexpr float kUnderflow = -87.3f;      // below it 0, so that no result is subnormal
inline constexpr float kLog2E = 1.44269504f;     // 1 / ln 2
inline constexpr float kRound = 12582912.0f;     // 1.5 * 2^23: adding it rounds to an integer
inline constexpr unsigned kRoundBits = 0x4b400000u;
inline constexpr float kLn2High = 0x1.62ep-1f;     // 12 bits, so that n * kLn2High is exact
inline constexpr float kLn2Low = 0x1.0bfbe8p-15f;  // ln 2 - kLn2High
inline constexpr int kTaylorCount = 6;
inline constexpr float kTaylor[kTaylorCount] = {1.0f / 5040, 1.0f / 720, 1.0f / 120,
                                                1.0f / 24,   1.0f / 6,   1.0f / 2};

}  // namespace lantern::exp_terms

// Our own elementary functions: defined by their operations, so that every machine and every C
// library gives the same bits. Rope tables, softmax, SiLU and sampling use these and never libm's.
#pragma once

namespace lantern {

// e^x, at most 2 ulp off. +inf above 88.7228, 0 below -87.3 (no result is subnormal), NaN for NaN.
// The kernels' vector form gives the same bits.
float OwnExp(float x);

// ln x, correctly rounded but for rare ties. -inf for 0, NaN for negative numbers and NaN.
float OwnLog(float x);

// In double precision. Sine and cosine: absolute error below 1e-15 for |x| <= 1e6; NaN beyond 2^30.
double OwnSin(double x);
double OwnCos(double x);

// base^exponent for base > 0 (else NaN): relative error below 3e-16 * (2 + |exponent * ln base|).
// 0 below 2^-1022, infinity above the largest double.
double OwnPow(double base, double exponent);

}  // namespace lantern

// A row of `lantern bench`: what was measured of one load in one session, as the JSON that other
// programs read.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "src/apps/throughput.h"

namespace lantern {

// What was measured, and beside it what this machine could read.
struct Measured {
  std::vector<Sample> samples;
  std::vector<double> read_gbps;  // of this machine, just then
};

// Threads of rank 0; every rank has as many where all are on this machine.
int ThreadsOf(Session& session);

// GB/s at which this machine's threads read the weights and compute nothing. A rank that is alone
// reads its own; several share the machine's memory, so all their threads read at once. GPUs have
// memory of their own: every rank is taken to read its weights in the time that rank 0 takes.
double ReadBandwidth(Session& session);

// `reduce`: how partial sums travelled. REQUIRES: at least one sample. Of the time that rank 0
// spent in messages, `wire` is what its sums take between ranks that come at the same time, as
// measured at the start; `wait` is the rest: other ranks were not there yet, or nothing was to be
// done.
nlohmann::ordered_json BenchRow(const Load& load, const Measured& measured,
                                const std::string& reduce, Session& session);

}  // namespace lantern

// Self: what a rank says of itself to the others, leader and worker alike.
#pragma once

#include <functional>
#include <string>

#include "backends/backend_concept.h"
#include "net/control/control_plane.h"
#include "net/gloo_comm.h"

namespace lantern {

// The address under which the others reach this machine: `wanted`, else the one that packets to
// `leader` (HOST:PORT of its control socket) leave from.
std::string DataAddress(const std::string& wanted, const std::string& leader);

// This machine's read bandwidth, GB/s, the same from start to start: see SteadyReadBandwidth.
double KnownReadBandwidth();

// `wanted_rank`: -1 for any.
Join DescribeSelf(int wanted_rank, const std::string& isa, const std::string& data_address,
                  double read_gbps, const DeviceOptions& device);

// `endpoint`: the leader's.
GlooOptions Connection(int rank, int size, const std::string& data_address,
                       const std::string& endpoint, const std::string& epoch, Verdict verdict,
                       SharedKey key);

// "3 connections of strangers were turned away."
std::string StrangersText(int64_t count);

// Says a line when it changes.
WaitProgress Changes(std::function<void(const std::string&)> say);

}  // namespace lantern

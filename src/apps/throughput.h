// One measured pass of a load through the engine, as often as asked: what `lantern bench` repeats.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/engine/session.h"

namespace lantern {

// `sequences` at once, alike: each has `depth` tokens in the cache, reads `prompt` more and
// generates `generate`. Either of the two is 0.
struct Load {
  int prompt = 0, generate = 0;
  int depth = 0, sequences = 1;

  std::string Name() const;  // "pp512", "tg128", "tg128@4096", "tg32x16"
  int tokens() const { return sequences * (generate > 0 ? generate : prompt); }
  // Of one sequence, with what the choice of a last token needs.
  int context() const { return depth + prompt + generate + 2; }
};

struct Sample {
  double seconds = 0, wire_s = 0, wait_s = 0;
  uint64_t sent_bytes = 0, received_bytes = 0;  // by rank 0
  std::string hash;                             // of one sequence; all have the same
};

class Throughput {
 public:
  // `session` must outlive it.
  Throughput(Session& session, const Load& load) : session_(session), load_(load) {}
  ~Throughput();
  Throughput(const Throughput&) = delete;
  Throughput& operator=(const Throughput&) = delete;

  // A pass that nobody measures: warm caches, and the tokens of `depth` read.
  // Both: false or nullopt when Ctrl-C ended it. Throw Error{kIo} where sequences differ.
  bool WarmUp();
  std::optional<Sample> Measure();

 private:
  std::optional<Sample> Run(int prompt, int generate);
  void Mark();  // counters are read from here on
  std::shared_ptr<Sequence> Submit(size_t index, int prompt, int generate);

  Session& session_;
  const Load load_;
  StepTimes times_before_;
  WireCounters wire_before_;
  // With a depth: the last pass's sequences, whose cached tokens the next pass goes on from.
  std::vector<std::shared_ptr<Sequence>> kept_;
};

}  // namespace lantern

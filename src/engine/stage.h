// Stage: one rank's part of every step. The leader leads it, all others follow; both run the same
// code from Execute down.
#pragma once

#include <memory>
#include <vector>

#include "models/model.h"
#include "net/mesh.h"
#include "src/engine/step_plan.h"

namespace lantern {

struct StageOptions {
  DType kv_type = DType::kF32;
  int kv_blocks = 0;
  int context = 0;      // most positions of a sequence
  int step_tokens = 0;  // most tokens of a step
  int logit_rows = 0;   // most rows of a step
  ReducerOptions reduce = {};
  Core core = {};  // where the thread that runs the steps computes; empty: anywhere
};

// Seconds of the leader's steps, by where they went.
struct StepTimes {
  double wire_s = 0;  // in sums and hand-overs: the wire, and ranks that were not there yet
  double wait_s = 0;  // waiting for the last stage's answer
};

class Stage {
 public:
  // Loads this rank's weights. Everything referred to must outlive the stage, but not `loader`.
  Stage(Backend::Context& context, Mesh& mesh, const ModelPart& part, Loader& loader,
        const StageOptions& options);

  // Leader: hands the plan to its group, runs it, and collects the last stage's answers, one per
  // row of the plan, joined over the vocabulary.
  void Lead(const StepPlan& plan, LogitsRows& rows);
  // Leader: ends all followers' loops.
  void Stop();

  // Follower: waits for the next plan and runs it. False after the leader's Stop.
  bool Follow();

  const StepTimes& times() const { return times_; }
  const Reducer& sums() const { return sums_; }

 private:
  void Execute(const StepPlan& plan, std::span<const std::byte> encoded);
  void RunModel(const StepPlan& plan, bool hand_over);
  void AnswerRows(const StepPlan& plan);
  int Neighbour(int stages) const;  // the rank at the same place, so many stages on

  Backend::Context& context_;
  Mesh& mesh_;
  const bool first_, last_;
  const int first_id_;  // of this rank's vocabulary
  const Core core_;
  KvCache kv_;
  Activations act_;
  Reducer sums_;
  std::unique_ptr<Model> model_;
  StepTimes times_;

  // Of the step under way; their memory serves the next.
  StepPlan plan_;                             // a follower's
  std::vector<std::byte> message_;            // the plan, then a follower's answer
  std::vector<std::span<const int>> blocks_;  // per sequence
  std::vector<Candidate> weighed_;
  LogitsRows answer_;              // of this rank, in the last stage
  std::vector<LogitsRows> ranks_;  // at the leader: of the last stage's ranks
};

}  // namespace lantern

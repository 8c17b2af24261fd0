// Stage: one rank's part of every step. The leader leads it, all others follow; both run the same
// code from Execute down. Several steps may be in flight, in different stages: what a step hands
// over travels from memory of its own while this rank runs the next. A stage alone whose ranks
// compute on devices, and sum there, only queues its steps, and they are in flight there: each ends
// when the leader collects it, on all ranks.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "models/model.h"
#include "net/device_link.h"
#include "net/mesh.h"
#include "net/messages.h"
#include "src/engine/residual_check.h"
#include "src/engine/step_plan.h"

namespace lantern {

struct StageOptions {
  DType kv_type = DType::kF32;
  int kv_blocks = 0;
  int context = 0;      // most positions of a sequence
  int step_tokens = 0;  // most tokens of a step
  int logit_rows = 0;   // most rows of a step
  int in_flight = 1;    // most steps begun and not collected
  // For tests of how ranks queue steps: on the processor, where a step runs at once, too.
  bool queues_on_host = false;
  ReducerOptions reduce = {};
  Core core = {};  // where the thread that runs the steps computes; empty: anywhere
};

// Seconds of the leader's steps, by where they went.
struct StepTimes {
  double wire_s = 0;  // in sums and hand-overs: the wire, and ranks that were not there yet
  double wait_s = 0;  // waiting for the last stage's answer, with no step left to begin
};

class Stage {
 public:
  // Loads this rank's weights. Everything referred to must outlive the stage, but not `loader`.
  Stage(Backend::Context& context, Mesh& mesh, const ModelPart& part, Loader& loader,
        const StageOptions& options);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // Finds out which ranks sum and hand over from GPU to GPU; all ranks do so once all have loaded,
  // as they wait for each other. The first of the following does it where nobody has.
  void Connect();

  // Leader: hands the plan to its group, runs its own part, and starts the hand-over. The slot's
  // logits stay at the last stage until the next forward step in it.
  // REQUIRES: what was begun in this slot before has been collected.
  void Begin(const StepPlan& plan);
  // Leader: waits for the answers of the oldest step begun and not collected, `plan`: one per row
  // of it, joined over the vocabulary.
  void Collect(const StepPlan& plan, LogitsRows& rows);
  // Leader: waits for the steps in flight and drops their answers, then ends all followers' loops.
  void Stop();

  // Follower: waits for the next plan and runs it. False after the leader's Stop.
  bool Follow();

  // Once connected: whether steps are queued on devices, which guess the tokens of the next then.
  bool queues() const { return queues_; }
  const StepTimes& times() const { return times_; }
  const Reducer& sums() const { return sums_; }
  // So far, of this rank: those of which two devices divided the rows.
  int divided_steps() const { return divided_steps_; }
  // Why sums go on in f32, in whatever stage that began, as far as this rank has heard: the leader
  // with the answer of that step, and all others with a plan. Its rank is the world's.
  const Fallback& fallback() const { return fallback_; }

 private:
  // What a step sends: the communicator's until the ticket has been waited for.
  struct Slot {
    std::vector<std::byte> message;  // the plan for the next stage, or the last stage's answer
    Frame frame{};
    std::optional<Communicator::Ticket> sent;
    std::vector<float> hidden;  // the hidden state on its way from a device over the host
    StepPlan plan;              // a follower's, where it is queued, until it is collected
  };

  bool MayQueue() const;
  void Tell(const StepPlan& plan);
  void BeginStep(const StepPlan& plan);
  void CollectRanks(const StepPlan& plan);
  void CollectQueued(const StepPlan& plan);
  void EndQueued(const StepPlan& plan);
  void FollowStep();
  void Execute(const StepPlan& plan);
  void ConnectDevices();
  void ReceiveHidden(Slot& slot);
  std::span<float> HiddenOnHost(Slot& slot);
  void HandOver(const StepPlan& plan);
  void Send(Slot& slot, int to, std::span<const std::byte> data);
  void RunModel(const StepPlan& plan);
  Run MakeRun(const StepPlan& plan);
  void Ask(const ReusedList<RowRequest>& rows, LogitsWanted& wanted);
  ResidualLook WaitForModel(const StepPlan& plan);
  void EndModel(const StepPlan& plan);
  [[noreturn]] void FailAtLayer(const StepPlan& plan, ResidualLook seen);
  void TellFallback(const StepPlan& plan);
  void AnswerRows(const StepPlan& plan);
  void SendAnswer(Slot& slot);
  void ExpectAnswers();
  void Settle(int slot);
  bool Unsettled() const;
  void Abandon(const std::string& why);
  template <class Body>
  void Guarded(const Body& body);
  int LastStageRank(int t) const;  // by tp rank
  bool AnswersHere(int t) const { return LastStageRank(t) == mesh_.rank; }
  int Neighbour(int stages) const;  // the rank at the same place, so many stages on

  Backend::Context& context_;
  Mesh& mesh_;
  const bool first_, last_;
  const VocabularyPart vocabulary_;  // this rank's
  const Core core_;
  const int step_tokens_;
  const bool queues_on_host_;
  bool queues_ = false;  // all ranks alike
  KvCache kv_;
  Activations act_;
  Reducer sums_;
  std::unique_ptr<DeviceSums> device_sums_;  // null: sums_ computes them
  int device_steps_ = 0;                     // that hold such sums and were not waited for
  int divided_steps_ = 0;
  bool connected_ = false;
  std::unique_ptr<DeviceLink> link_before_, link_behind_;  // null: all goes over the host
  Fallback fallback_;
  ResidualCheck residual_;
  std::unique_ptr<Model> model_;
  StepTimes times_;

  std::vector<Slot> slots_;                 // by StepPlan::slot
  MessageReceiver plans_;                   // from the stage before
  std::vector<MessageReceiver> answering_;  // at the leader: by tp rank of the last stage
  int begun_ = 0;                           // at the leader: steps not collected

  // Of the step under way; their memory serves the next.
  StepPlan plan_;                             // a follower's
  StepPlan collect_;                          // a leader's
  std::vector<std::byte> message_;            // the plan, or an answer that came
  std::vector<std::span<const int>> blocks_;  // per sequence
  std::vector<ChoiceRule> rules_;             // per row, on a device
  std::vector<Candidate> weighed_;
  std::vector<float> logits_row_;  // on the host, where it is computed on a device
  LogitsRows answer_;              // of this rank, in the last stage
  std::vector<LogitsRows> ranks_;  // at the leader: of the last stage's ranks
};

}  // namespace lantern

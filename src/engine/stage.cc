#include "src/engine/stage.h"

#include <chrono>

#include "net/collectives.h"
#include "src/base/check.h"
#include "src/engine/step_codec.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

Stage::Stage(Backend::Context& context, Mesh& mesh, const ModelPart& part, Loader& loader,
             const StageOptions& options)
    : context_(context),
      mesh_(mesh),
      first_(part.first_stage),
      last_(part.last_stage),
      first_id_(part.head.row.begin),
      core_(options.core),
      kv_(context, options.kv_type, options.kv_blocks, part.config.head_dim, part.KvHeads()),
      act_(context, part.Activations(options.step_tokens, options.logit_rows)),
      sums_(*mesh.tp, options.reduce) {
  model_ = LoadModel(part, loader, options.context);
  plan_.batch.blocks.reserve(options.kv_blocks);  // tables grow step by step
}

int Stage::Neighbour(int stages) const {
  return mesh_.plan.RankOf(mesh_.stage + stages, mesh_.tp_rank);
}

void Stage::Lead(const StepPlan& plan, LogitsRows& rows) {
  LANTERN_CHECK_EQ(mesh_.rank, 0);
  Encode(plan, message_);
  const double wire_before = mesh_.world->counters().seconds;
  BroadcastMessage(*mesh_.tp, message_, 0, Patience::kStep);
  Execute(plan, message_);
  times_.wire_s += mesh_.world->counters().seconds - wire_before;

  const auto waiting = Clock::now();
  ranks_.resize(mesh_.plan.tp);
  for (int t = 0; t < mesh_.plan.tp && plan.kind != StepPlan::kStop; ++t) {
    const int from = mesh_.plan.RankOf(mesh_.plan.pp - 1, t);
    if (from == 0) {
      std::swap(ranks_[t], answer_);
    } else {
      ReceiveMessage(*mesh_.world, from, Patience::kIdle, message_);
      Decode(message_, ranks_[t]);
    }
  }
  times_.wait_s += SecondsSince(waiting);

  rows.clear();
  for (size_t i = 0; i < plan.rows.size(); ++i) JoinVocabulary(ranks_, i, rows.Add());
}

void Stage::Stop() {
  StepPlan plan;
  plan.kind = StepPlan::kStop;
  LogitsRows none;
  Lead(plan, none);
}

bool Stage::Follow() {
  if (first_) {
    BroadcastMessage(*mesh_.tp, message_, 0, Patience::kIdle);
  } else {
    ReceiveMessage(*mesh_.world, Neighbour(-1), Patience::kIdle, message_);
  }
  Decode(message_, plan_);
  Execute(plan_, message_);
  if (last_ && plan_.kind != StepPlan::kStop) {
    Encode(answer_, message_);
    SendMessage(*mesh_.world, 0, message_);
  }
  return plan_.kind != StepPlan::kStop;
}

// The plan travels in front of the hidden state, so that nothing needs to be put in order later.
void Stage::Execute(const StepPlan& plan, std::span<const std::byte> encoded) {
  // For the step only: this is the main thread, whose mask all that it starts would inherit.
  const OnCore bound(core_);
  const bool forward = plan.kind == StepPlan::kForward;
  if (forward) act_.Resize(plan.batch.tokens());
  const auto hidden = [&] {
    return std::as_writable_bytes(Backend::HostSpan(context_, act_.x, {}));
  };
  if (forward && !first_) mesh_.world->Receive(Neighbour(-1), hidden(), Patience::kIdle);
  if (forward) RunModel(plan, !last_);
  if (!last_) {
    SendMessage(*mesh_.world, Neighbour(+1), encoded);
    if (forward) mesh_.world->Send(Neighbour(+1), hidden());
  } else if (plan.kind != StepPlan::kStop) {
    AnswerRows(plan);
  }
}

void Stage::RunModel(const StepPlan& plan, bool hand_over) {
  const Batch& batch = plan.batch;
  blocks_.clear();
  int begin = 0;
  for (const int end : batch.blocks_end) {
    LANTERN_CHECK(begin <= end && end <= static_cast<int>(batch.blocks.size()));
    blocks_.push_back(std::span(batch.blocks).subspan(begin, end - begin));
    begin = end;
  }
  Run run{context_, sums_, kv_, act_, batch, {batch.position, batch.sequence, blocks_}};
  sums_.BeginStep();
  model_->Forward(run);
  if (!hand_over && !batch.logits_at.empty()) model_->Logits(run);
}

void Stage::AnswerRows(const StepPlan& plan) {
  answer_.clear();
  for (size_t i = 0; i < plan.rows.size(); ++i) {
    const Tensor row = act_.logits.Rows(static_cast<int>(i), static_cast<int>(i) + 1);
    AnswerRow(Backend::HostSpan(context_, row, {}), first_id_, plan.rows[i], weighed_,
              answer_.Add());
  }
}

}  // namespace lantern

#include "src/engine/stage.h"

#include <chrono>

#include "net/collectives.h"
#include "src/base/check.h"

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
      kv_(context, options.kv_type, options.kv_blocks, part.config.head_dim, part.KvHeads()),
      act_(context, part.Activations(options.step_tokens, options.logit_rows)) {
  model_ = LoadModel(part, loader, options.context);
}

int Stage::Neighbour(int stages) const {
  return mesh_.plan.RankOf(mesh_.stage + stages, mesh_.tp_rank);
}

std::vector<LogitsRow> Stage::Lead(const StepPlan& plan) {
  LANTERN_CHECK_EQ(mesh_.rank, 0);
  std::vector<std::byte> encoded = Encode(plan);
  const double wire_before = mesh_.world->counters().seconds;
  BroadcastMessage(*mesh_.tp, encoded, 0, Patience::kStep);
  Execute(plan, encoded);
  times_.wire_s += mesh_.world->counters().seconds - wire_before;

  const auto waiting = Clock::now();
  std::vector<std::vector<LogitsRow>> ranks;
  for (int t = 0; t < mesh_.plan.tp && plan.kind != StepPlan::kStop; ++t) {
    const int from = mesh_.plan.RankOf(mesh_.plan.pp - 1, t);
    ranks.push_back(from == 0 ? std::move(answer_)
                              : DecodeRows(ReceiveMessage(*mesh_.world, from, Patience::kIdle)));
  }
  times_.wait_s += SecondsSince(waiting);

  std::vector<LogitsRow> rows;
  for (size_t i = 0; i < plan.rows.size(); ++i) {
    std::vector<LogitsRow> parts;
    for (auto& rank : ranks) parts.push_back(std::move(rank.at(i)));
    rows.push_back(JoinVocabulary(parts));
  }
  return rows;
}

void Stage::Stop() {
  StepPlan plan;
  plan.kind = StepPlan::kStop;
  Lead(plan);
}

bool Stage::Follow() {
  std::vector<std::byte> encoded;
  if (first_) {
    BroadcastMessage(*mesh_.tp, encoded, 0, Patience::kIdle);
  } else {
    encoded = ReceiveMessage(*mesh_.world, Neighbour(-1), Patience::kIdle);
  }
  const StepPlan plan = DecodePlan(encoded);
  Execute(plan, encoded);
  if (last_ && plan.kind != StepPlan::kStop) SendMessage(*mesh_.world, 0, Encode(answer_));
  return plan.kind != StepPlan::kStop;
}

// The plan travels in front of the hidden state, so that nothing needs to be put in order later.
void Stage::Execute(const StepPlan& plan, std::span<const std::byte> encoded) {
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
    answer_ = AnswerRows(plan);
  }
}

void Stage::RunModel(const StepPlan& plan, bool hand_over) {
  const Batch& batch = plan.batch;
  std::vector<std::span<const int>> blocks(batch.blocks.begin(), batch.blocks.end());
  Run run{context_, *mesh_.tp, kv_, act_, batch, {batch.position, batch.sequence, blocks}};
  model_->Forward(run);
  if (!hand_over && !batch.logits_at.empty()) model_->Logits(run);
}

std::vector<LogitsRow> Stage::AnswerRows(const StepPlan& plan) {
  std::vector<LogitsRow> answers;
  for (size_t i = 0; i < plan.rows.size(); ++i) {
    const Tensor row = act_.logits.Rows(static_cast<int>(i), static_cast<int>(i) + 1);
    answers.push_back(AnswerRow(Backend::HostSpan(context_, row, {}), first_id_, plan.rows[i]));
  }
  return answers;
}

}  // namespace lantern

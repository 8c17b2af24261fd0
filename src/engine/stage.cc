#include "src/engine/stage.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "net/group_comm.h"
#include "src/base/check.h"
#include "src/base/error.h"
#include "src/engine/step_codec.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Small hidden states are there sooner over the host, as it takes NCCL longer to begin: two H100,
// 8B in Q4_0, one token of 16 KB 418 tokens/s over the host and 404 by the link; a prompt's 8 MB
// 23,000 and 37,400. Both ends say the same.
bool IsWorthALink(Tensor x) {
  constexpr size_t kLeastBytes = size_t{1} << 20;
  return sizeof(float) * x.rows * x.cols >= kLeastBytes;
}

}  // namespace

Stage::Stage(Backend::Context& context, Mesh& mesh, const ModelPart& part, Loader& loader,
             const StageOptions& options)
    : context_(context),
      mesh_(mesh),
      first_(part.first_stage),
      last_(part.last_stage),
      vocabulary_{mesh.tp_rank, mesh.tp->size(), part.head.row.begin, part.config.vocab},
      core_(options.core),
      step_tokens_(options.step_tokens),
      queues_on_host_(options.queues_on_host),
      kv_(context, options.kv_type, options.kv_blocks, part.config.head_dim, part.KvHeads()),
      act_(context, part.Activations(options.step_tokens, options.logit_rows, options.in_flight)),
      sums_(*mesh.tp, options.reduce),
      residual_(*mesh.tp, part.first_layer, static_cast<int>(part.layers.size())) {
  model_ = LoadModel(part, loader, options.context);
  plan_.batch.blocks.reserve(options.kv_blocks);  // tables grow step by step
  const size_t blocks = sizeof(int) * options.kv_blocks;
  message_.reserve(blocks + kFrameBytes);
  slots_.resize(options.in_flight);
  for (Slot& slot : slots_) slot.message.reserve(blocks + kFrameBytes);
  ranks_.resize(mesh.plan.tp);
  answering_.resize(mesh.plan.tp);
}

Stage::~Stage() {
  if (Unsettled()) Abandon("This rank ended before the others did.");
}

bool Stage::Unsettled() const {
  const auto sends = [](const Slot& slot) { return slot.sent.has_value(); };
  const auto expects = [](const MessageReceiver& receiver) { return receiver.started(); };
  return sums_.unsettled() || device_steps_ > 0 || plans_.started() || residual_.started() ||
         std::any_of(slots_.begin(), slots_.end(), sends) ||
         std::any_of(answering_.begin(), answering_.end(), expects);
}

// The group is over, and messages may be under way in memory that is about to go: a wait that fails
// ends all of them. What devices do together ends with the Abort.
void Stage::Abandon(const std::string& why) {
  mesh_.world->Abort(why);
  try {
    mesh_.world->Exchange({}, {}, Patience::kStep);
  } catch (const Error&) {
    // That is what it was for.
  }
  for (Slot& slot : slots_) slot.sent.reset();
  sums_.Forget();
  device_steps_ = 0;
  plans_.Forget();
  residual_.Forget();
  for (MessageReceiver& receiver : answering_) receiver.Forget();
  begun_ = 0;
}

template <class Body>
void Stage::Guarded(const Body& body) {
  try {
    body();
  } catch (const Error& e) {
    // After any other error, too, where messages are under way that nobody will wait for.
    if (e.kind() == ErrorKind::kPeerLost || Unsettled()) Abandon(e.what());
    throw;
  }
}

int Stage::LastStageRank(int t) const { return mesh_.plan.RankOf(mesh_.plan.pp - 1, t); }

int Stage::Neighbour(int stages) const {
  return mesh_.plan.RankOf(mesh_.stage + stages, mesh_.tp_rank);
}

void Stage::Connect() {
  Guarded([&] { ConnectDevices(); });
}

// Links that begin at an even stage first: every rank has one at most then, and one after that, so
// all are made in the time of two.
void Stage::ConnectDevices() {
  if (std::exchange(connected_, true)) return;
  device_sums_ = MakeDeviceSums(context_, *mesh_.tp, sums_.asked(), act_.x.cols, step_tokens_);
  queues_ = MayQueue();
  for (const int first : {0, 1}) {
    const bool behind = mesh_.stage % 2 == first;
    if (behind ? last_ : first_) continue;
    const int from = behind ? mesh_.rank : Neighbour(-1), to = behind ? Neighbour(+1) : mesh_.rank;
    (behind ? link_behind_ : link_before_) = MakeDeviceLink(
        context_, MakeGroup(mesh_.world, {from, to}), static_cast<int>(slots_.size()));
  }
}

// What it asks the ranks of the stage have agreed on, so that they agree on this. Where a rank
// would wait for others in the middle of a step, its host could not go ahead.
bool Stage::MayQueue() const {
  const bool may_here = !Backend::OnHost(context_) || queues_on_host_;
  if (!may_here || !first_ || !last_) return false;
  if (mesh_.tp->size() == 1) return true;
  // One at a time spares the messages that collect them. And all must guess the same.
  const bool by_devices = device_sums_ && device_sums_->Repeats(1) && device_sums_->Alike();
  return slots_.size() > 1 && (queues_on_host_ || by_devices);
}

void Stage::Begin(const StepPlan& plan) {
  LANTERN_CHECK_EQ(mesh_.rank, 0);
  Guarded([&] { BeginStep(plan); });
}

void Stage::BeginStep(const StepPlan& plan) {
  ConnectDevices();
  const double wire_before = mesh_.world->counters().seconds;
  Tell(plan);
  Execute(plan);
  times_.wire_s += mesh_.world->counters().seconds - wire_before;
  if (plan.kind != StepPlan::kStop && begun_++ == 0 && !queues_) ExpectAnswers();
}

void Stage::Tell(const StepPlan& plan) {
  Encode(plan, fallback_, message_);
  BroadcastMessage(*mesh_.tp, message_, 0, Patience::kStep);
}

// Of one step at a time: the length of an answer shows in its first frame only.
void Stage::ExpectAnswers() {
  for (int t = 0; t < mesh_.plan.tp; ++t) {
    if (!AnswersHere(t)) answering_[t].Start(*mesh_.world, LastStageRank(t));
  }
}

void Stage::Collect(const StepPlan& plan, LogitsRows& rows) {
  LANTERN_CHECK_LT(0, begun_);
  const auto waiting = Clock::now();
  Guarded([&] { CollectRanks(plan); });
  if (!queues_) times_.wait_s += SecondsSince(waiting);
  rows.clear();
  for (size_t i = 0; i < ranks_[0].size(); ++i) JoinVocabulary(ranks_, i, rows.Add());
}

void Stage::CollectRanks(const StepPlan& plan) {
  Fallback heard;
  if (queues_) CollectQueued(plan);
  for (int t = 0; t < mesh_.plan.tp; ++t) {
    if (AnswersHere(t)) {
      std::swap(ranks_[t], answer_);
    } else {
      answering_[t].Finish(*mesh_.world, LastStageRank(t), Patience::kIdle, message_);
      Decode(message_, ranks_[t], heard);
    }
  }
  if (!fallback_) fallback_ = heard;  // the next plan tells the others
  --begun_;
  if (begun_ == 0) residual_.Settle();  // all have ended the step
  if (begun_ > 0 && !queues_) ExpectAnswers();
}

// All ranks end a step at the same place among their messages: behind the plans that came before.
// So hashes and answers go in one order everywhere, however far a device is.
void Stage::CollectQueued(const StepPlan& plan) {
  if (mesh_.tp->size() > 1) {
    collect_.kind = StepPlan::kCollect;
    collect_.step = plan.step;
    collect_.slot = plan.slot;
    Tell(collect_);
  }
  EndQueued(plan);
  ExpectAnswers();  // behind the hashes
}

void Stage::EndQueued(const StepPlan& plan) {
  act_.Use(plan.slot);
  if (plan.kind == StepPlan::kForward) EndModel(plan);
  AnswerRows(plan);
}

void Stage::Stop() {
  LogitsRows dropped;
  StepPlan plan;
  plan.kind = StepPlan::kRows;  // of none
  if (queues_) begun_ = 0;      // nobody answers what is not collected
  while (begun_ > 0) Collect(plan, dropped);
  plan.kind = StepPlan::kStop;
  Begin(plan);
}

bool Stage::Follow() {
  Guarded([&] { FollowStep(); });
  return plan_.kind != StepPlan::kStop;
}

void Stage::FollowStep() {
  ConnectDevices();
  if (first_) {
    BroadcastMessage(*mesh_.tp, message_, 0, Patience::kIdle);
  } else {
    plans_.Start(*mesh_.world, Neighbour(-1));
    plans_.Finish(*mesh_.world, Neighbour(-1), Patience::kIdle, message_);
  }
  Fallback heard;
  Decode(message_, plan_, heard);
  if (!fallback_) fallback_ = heard;
  LANTERN_CHECK(0 <= plan_.slot && plan_.slot < static_cast<int>(slots_.size()));
  Slot& slot = slots_[plan_.slot];
  if (plan_.kind == StepPlan::kCollect) {
    EndQueued(slot.plan);
    return SendAnswer(slot);
  }
  Execute(plan_);
  if (queues_ && plan_.kind != StepPlan::kStop) std::swap(slot.plan, plan_);
}

// `message_` holds the plan. It travels in front of the hidden state, so that nothing needs to be
// put in order later.
void Stage::Execute(const StepPlan& plan) {
  // For the step only: this is the main thread, whose mask all that it starts would inherit.
  const OnCore bound(core_);
  LANTERN_CHECK(0 <= plan.slot && plan.slot < static_cast<int>(slots_.size()));
  Slot& slot = slots_[plan.slot];
  Settle(plan.slot);
  act_.Use(plan.slot);
  const bool forward = plan.kind == StepPlan::kForward, stop = plan.kind == StepPlan::kStop;
  if (forward) act_.Select(0, plan.batch.tokens());
  if (forward && !first_) ReceiveHidden(slot);
  if (fallback_) sums_.FallBack(fallback_);  // in this step on all ranks that have its plan
  if (forward) RunModel(plan);
  if (!fallback_ && sums_.fallback()) TellFallback(plan);
  if (!last_) {
    HandOver(plan);
  } else if (!stop && !queues_) {
    AnswerRows(plan);
    if (mesh_.rank != 0) SendAnswer(slot);
  }
  if (!stop) return;
  // All ranks have queued the same steps, so these end by themselves.
  if (std::exchange(device_steps_, 0) > 0) device_sums_->Wait();
  residual_.Settle();
  for (int each = 0; each < static_cast<int>(slots_.size()); ++each) Settle(each);
}

// The next plan may come while this step is computed.
void Stage::ReceiveHidden(Slot& slot) {
  if (link_before_ && IsWorthALink(act_.x)) {
    plans_.Start(*mesh_.world, Neighbour(-1));
    link_before_->Receive(act_.x);
    return;
  }
  const std::span<float> memory = HiddenOnHost(slot);
  const IncomingMessage hidden{Neighbour(-1), std::as_writable_bytes(memory)};
  const Communicator::Ticket ticket = mesh_.world->Start({}, {&hidden, 1});
  plans_.Start(*mesh_.world, Neighbour(-1));
  mesh_.world->Wait(ticket, Patience::kIdle);
  Backend::Upload(context_, act_.x, memory);
}

// Where the hidden state of the step under way travels from and to: its own memory, if it can.
std::span<float> Stage::HiddenOnHost(Slot& slot) {
  if (Backend::OnHost(context_)) return Backend::HostSpan(context_, act_.x, {});
  slot.hidden.resize(static_cast<size_t>(act_.x.rows) * act_.x.cols);
  return slot.hidden;
}

// By a link, the plan first: the other end gets ready meanwhile.
void Stage::HandOver(const StepPlan& plan) {
  Slot& slot = slots_[plan.slot];
  std::swap(slot.message, message_);
  const bool forward = plan.kind == StepPlan::kForward;
  const bool by_link = forward && link_behind_ && IsWorthALink(act_.x);
  std::span<const float> hidden;
  if (forward && !by_link) hidden = Backend::HostSpan(context_, act_.x, HiddenOnHost(slot));
  Send(slot, Neighbour(+1), std::as_bytes(hidden));
  if (by_link) link_behind_->Send(act_.x, plan.slot);
}

void Stage::SendAnswer(Slot& slot) {
  Encode(answer_, fallback_, slot.message);
  Send(slot, 0, {});
}

// The slot's message, and data behind it; they travel while the next step is computed.
void Stage::Send(Slot& slot, int to, std::span<const std::byte> data) {
  slot.sent = StartMessage(*mesh_.world, to, slot.message, data, slot.frame);
}

// Waits until all that the slot's last step sent has left. No wait in truth: the leader begins
// nothing in a slot before the answer has come, which took all of that.
void Stage::Settle(int number) {
  Slot& slot = slots_[number];
  if (link_behind_) link_behind_->Settle(number);
  if (slot.sent) mesh_.world->Wait(*slot.sent, Patience::kStep);
  slot.sent.reset();
}

Run Stage::MakeRun(const StepPlan& plan) {
  const Batch& batch = plan.batch;
  blocks_.clear();
  int begin = 0;
  for (const int end : batch.blocks_end) {
    LANTERN_CHECK(begin <= end && end <= static_cast<int>(batch.blocks.size()));
    blocks_.push_back(std::span(batch.blocks).subspan(begin, end - begin));
    begin = end;
  }
  LogitsWanted wanted;
  wanted.vocabulary = vocabulary_;
  if (!Backend::OnHost(context_)) Ask(plan.rows, wanted);
  return Run(context_, sums_, device_sums_.get(), kv_, act_, batch, blocks_, wanted);
}

// What the device can tell of the rows.
void Stage::Ask(const ReusedList<RowRequest>& rows, LogitsWanted& wanted) {
  rules_.clear();
  for (const RowRequest& row : rows) {
    rules_.push_back(row.rule());
    wanted.top_logits = std::max(wanted.top_logits, row.top_logits());
    wanted.masses |= row.masses && row.can_be_seen();
  }
  wanted.rules = rules_;
  wanted.guesses = queues_;
}

void Stage::RunModel(const StepPlan& plan) {
  const Batch& batch = plan.batch;
  Run run = MakeRun(plan);
  sums_.BeginStep();
  // Where the host adds in the middle nothing can be replayed.
  const bool repeats = device_sums_ ? device_sums_->Repeats(batch.tokens()) : mesh_.tp->size() == 1;
  const auto step = [&] {
    model_->Forward(run);
    if (last_ && !batch.logits_at.empty()) model_->Logits(run);
  };
  if (device_sums_) ++device_steps_;
  if (run.divides_rows()) ++divided_steps_;
  // By reference, as a copy would be an allocation.
  Backend::RunStep(context_, run.view(), plan.slot, repeats, std::cref(step));
  if (!queues_) EndModel(plan);
}

ResidualLook Stage::WaitForModel(const StepPlan& plan) {
  if (device_sums_) {
    device_sums_->WaitForStep(plan.slot);
    --device_steps_;
  }
  return Backend::EndStep(context_, plan.slot);
}

void Stage::EndModel(const StepPlan& plan) {
  const ResidualLook seen = WaitForModel(plan);
  // Every rank of a stage holds the same residual stream, so all of them stop here together.
  if (seen.bad_layer != ResidualLook::kAllFinite) FailAtLayer(plan, seen);
  residual_.EndStep(seen.hashes);
}

// Some steps are looked at after the last layer only, by all ranks alike. Where their input is
// still there, as it is made here, they run again, with a look after every layer: that reads what
// it read before, and writes the same places.
void Stage::FailAtLayer(const StepPlan& plan, ResidualLook seen) {
  Run run = MakeRun(plan);
  const bool looked_at_each = run.LooksAfter(false) || Backend::OnHost(context_);
  seen.every_layer = looked_at_each;
  if (first_ && !looked_at_each) {
    run.finds_bad_layer = true;
    if (device_sums_) ++device_steps_;
    Backend::RunStep(context_, run.view(), plan.slot, false, [&] { model_->Forward(run); });
    const ResidualLook again = WaitForModel(plan);
    if (again.bad_layer != ResidualLook::kAllFinite) seen = again;
  }
  Fail(ErrorKind::kIo,
       "Layer {}{} gave a value that is not a number: the weights are damaged, or too large for "
       "their type{}.",
       seen.bad_layer, seen.every_layer ? "" : " or one before it",
       Backend::OperandType(context_) == DType::kF16
           ? ", or it computed more than f16 holds, which --compute bf16 does"
           : "");
}

// It happened here, to all ranks of this stage alike. Later stages hear of it with this plan.
void Stage::TellFallback(const StepPlan& plan) {
  fallback_ = sums_.fallback();
  fallback_.rank = mesh_.plan.RankOf(mesh_.stage, fallback_.rank);
  Encode(plan, fallback_, message_);
}

void Stage::AnswerRows(const StepPlan& plan) {
  answer_.clear();
  for (size_t i = 0; i < plan.rows.size(); ++i) {
    const int row = static_cast<int>(i);
    LogitsRow& answer = answer_.Add();
    const auto look = Backend::GetLogitsLook(context_, act_.logits, row);
    if (look && AnswerRow(*look, vocabulary_.first_id, plan.rows[i], answer)) continue;
    if (!Backend::OnHost(context_)) logits_row_.resize(act_.logits.cols);
    AnswerRow(Backend::HostSpan(context_, act_.logits.Rows(row, row + 1), logits_row_),
              vocabulary_.first_id, plan.rows[i], weighed_, answer);
  }
}

}  // namespace lantern

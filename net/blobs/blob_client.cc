#include "net/blobs/blob_client.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "net/blobs/blob_connection.h"
#include "net/blobs/blob_messages.h"
#include "src/base/error.h"

namespace lantern {

using blobs::BlobConnection;
using Clock = std::chrono::steady_clock;

namespace {

// Between two looks at the verdict and calls of progress.
constexpr std::chrono::milliseconds kPollInterval{100};

// Lists that are on their way at most; each may have up to kMaxBlobsPerTable records.
constexpr size_t kMaxListsAsked = 64;

// What has come without a further request is reported after so much, or the server would wait.
constexpr uint64_t kReportBytes = blobs::kMaxUnreceivedBytes / 4;

constexpr int kMaxDamaged = 3;

// A conversation that goes on over broken connections until all of it is done. What is asked and
// what becomes of the replies is the subclass's.
class Transfer {
 public:
  Transfer(zmq::context_t& context, const std::string& endpoint, const BlobClientOptions& options,
           const BlobProgress& progress)
      : endpoint_(endpoint), options_(options), context_(context), progress_(progress) {}
  virtual ~Transfer() = default;

  // Adds to `received` what comes.
  void Run(uint64_t& received);

 protected:
  virtual bool done() const = 0;
  virtual uint64_t done_units() const = 0;
  virtual uint64_t total_units() const = 0;
  // Sends what the window allows; `force`: also nothing, to report what was received.
  virtual void Ask(BlobConnection& connection, bool force) = 0;
  // What was asked for and has not come will not come.
  virtual void AskAllAgain() = 0;
  virtual void OnReply(const blobs::Header& header, std::span<const std::byte> payload) = 0;

  const std::string& endpoint_;
  const BlobClientOptions& options_;

 private:
  void Connect();
  void Step(uint64_t& received);
  void LookAround();
  void OnSilence();

  zmq::context_t& context_;
  const BlobProgress& progress_;
  std::optional<BlobConnection> connection_;
  Clock::time_point silent_since_;
  Clock::time_point next_look_;
  int silences_ = 0;
  uint64_t reported_ = 0;  // of this connection's bytes
};

void Transfer::Run(uint64_t& received) {
  silent_since_ = Clock::now();
  if (!done()) Connect();
  while (!done()) {
    LookAround();
    Step(received);
  }
  if (progress_) progress_(total_units(), total_units());
}

void Transfer::Connect() {
  AskAllAgain();
  connection_.emplace(context_, endpoint_, options_.key);
  reported_ = 0;
  Ask(*connection_, false);
}

void Transfer::Step(uint64_t& received) {
  const auto reply = connection_->Receive(kPollInterval);
  if (!reply) {
    if (connection_->replaced()) {
      Connect();
    } else if (Clock::now() - silent_since_ > options_.silence_limit) {
      OnSilence();
    }
    return;
  }
  silent_since_ = Clock::now();
  silences_ = 0;
  received += reply->bytes().size();
  if (const auto* refusal = std::get_if<blobs::Refusal>(&reply->header)) {
    Fail(ErrorKind::kIo, "Rank 0 ({}) cannot send its weights: {}", endpoint_, refusal->sentence);
  }
  OnReply(reply->header, reply->bytes());
  const bool report = connection_->received() - reported_ >= kReportBytes;
  Ask(*connection_, report);
  if (report) reported_ = connection_->received();
}

void Transfer::LookAround() {
  if (Clock::now() < next_look_) return;
  if (options_.verdict) {
    const auto reason = options_.verdict(std::chrono::milliseconds(0));
    if (reason) Fail(ErrorKind::kPeerLost, "{}", *reason);
  }
  if (progress_) progress_(done_units(), total_units());
  next_look_ = Clock::now() + kPollInterval;
}

void Transfer::OnSilence() {
  if (++silences_ >= options_.max_silences) {
    const auto limit = std::chrono::duration<double>(options_.silence_limit * silences_).count();
    Fail(ErrorKind::kPeerLost,
         "Rank 0 ({}) has sent no weights for {:.1f} s; see whether it runs and can be reached.",
         endpoint_, limit);
  }
  silent_since_ = Clock::now();
  Connect();
}

class ListTransfer : public Transfer {
 public:
  ListTransfer(zmq::context_t& context, const std::string& endpoint,
               const BlobClientOptions& options, const BlobProgress& progress,
               std::span<const uint32_t> tables)
      : Transfer(context, endpoint, options, progress), tables_(tables), lists_(tables.size()) {
    for (size_t i = 0; i < tables.size(); ++i) places_.emplace(tables[i], i);
  }
  std::vector<BlobList> TakeLists() { return std::move(lists_); }

 protected:
  bool done() const override { return places_.empty(); }
  uint64_t done_units() const override { return tables_.size() - places_.size(); }
  uint64_t total_units() const override { return tables_.size(); }

  void AskAllAgain() override {
    to_ask_.clear();
    for (const auto& [table, place] : places_) to_ask_.push_back(table);
  }

  void Ask(BlobConnection& connection, bool force) override {
    const size_t asked = places_.size() - to_ask_.size();
    const size_t count = std::min(to_ask_.size(), kMaxListsAsked - asked);
    if (count == 0 && !force) return;
    const std::vector<uint32_t> tables(to_ask_.begin(), to_ask_.begin() + count);
    to_ask_.erase(to_ask_.begin(), to_ask_.begin() + count);
    connection.Send(blobs::AskLists{connection.received()}, blobs::EncodeTables(tables));
  }

  void OnReply(const blobs::Header& header, std::span<const std::byte> payload) override {
    const auto* list = std::get_if<blobs::List>(&header);
    if (list == nullptr) return;  // Busy, or not for us
    const auto place = places_.find(list->table);
    if (place == places_.end()) return;
    lists_[place->second] = blobs::DecodeList(payload);
    places_.erase(place);
  }

 private:
  const std::span<const uint32_t> tables_;
  std::vector<BlobList> lists_;
  std::map<uint32_t, size_t> places_;  // of the tables that are missing, in lists_
  std::deque<uint32_t> to_ask_;        // of those, not asked for yet
};

class BlobTransfer : public Transfer {
 public:
  BlobTransfer(zmq::context_t& context, const std::string& endpoint,
               const BlobClientOptions& options, const BlobProgress& progress,
               std::span<const WantedBlob> wanted, const BlobSink& sink)
      : Transfer(context, endpoint, options, progress), sink_(sink) {
    for (const WantedBlob& blob : wanted) {
      to_ask_.push_back(blob);
      total_bytes_ += blob.info.size;
    }
  }

 protected:
  bool done() const override { return to_ask_.empty() && asked_.empty(); }
  uint64_t done_units() const override { return done_bytes_; }
  uint64_t total_units() const override { return total_bytes_; }

  void AskAllAgain() override {
    for (auto it = asked_.rbegin(); it != asked_.rend(); ++it) to_ask_.push_front(it->second);
    asked_.clear();
    asked_bytes_ = 0;
  }

  // Waits until a quarter of the window is free, so that small blobs are not asked for one by one.
  void Ask(BlobConnection& connection, bool force) override {
    std::vector<BlobId> ids;
    if (asked_bytes_ <= options_.window_bytes / 4 * 3 &&
        asked_.size() <= blobs::kMaxAsked / 4 * 3) {
      while (!to_ask_.empty() && FitsWindow(to_ask_.front())) ids.push_back(MarkAsked());
    }
    if (ids.empty() && !force) return;
    connection.Send(blobs::AskBlobs{connection.received()}, blobs::EncodeIds(ids));
  }

  void OnReply(const blobs::Header& header, std::span<const std::byte> payload) override {
    const auto* data = std::get_if<blobs::BlobData>(&header);
    if (data == nullptr) return;
    const auto it = asked_.find({data->table, data->index});
    if (it == asked_.end()) return;
    const WantedBlob blob = it->second;
    asked_.erase(it);
    asked_bytes_ -= blob.info.size;
    if (payload.size() != blob.info.size || BlobHash::Of(payload) != blob.info.hash) {
      return OnDamaged(blob);
    }
    sink_(blob.id, payload);
    done_bytes_ += blob.info.size;
  }

 private:
  bool FitsWindow(const WantedBlob& blob) const {
    if (asked_.empty()) return true;
    return asked_.size() < blobs::kMaxAsked &&
           asked_bytes_ + blob.info.size <= options_.window_bytes;
  }

  BlobId MarkAsked() {
    const WantedBlob blob = to_ask_.front();
    to_ask_.pop_front();
    asked_.emplace(blob.id, blob);
    asked_bytes_ += blob.info.size;
    return blob.id;
  }

  void OnDamaged(const WantedBlob& blob) {
    if (++damaged_[blob.id] >= kMaxDamaged) {
      Fail(ErrorKind::kIo,
           "Blob {} of table {} came from rank 0 ({}) {} times with other bytes than announced: "
           "restart rank 0, as its model file may have changed, or a memory is faulty.",
           blob.id.index, blob.id.table, endpoint_, kMaxDamaged);
    }
    to_ask_.push_front(blob);
  }

  const BlobSink& sink_;
  std::deque<WantedBlob> to_ask_;
  std::map<BlobId, WantedBlob> asked_;
  std::map<BlobId, int> damaged_;  // how often
  size_t asked_bytes_ = 0;
  uint64_t done_bytes_ = 0;
  uint64_t total_bytes_ = 0;
};

}  // namespace

BlobClient::BlobClient(const std::string& endpoint, BlobClientOptions options)
    : endpoint_(endpoint), options_(std::move(options)) {}

BlobClient::~BlobClient() = default;

std::vector<BlobList> BlobClient::Describe(std::span<const uint32_t> tables,
                                           const BlobProgress& progress) {
  ListTransfer transfer(context_, endpoint_, options_, progress, tables);
  transfer.Run(bytes_received_);
  return transfer.TakeLists();
}

void BlobClient::Fetch(std::span<const WantedBlob> wanted, const BlobSink& sink,
                       const BlobProgress& progress) {
  BlobTransfer transfer(context_, endpoint_, options_, progress, wanted, sink);
  transfer.Run(bytes_received_);
}

}  // namespace lantern

#include "net/blobs/blob_client.h"

#include <algorithm>
#include <utility>

#include "net/blobs/blob_connection.h"
#include "net/blobs/blob_messages.h"
#include "net/blobs/requests.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {

using blobs::BlobConnection;
using Clock = std::chrono::steady_clock;

namespace {

// Between two looks at the verdict and calls of the tick.
constexpr std::chrono::milliseconds kPollInterval{100};

// What has come without a further request is reported after so much, or the server would wait.
constexpr uint64_t kReportBytes = blobs::kMaxUnreceivedBytes / 4;

constexpr int kMaxDamaged = 3;

// A conversation that goes on over broken connections until all of it is done.
class Transfer {
 public:
  Transfer(zmq::context_t& context, const std::string& endpoint, const BlobClientOptions& options,
           const BlobChoice& choose, const BlobSink& sink, const BlobTick& tick)
      : context_(context),
        endpoint_(endpoint),
        options_(options),
        choose_(choose),
        sink_(sink),
        tick_(tick),
        blobs_(options.window_bytes) {}

  // Until all lists and blobs are here. Adds to `received` what comes.
  void Run(std::span<const uint32_t> tables, std::span<const WantedBlob> wanted,
           uint64_t& received);

 private:
  bool done() const { return lists_.done() && blobs_.done(); }
  void Connect();
  void Step(uint64_t& received);
  void LookAround();
  void OnSilence();
  void Ask();
  void OnReply(const blobs::Header& header, std::span<const std::byte> payload);
  void OnList(uint32_t table, std::span<const std::byte> payload);
  void OnBlob(const BlobId& id, std::span<const std::byte> payload);
  void OnDamaged(const WantedBlob& blob);

  zmq::context_t& context_;
  const std::string& endpoint_;
  const BlobClientOptions& options_;
  const BlobChoice& choose_;
  const BlobSink& sink_;
  const BlobTick& tick_;

  blobs::ListRequests lists_;
  blobs::BlobRequests blobs_;
  std::map<BlobId, int> damaged_;  // how often

  std::optional<BlobConnection> connection_;
  Clock::time_point silent_since_;
  Clock::time_point next_look_;
  int silences_ = 0;
  uint64_t reported_ = 0;  // of this connection's bytes
};

void Transfer::Run(std::span<const uint32_t> tables, std::span<const WantedBlob> wanted,
                   uint64_t& received) {
  for (const uint32_t table : tables) lists_.Add(table);
  for (const WantedBlob& blob : wanted) blobs_.Add(blob);
  if (!done()) Connect();
  while (!done()) {
    LookAround();
    Step(received);
  }
  if (tick_) tick_();
}

void Transfer::Connect() {
  lists_.AskAllAgain();
  blobs_.AskAllAgain();
  connection_.emplace(context_, endpoint_, options_.key);
  silent_since_ = Clock::now();
  reported_ = 0;
  Ask();
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
  silences_ = 0;
  received += reply->bytes().size();
  OnReply(reply->header, reply->bytes());
  Ask();
  silent_since_ = Clock::now();  // from here on: the above may read a disk
}

void Transfer::LookAround() {
  if (Clock::now() < next_look_) return;
  if (options_.verdict) {
    const auto reason = options_.verdict(std::chrono::milliseconds(0));
    if (reason) Fail(ErrorKind::kPeerLost, "{}", *reason);
  }
  if (tick_) tick_();
  next_look_ = Clock::now() + kPollInterval;
}

void Transfer::OnSilence() {
  if (++silences_ >= options_.max_silences) {
    const auto limit = std::chrono::duration<double>(options_.silence_limit * silences_).count();
    Fail(ErrorKind::kPeerLost,
         "Rank 0 ({}) has sent no weights for {:.1f} s; see whether it runs and can be reached.",
         endpoint_, limit);
  }
  Connect();
}

// Sends what the windows allow; where that is nothing, still says what was received now and then.
void Transfer::Ask() {
  const uint64_t received = connection_->received();
  const std::vector<uint32_t> tables = lists_.Take();
  if (!tables.empty()) connection_->Send(blobs::AskLists{received}, blobs::EncodeTables(tables));
  const std::vector<BlobId> ids = blobs_.Take();
  const bool report = received - reported_ >= kReportBytes;
  if (!ids.empty() || report) {
    connection_->Send(blobs::AskBlobs{received}, blobs::EncodeIds(ids));
    reported_ = received;
  }
}

void Transfer::OnReply(const blobs::Header& header, std::span<const std::byte> payload) {
  if (const auto* refusal = std::get_if<blobs::Refusal>(&header)) {
    Fail(ErrorKind::kIo, "Rank 0 ({}) cannot send its weights: {}", endpoint_, refusal->sentence);
  } else if (const auto* list = std::get_if<blobs::List>(&header)) {
    OnList(list->table, payload);
  } else if (const auto* data = std::get_if<blobs::BlobData>(&header)) {
    OnBlob({data->table, data->index}, payload);
  }  // else Busy, or not for us
}

void Transfer::OnList(uint32_t table, std::span<const std::byte> payload) {
  if (!lists_.Arrived(table)) return;
  const BlobList list = blobs::DecodeList(payload);
  for (const uint32_t index : choose_(table, list)) blobs_.Add({{table, index}, list.at(index)});
}

void Transfer::OnBlob(const BlobId& id, std::span<const std::byte> payload) {
  const std::optional<WantedBlob> blob = blobs_.Arrived(id);
  if (!blob) return;
  if (payload.size() != blob->info.size || BlobHash::Of(payload) != blob->info.hash) {
    return OnDamaged(*blob);
  }
  if (!sink_(id, payload)) blobs_.ForgetUnasked();
}

void Transfer::OnDamaged(const WantedBlob& blob) {
  if (++damaged_[blob.id] >= kMaxDamaged) {
    Fail(ErrorKind::kIo,
         "Blob {} of table {} came from rank 0 ({}) {} times with other bytes than announced: "
         "restart rank 0, as its model file may have changed, or a memory is faulty.",
         blob.id.index, blob.id.table, endpoint_, kMaxDamaged);
  }
  blobs_.Add(blob);
}

}  // namespace

BlobClient::BlobClient(const std::string& endpoint, BlobClientOptions options)
    : endpoint_(endpoint), options_(std::move(options)) {}

BlobClient::~BlobClient() = default;

void BlobClient::Fetch(std::span<const uint32_t> tables, const BlobChoice& choose,
                       const BlobSink& sink, const BlobTick& tick) {
  Transfer(context_, endpoint_, options_, choose, sink, tick).Run(tables, {}, bytes_received_);
}

void BlobClient::Fetch(std::span<const WantedBlob> wanted, const BlobSink& sink,
                       const BlobTick& tick) {
  Transfer(context_, endpoint_, options_, {}, sink, tick).Run({}, wanted, bytes_received_);
}

}  // namespace lantern

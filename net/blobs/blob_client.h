// BlobClient: a worker's end of the weight transport. Its calls block, work on the caller's thread,
// and keep enough requests on their way to fill the link. Broken connections are replaced and what
// is missing is asked for again; nothing that has arrived is.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "net/blobs/blob.h"
#include "net/key/lan_key.h"
#include "net/verdict.h"

namespace lantern {

// Says which of a table's blobs are to be sent: some indices of `list`.
using BlobChoice = std::function<std::vector<uint32_t>(uint32_t table, const BlobList& list)>;

// Takes a verified blob; `bytes` are valid during the call. False: ask for no more. What is on its
// way by then (window_bytes at most) still comes.
using BlobSink = std::function<bool(const BlobId& id, std::span<const std::byte> bytes)>;

// Called several times a second, whether anything has arrived or not. May throw to give up.
using BlobTick = std::function<void()>;

struct BlobClientOptions {
  // Bytes asked for and not yet here, at most (one blob is always asked for).
  size_t window_bytes = 16 << 20;
  // Nothing from the server for so long: connect again. A blob counts when it is here as a whole,
  // so this bounds how slow a link may be: 8 MB in 20 s, shared by all workers.
  std::chrono::milliseconds silence_limit{20'000};
  // After so many of these in a row the server counts as lost.
  int max_silences = 3;
  // Asked all the time; a reason ends any wait at once. May be empty.
  Verdict verdict;
  SharedKey key;  // as the server's
};

class BlobClient {
 public:
  // `endpoint`: the server's HOST:PORT. Nothing is sent yet.
  explicit BlobClient(const std::string& endpoint, BlobClientOptions options = {});
  ~BlobClient();
  BlobClient(const BlobClient&) = delete;
  BlobClient& operator=(const BlobClient&) = delete;

  // The calls below throw Error{kPeerLost} naming the endpoint when the server is lost, or with the
  // verdict's reason, Error{kIo} with the server's sentence when it refuses, and Error{kConfig} for
  // an endpoint that cannot be parsed. By one thread at a time; after an error the client can be
  // used again.

  // Asks what the blobs of each of `tables` are, calls `choose` with each answer, fetches what it
  // chooses, verifies each blob and hands it to `sink` once. Blobs travel while rank 0 still makes
  // the lists of later tables, for which it may have to read the whole model. Throws Error{kIo}
  // naming a blob that came damaged three times. REQUIRES: no table twice.
  void Fetch(std::span<const uint32_t> tables, const BlobChoice& choose, const BlobSink& sink,
             const BlobTick& tick = {});

  // The same for blobs whose lists were there before. REQUIRES: no id twice.
  void Fetch(std::span<const WantedBlob> wanted, const BlobSink& sink, const BlobTick& tick = {});

  const std::string& endpoint() const { return endpoint_; }
  uint64_t bytes_received() const { return bytes_received_; }  // payloads, all calls together

 private:
  const std::string endpoint_;
  const BlobClientOptions options_;
  zmq::context_t context_{1};
  uint64_t bytes_received_ = 0;
};

}  // namespace lantern

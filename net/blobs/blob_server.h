// BlobServer: rank 0's end of the weight transport. Answers what a table's blobs are and sends
// their bytes, to several workers in turn, one blob per worker and round.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/blobs/blob.h"
#include "net/key/lan_key.h"

namespace lantern {

// Where the blobs come from: the model's side. One thread calls Describe and another one Read, at
// the same time. What they throw is passed to the worker as its sentence.
class BlobSource {
 public:
  virtual ~BlobSource() = default;
  virtual size_t tables() const = 0;
  // Hashes and sizes of a table's blobs. May take long the first time, as it reads the table; who
  // asks is told to wait. Called again for each worker: keep the answer.
  // REQUIRES: table < tables(). Throws Error{kIo} when the file cannot be read.
  virtual BlobList Describe(uint32_t table) = 0;
  // The bytes of one blob.
  // REQUIRES: id.table < tables(). Throws Error{kIo} when there is no such index, or as Describe.
  virtual std::vector<std::byte> Read(BlobId id) = 0;
};

class BlobServer {
 public:
  struct Traffic {
    std::string peer;         // its address, for people
    uint64_t bytes_sent = 0;  // payloads: blobs and lists
  };

  // Listens at once on `address`, HOST:PORT (port 0 or *: any free one), with a thread of its own.
  // `source` must outlive it. With a key only those who have it are served. Throws Error{kConfig}
  // when the address is in use or not ours.
  BlobServer(const std::string& address, BlobSource& source, const SharedKey& key = {});
  // Waits for a running Describe or Read. Workers that are not done will look for it again.
  ~BlobServer();
  BlobServer(const BlobServer&) = delete;
  BlobServer& operator=(const BlobServer&) = delete;

  const std::string& endpoint() const;  // HOST:PORT in use
  // One entry for each connection so far, in the order of their coming. Any thread.
  std::vector<Traffic> traffic() const;
  // Connections so far that have not proven the key; 0 without one. Any thread.
  int64_t strangers() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lantern

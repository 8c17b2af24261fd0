// A BlobSource in memory that can be told to be slow, to fail and to lie, and clients' ends that
// collect: shared by the tests of the weight transport.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "net/blobs/blob_client.h"
#include "net/blobs/blob_server.h"
#include "src/base/error.h"

namespace lantern {

constexpr char kAnyPort[] = "127.0.0.1:*";

using Table = std::vector<std::vector<std::byte>>;

inline std::vector<std::byte> RandomBytes(uint64_t seed, size_t size) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
    const uint64_t value = random();
    std::memcpy(bytes.data() + i, &value, std::min(sizeof(value), size - i));
  }
  return bytes;
}

class MemorySource : public BlobSource {
 public:
  // Tables of `blobs` blobs, each of 1 to `max_size` bytes, or exactly so many.
  MemorySource(int tables, int blobs, size_t max_size, bool exact = false) {
    std::mt19937_64 random(tables * 1000 + blobs);
    for (int t = 0; t < tables; ++t) {
      Table table;
      for (int b = 0; b < blobs; ++b) {
        table.push_back(RandomBytes(random(), exact ? max_size : 1 + random() % max_size));
      }
      tables_.push_back(std::move(table));
    }
  }

  size_t tables() const override { return tables_.size(); }
  BlobList Describe(uint32_t table) override {
    ++describes;
    if (on_describe) on_describe(table);
    BlobList list;
    for (const auto& bytes : tables_.at(table)) {
      list.push_back({BlobHash::Of(bytes), static_cast<uint32_t>(bytes.size())});
    }
    return list;
  }
  std::vector<std::byte> Read(BlobId id) override {
    const Table& table = tables_.at(id.table);
    if (id.index >= table.size()) Fail(ErrorKind::kIo, "There is no blob {}.", id.index);
    std::vector<std::byte> bytes = table[id.index];
    if (on_read) on_read(id, bytes);
    if (read_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(read_ms));
    ++reads;
    read_bytes += bytes.size();
    return bytes;
  }

  const Table& table(int t) const { return tables_.at(t); }
  std::vector<uint32_t> AllTables() const {
    std::vector<uint32_t> all(tables_.size());
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  uint64_t TotalBytes() const {
    uint64_t total = 0;
    for (const Table& table : tables_) {
      for (const auto& bytes : table) total += bytes.size();
    }
    return total;
  }

  // Set before the server starts.
  std::function<void(uint32_t table)> on_describe;
  std::function<void(BlobId id, std::vector<std::byte>& bytes)> on_read;  // may change them

  std::atomic<int> read_ms{0};  // that each read takes
  std::atomic<int> describes{0}, reads{0};
  std::atomic<uint64_t> read_bytes{0};

 private:
  std::vector<Table> tables_;
};

inline std::vector<uint32_t> ChooseAll(uint32_t /*table*/, const BlobList& list) {
  std::vector<uint32_t> all(list.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// What a client has got; each blob once.
class Collected {
 public:
  BlobSink Sink() {
    return [this](const BlobId& id, std::span<const std::byte> bytes) {
      EXPECT_TRUE(blobs_.try_emplace(id, bytes.begin(), bytes.end()).second)
          << "blob " << id.index << " of table " << id.table << " came twice";
      return true;
    };
  }
  size_t size() const { return blobs_.size(); }
  void ExpectAllOf(const MemorySource& source) const {
    size_t expected = 0;
    for (const uint32_t t : source.AllTables()) {
      for (uint32_t i = 0; i < source.table(t).size(); ++i, ++expected) {
        const auto found = blobs_.find({t, i});
        ASSERT_NE(found, blobs_.end()) << "blob " << i << " of table " << t << " is missing";
        ASSERT_EQ(found->second, source.table(t)[i]);
      }
    }
    EXPECT_EQ(blobs_.size(), expected);
  }

 private:
  std::map<BlobId, std::vector<std::byte>> blobs_;
};

// The Error that `body` throws.
inline Error ErrorOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "no error";
  return {ErrorKind::kBadRequest, ""};
}

}  // namespace lantern

// The store: what a rank needs comes from its copy, its cache or rank 0, each byte once, whatever
// the disk does.
#include "net/blobs/blob_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/file_builder.h"
#include "tests/memory_blobs.h"

namespace lantern {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kTables = 3, kBlobs = 8;
constexpr size_t kBlob = 100'000;
constexpr uint64_t kTableBytes = kBlobs * kBlob, kAll = kTables * kTableBytes;
constexpr uint64_t kPlenty = uint64_t{1} << 40;

class BlobStoreTest : public testing::Test {
 protected:
  BlobStoreTest() { options_.window_bytes = 2 * kBlob; }

  static std::vector<BlobNeed> Everything() {
    std::vector<BlobNeed> all;
    for (uint32_t t = 0; t < kTables; ++t) {
      for (uint32_t i = 0; i < kBlobs; ++i) all.push_back({{t, i}, kBlob});
    }
    return all;
  }

  // Reads everything, a table at a time as loading does.
  void ExpectReadsAll(BlobStore& store) {
    for (uint32_t t = 0; t < kTables; ++t) {
      std::vector<BlobId> ids;
      for (uint32_t i = 0; i < kBlobs; ++i) ids.push_back({t, i});
      const std::vector<Blob> blobs = store.Read(ids);
      for (uint32_t i = 0; i < kBlobs; ++i) {
        EXPECT_TRUE(std::equal(blobs[i].bytes.begin(), blobs[i].bytes.end(),
                               source_.table(t)[i].begin(), source_.table(t)[i].end()))
            << "table " << t << " blob " << i;
      }
    }
  }

  fs::path FileOf(const BlobCache& cache, BlobId id) {
    const std::string hex = BlobHash::Of(source_.table(id.table)[id.index]).ToHex();
    return cache.folder() / hex.substr(0, 2) / hex.substr(2);
  }

  static void ExpectTotals(const BlobStore& store, uint64_t copy, uint64_t cache,
                           uint64_t network) {
    EXPECT_EQ(store.totals().from_copy, copy);
    EXPECT_EQ(store.totals().from_cache, cache);
    EXPECT_EQ(store.totals().from_network, network);
  }

  testing_files::TempFolder folder_;
  const fs::path path_ = folder_.path() / "blobs";
  MemorySource source_{kTables, kBlobs, kBlob, /*exact=*/true};
  BlobServer server_{kAnyPort, source_};
  BlobClientOptions options_;
};

TEST_F(BlobStoreTest, ASecondStartIsSentNothing) {
  for (int start = 0; start < 2; ++start) {
    BlobCache cache(path_, kPlenty);
    BlobClient client(server_.endpoint(), options_);
    BlobStore store(client, cache);
    store.Fetch(Everything());
    EXPECT_EQ(source_.reads, kTables * kBlobs);
    ExpectReadsAll(store);
    ExpectReadsAll(store);
    EXPECT_EQ(source_.reads, kTables * kBlobs);
    ExpectTotals(store, 0, start == 0 ? 0 : kAll, start == 0 ? kAll : 0);
    EXPECT_THAT(cache.problem(), IsEmpty());
  }
}

TEST_F(BlobStoreTest, OnlyWhatIsNeededComes) {
  BlobCache cache(path_, kPlenty);
  BlobClient client(server_.endpoint(), options_);
  BlobStore store(client, cache);
  const std::vector<BlobNeed> some{{{0, 3}, kBlob}, {{2, 0}, kBlob}, {{2, 7}, kBlob}};
  store.Fetch(some);
  EXPECT_EQ(source_.reads, 3);
  EXPECT_EQ(source_.describes, 2);
  store.Fetch(Everything());
  EXPECT_EQ(source_.reads, kTables * kBlobs);
  ExpectReadsAll(store);
}

TEST_F(BlobStoreTest, ACopyIsBelievedByItsHash) {
  bool gone = false;
  const LocalCopy copy = [&](const BlobId& id, size_t size) -> std::optional<Blob> {
    if (gone || id.table == 2) return std::nullopt;
    std::vector<std::byte> bytes = source_.table(id.table)[id.index];
    EXPECT_EQ(size, bytes.size());
    if (id.table == 1) bytes[size / 2] ^= std::byte{1};  // another model's
    if (id.table == 1 && id.index == 0) bytes.pop_back();
    return Blob::Own(std::move(bytes));
  };
  BlobCache cache(path_, kPlenty);
  BlobClient client(server_.endpoint(), options_);
  BlobStore store(client, cache, copy);
  store.Fetch(Everything());
  ExpectTotals(store, kTableBytes, 0, 2 * kTableBytes);
  ExpectReadsAll(store);
  EXPECT_EQ(source_.reads, 2 * kBlobs);
  gone = true;  // the file was changed since
  ExpectReadsAll(store);
  ExpectTotals(store, 0, 0, kAll);
}

TEST_F(BlobStoreTest, DamageAndLossOnDiskAreMadeGood) {
  {
    BlobCache cache(path_, kPlenty);
    BlobClient client(server_.endpoint(), options_);
    BlobStore(client, cache).Fetch(Everything());
  }
  BlobCache cache(path_, kPlenty);
  std::ofstream(FileOf(cache, {0, 1}), std::ios::binary) << std::string(kBlob, 'x');
  fs::resize_file(FileOf(cache, {0, 2}), kBlob - 1);
  BlobClient client(server_.endpoint(), options_);
  BlobStore store(client, cache);
  store.Fetch(Everything());
  ExpectTotals(store, 0, kAll - kBlob, kBlob);  // the short one shows by its size
  fs::remove(FileOf(cache, {1, 1}));
  ExpectReadsAll(store);
  ExpectTotals(store, 0, kAll - 3 * kBlob, 3 * kBlob);
  EXPECT_EQ(source_.reads, kTables * kBlobs + 3);
  EXPECT_EQ(cache.damaged(), 1);
  ExpectReadsAll(store);
  EXPECT_EQ(source_.reads, kTables * kBlobs + 3);
}

// Without a usable cache nothing is fetched ahead but what was on its way, each blob comes once,
// and the reader alone keeps it.
TEST_F(BlobStoreTest, WithoutACacheBlobsComeWhenTheyAreRead) {
  std::ofstream(folder_.path() / "file") << "not a folder";
  for (const auto& [path, bound] :
       {std::pair(folder_.path() / "file" / "blobs", kPlenty), std::pair(fs::path(), kPlenty),
        std::pair(path_, uint64_t{0})}) {
    const int before = source_.reads;
    BlobCache cache(path, bound);
    BlobClient client(server_.endpoint(), options_);
    BlobStore store(client, cache);
    store.Fetch(Everything());
    EXPECT_GE(source_.reads - before, 1);
    EXPECT_LE(source_.reads - before, 3);  // the window's two, and the one that showed it
    const std::vector<BlobId> ids{{0, 0}, {0, 1}, {2, 5}};
    auto blobs = store.Read(ids);
    std::vector<std::weak_ptr<const void>> owners;
    for (const Blob& blob : blobs) owners.push_back(blob.owner);
    blobs.clear();
    for (const auto& owner : owners) EXPECT_TRUE(owner.expired());
    EXPECT_EQ(cache.problem().empty(), bound == 0);
  }
  const int before = source_.reads;
  BlobCache cache({}, kPlenty);
  BlobClient client(server_.endpoint(), options_);
  BlobStore store(client, cache);
  store.Fetch(Everything());
  ExpectReadsAll(store);
  EXPECT_EQ(source_.reads - before, kTables * kBlobs);
  ExpectTotals(store, 0, 0, kAll);
}

TEST_F(BlobStoreTest, ASmallCacheKeepsItsPart) {
  for (int start = 0; start < 2; ++start) {
    const int before = source_.reads;
    BlobCache cache(path_, 5 * kBlob);
    BlobClient client(server_.endpoint(), options_);
    BlobStore store(client, cache);
    store.Fetch(Everything());
    ExpectReadsAll(store);
    const int sent = kTables * kBlobs - (start == 0 ? 0 : 5);
    EXPECT_EQ(source_.reads - before, sent);
    ExpectTotals(store, 0, kAll - sent * kBlob, sent * kBlob);
    EXPECT_THAT(cache.problem(), HasSubstr("488.3 KiB at most"));
  }
}

TEST_F(BlobStoreTest, OtherSizesThanTheModelsAreRefused) {
  BlobCache cache(path_, kPlenty);
  const BlobNeed bad[] = {
      {{0, 0}, kBlob - 1}, {{0, kBlobs}, kBlob}, {{0, 0}, 0}, {{0, 0}, kMaxBlobBytes + 1}};
  for (const BlobNeed& need : bad) {
    BlobClient client(server_.endpoint(), options_);
    BlobStore store(client, cache);
    const Error error = ErrorOf([&] { store.Fetch({&need, 1}); });
    EXPECT_EQ(error.kind(), ErrorKind::kPeerLost);
    EXPECT_THAT(error.what(), HasSubstr(server_.endpoint()));
  }
  EXPECT_EQ(source_.reads, 0);
}

TEST_F(BlobStoreTest, GoesOnWhereAnErrorOrTheProcessEnded) {
  BlobCache cache(path_, kPlenty);
  BlobClient client(server_.endpoint(), options_);
  source_.read_ms = 15;  // slow enough for a tick in the middle
  int ticks = 0;
  BlobStore store(client, cache, {}, [&](uint64_t done, uint64_t) {
    if (done >= kAll / 3 && ticks++ == 0) Fail(ErrorKind::kBadRequest, "Ctrl-C");
  });
  EXPECT_STREQ(ErrorOf([&] { store.Fetch(Everything()); }).what(), "Ctrl-C");
  EXPECT_LT(source_.reads, kTables * kBlobs);
  const int at_most = kTables * kBlobs + 2;  // the window is sent twice
  {
    BlobCache later(path_, kPlenty);  // as another process would see it
    BlobClient again(server_.endpoint(), options_);
    BlobStore rest(again, later);
    rest.Fetch(Everything());
    EXPECT_LE(source_.reads, at_most);
    EXPECT_GE(rest.totals().from_cache, kAll / 3);
    EXPECT_GT(rest.totals().from_network, 0u);
    EXPECT_EQ(rest.totals().from_cache + rest.totals().from_network, kAll);
  }
  store.Fetch(Everything());
  EXPECT_LE(source_.reads, at_most);
  ExpectReadsAll(store);
}

TEST_F(BlobStoreTest, ProgressCountsEveryWay) {
  const LocalCopy copy = [&](const BlobId& id, size_t) {
    return id.table == 0 ? std::optional(Blob::Own(source_.table(0)[id.index])) : std::nullopt;
  };
  BlobCache cache({}, kPlenty);
  BlobClient client(server_.endpoint(), options_);
  uint64_t last = 0;
  BlobStore store(client, cache, copy, [&](uint64_t done, uint64_t total) {
    EXPECT_EQ(total, kAll);
    EXPECT_GE(done, last);
    EXPECT_LE(done, total);
    last = done;
  });
  store.Fetch(Everything());
  EXPECT_GE(last, kTableBytes);
  EXPECT_LT(last, kAll);
  ExpectReadsAll(store);
  EXPECT_EQ(last, kAll);
}

}  // namespace
}  // namespace lantern

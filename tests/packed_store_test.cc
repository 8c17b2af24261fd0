// Packed weights that outlive the process: kept, found again, refused when anything is different.
#include "models/packed_store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <vector>

#include "tests/file_builder.h"

namespace lantern {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBytes = 9 << 20;  // three chunks of hashes

class PackedStoreTest : public testing::Test {
 protected:
  // Fills a store in two pieces with `value` and keeps it.
  void KeepOne(const std::string& key, char value, size_t bytes = kBytes) {
    PackedStore store(folder_, key, bytes);
    ASSERT_FALSE(store.filled());
    std::memset(store.Take(bytes / 2).get(), value, bytes / 2);
    std::memset(store.Take(bytes - bytes / 2).get(), value, bytes - bytes / 2);
    store.Keep();
  }
  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    if (!fs::exists(folder_)) return files;
    for (const auto& entry : fs::directory_iterator(folder_)) files.push_back(entry.path());
    return files;
  }
  static void Write(const fs::path& path, long offset, char value) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset, offset < 0 ? std::ios::end : std::ios::beg);
    file.put(value);
  }

  testing_files::TempFolder temporary_;
  const fs::path folder_ = temporary_.path() / "a" / "packed";
};

TEST_F(PackedStoreTest, IsFoundAgain) {
  KeepOne("model 1", 'x');
  PackedStore store(folder_, "model 1", kBytes);
  ASSERT_TRUE(store.filled());
  const auto all = store.Take(kBytes);
  EXPECT_EQ(std::vector<char>(kBytes, 'x'),
            std::vector<char>(reinterpret_cast<char*>(all.get()),
                              reinterpret_cast<char*>(all.get()) + kBytes));
  store.Keep();  // nothing to do
  EXPECT_EQ(Files().size(), 1u);
}

TEST_F(PackedStoreTest, MemoryOutlivesTheStore) {
  KeepOne("model 1", 'x');
  std::shared_ptr<std::byte> taken;
  {
    PackedStore store(folder_, "model 1", kBytes);
    store.Take(64);
    taken = store.Take(64);
  }
  EXPECT_EQ(static_cast<char>(taken.get()[63]), 'x');
}

TEST_F(PackedStoreTest, AnotherKeyOrSizeIsAnotherFile) {
  KeepOne("model 1", 'x');
  EXPECT_FALSE(PackedStore(folder_, "model 2", kBytes).filled());
  EXPECT_TRUE(PackedStore(folder_, "model 1", kBytes).filled());
  EXPECT_FALSE(PackedStore(folder_, "model 1", kBytes + 64).filled());
}

TEST_F(PackedStoreTest, WhatWasNotKeptLeavesNothing) {
  {
    PackedStore store(folder_, "model 1", kBytes);
    store.Take(kBytes);
    EXPECT_EQ(Files().size(), 1u);
  }
  EXPECT_TRUE(Files().empty());
  EXPECT_FALSE(PackedStore(folder_, "model 1", kBytes).filled());
}

TEST_F(PackedStoreTest, OneChangedByteIsNoticed) {
  // In the header, and the weights' first, middle and last byte.
  for (const long offset : {3L, 9L, 20L, 4096L, 4096L + (5 << 20), 4096L + (9 << 20) - 1}) {
    KeepOne("model 1", 'x');
    ASSERT_EQ(Files().size(), 1u);
    Write(Files()[0], offset, '!');
    PackedStore store(folder_, "model 1", kBytes);
    EXPECT_FALSE(store.filled()) << offset;
  }
}

TEST_F(PackedStoreTest, AShorterFileIsNoticed) {
  KeepOne("model 1", 'x');
  fs::resize_file(Files()[0], kBytes);
  EXPECT_FALSE(PackedStore(folder_, "model 1", kBytes).filled());
}

TEST_F(PackedStoreTest, WithoutAFolderNothingIsKept) {
  PackedStore none({}, "model 1", kBytes);
  std::memset(none.Take(kBytes).get(), 'x', kBytes);
  none.Keep();
  fs::create_directories(folder_.parent_path());
  std::ofstream(folder_) << "a file where the folder should be";
  KeepOne("model 1", 'x');
  EXPECT_FALSE(PackedStore(folder_, "model 1", kBytes).filled());
}

TEST_F(PackedStoreTest, WithoutRoomNothingIsKept) {
  EXPECT_EQ(PackedFileWriter::Begin(folder_ / "file", 1, nullptr, size_t{1} << 50), nullptr);
  EXPECT_TRUE(Files().empty());
}

TEST_F(PackedStoreTest, AFullDiskLeavesNothing) {
  // Files of this process may have 6 MB from here on.
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {6 << 20, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  KeepOne("model 1", 'x');
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(Files().empty());
}

TEST_F(PackedStoreTest, UseIsRemembered) {
  KeepOne("model 1", 'x');
  const fs::path file = Files()[0];
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(100));
  const auto before = fs::last_write_time(file);
  EXPECT_TRUE(PackedStore(folder_, "model 1", kBytes).filled());
  EXPECT_GT(fs::last_write_time(file), before);
}

TEST_F(PackedStoreTest, TheLeastRecentlyUsedGoes) {
  KeepOne("model 1", 'x', 64);
  const fs::path old = Files()[0];
  // As large as the limit, but without a byte on disk.
  fs::resize_file(old, PackedStore::kMostBytes);
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(1));
  KeepOne("model 2", 'y', 64);
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(PackedStore(folder_, "model 2", 64).filled());
}

TEST_F(PackedStoreTest, WhatAKilledProcessLeftGoes) {
  fs::create_directories(folder_);
  const fs::path left = folder_ / "abcdef.unfinished";
  std::ofstream(left) << "half";
  KeepOne("model 1", 'x', 64);
  EXPECT_TRUE(fs::exists(left));  // maybe another one's, at work
  fs::last_write_time(left, fs::file_time_type::clock::now() - std::chrono::hours(30));
  KeepOne("model 2", 'x', 64);
  EXPECT_FALSE(fs::exists(left));
}

}  // namespace
}  // namespace lantern

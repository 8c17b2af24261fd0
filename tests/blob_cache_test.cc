// The cache on a real disk: what is kept, removed, found damaged, and how a disk's refusals end.
#include "net/blobs/blob_cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "tests/file_builder.h"

namespace lantern {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kPlenty = uint64_t{1} << 40;
constexpr size_t kSmall = 1000, kLarge = 200'000;  // copied, and mapped

std::vector<std::byte> Bytes(int seed, size_t size) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

BlobInfo InfoOf(const std::vector<std::byte>& bytes) {
  return {BlobHash::Of(bytes), static_cast<uint32_t>(bytes.size())};
}

bool Put(BlobCache& cache, const std::vector<std::byte>& bytes) {
  return cache.Put(BlobHash::Of(bytes), bytes);
}

bool Gives(BlobCache& cache, const std::vector<std::byte>& bytes) {
  const auto blob = cache.Get(InfoOf(bytes));
  return blob && std::equal(bytes.begin(), bytes.end(), blob->bytes.begin(), blob->bytes.end());
}

fs::path FileOf(const BlobCache& cache, const std::vector<std::byte>& bytes) {
  const std::string hex = BlobHash::Of(bytes).ToHex();
  return cache.folder() / hex.substr(0, 2) / hex.substr(2);
}

// Last used so long ago.
void Age(const BlobCache& cache, const std::vector<std::byte>& bytes, std::chrono::hours age) {
  fs::last_write_time(FileOf(cache, bytes), fs::file_time_type::clock::now() - age);
}

uint64_t BytesIn(const fs::path& folder) {
  uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

class BlobCacheTest : public testing::Test {
 protected:
  testing_files::TempFolder folder_;
  const fs::path path_ = folder_.path() / "some" / "blobs";  // does not exist yet
};

TEST_F(BlobCacheTest, KeepsBlobsForItselfAndForTheNextRun) {
  for (const size_t size : {size_t{1}, kSmall, size_t{64} << 10, kLarge}) {
    const auto bytes = Bytes(1, size);
    BlobCache cache(path_, kPlenty);
    EXPECT_FALSE(cache.Get(InfoOf(bytes)));
    EXPECT_FALSE(cache.Contains(InfoOf(bytes)));
    EXPECT_TRUE(Put(cache, bytes));
    EXPECT_TRUE(Put(cache, bytes));
    EXPECT_TRUE(Gives(cache, bytes));
    BlobCache next(path_, kPlenty);
    EXPECT_TRUE(next.Contains(InfoOf(bytes)));
    EXPECT_TRUE(Gives(next, bytes));
    EXPECT_THAT(cache.problem() + next.problem(), IsEmpty());
  }
}

TEST_F(BlobCacheTest, ReadingTouchesNothing) {
  BlobCache cache(path_, kPlenty);
  EXPECT_FALSE(Gives(cache, Bytes(1, kSmall)));
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(BlobCacheTest, AMappingOutlivesItsFileAndItsCache) {
  const auto bytes = Bytes(1, kLarge);
  std::optional<Blob> blob;
  {
    BlobCache cache(path_, kPlenty);
    ASSERT_TRUE(Put(cache, bytes));
    blob = cache.Get(InfoOf(bytes));
    fs::remove(FileOf(cache, bytes));
  }
  ASSERT_TRUE(blob);
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), blob->bytes.begin(), blob->bytes.end()));
}

TEST_F(BlobCacheTest, RemovesWhatWasUsedLeastRecently) {
  std::vector<std::vector<std::byte>> blobs;
  {
    BlobCache cache(path_, kPlenty);
    for (int i = 0; i < 10; ++i) {
      blobs.push_back(Bytes(i, kLarge));
      ASSERT_TRUE(Put(cache, blobs[i]));
      Age(cache, blobs[i], std::chrono::hours(100 - i));
    }
  }
  BlobCache cache(path_, 10 * kLarge);
  ASSERT_TRUE(Gives(cache, blobs[0]));  // the oldest is in use now
  ASSERT_TRUE(Put(cache, Bytes(100, kLarge)));
  ASSERT_TRUE(Put(cache, Bytes(101, kLarge)));
  EXPECT_LE(BytesIn(path_), 10 * kLarge);
  BlobCache next(path_, 10 * kLarge);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Gives(next, blobs[i]), i == 0 || i > 2) << i;
  EXPECT_TRUE(Gives(next, Bytes(100, kLarge)));
  EXPECT_EQ(next.damaged(), 0);
}

TEST_F(BlobCacheTest, NeverRemovesWhatThisRunHasUsed) {
  const auto found = Bytes(1, kLarge), got = Bytes(2, kLarge), put = Bytes(3, kLarge);
  {
    BlobCache cache(path_, kPlenty);
    ASSERT_TRUE(Put(cache, found) && Put(cache, got));
    Age(cache, found, std::chrono::hours(9));
    Age(cache, got, std::chrono::hours(8));
  }
  BlobCache cache(path_, 3 * kLarge);
  ASSERT_TRUE(cache.Contains(InfoOf(found)));
  ASSERT_TRUE(Gives(cache, got));
  ASSERT_TRUE(Put(cache, put));
  EXPECT_THAT(cache.problem(), IsEmpty());
  EXPECT_FALSE(Put(cache, Bytes(4, kLarge)));
  EXPECT_THAT(cache.problem(), HasSubstr(path_.string()));
  EXPECT_THAT(cache.problem(), HasSubstr("may hold 585.9 KiB at most"));
  for (const auto& bytes : {found, got, put}) EXPECT_TRUE(Gives(cache, bytes));
  EXPECT_LE(BytesIn(path_), 3 * kLarge);
  EXPECT_FALSE(Put(cache, Bytes(5, kLarge)));
}

TEST_F(BlobCacheTest, ABlobAboveTheBoundRemovesNothing) {
  const auto old = Bytes(1, kSmall);
  {
    BlobCache cache(path_, kPlenty);
    ASSERT_TRUE(Put(cache, old));
  }
  BlobCache cache(path_, 2 * kSmall);
  EXPECT_FALSE(Put(cache, Bytes(2, kLarge)));
  EXPECT_TRUE(Put(cache, Bytes(3, kSmall)));  // there may be room for smaller ones
  EXPECT_TRUE(Gives(cache, old));
}

// What another process has used since the scan stays, and what it removed is no loss.
TEST_F(BlobCacheTest, MindsOtherProcesses) {
  const auto used = Bytes(1, kLarge), removed = Bytes(2, kLarge), idle = Bytes(3, kLarge);
  BlobCache other(path_, kPlenty);
  ASSERT_TRUE(Put(other, used) && Put(other, removed) && Put(other, idle));
  for (const auto& bytes : {used, removed, idle}) Age(other, bytes, std::chrono::hours(5));
  BlobCache cache(path_, 4 * kLarge);
  ASSERT_TRUE(Put(cache, Bytes(4, kLarge)));  // scans
  ASSERT_TRUE(other.Contains(InfoOf(used)));
  fs::remove(FileOf(other, removed));
  EXPECT_TRUE(Put(cache, Bytes(5, kLarge)));
  EXPECT_TRUE(Put(cache, Bytes(6, kLarge)));
  EXPECT_TRUE(Gives(other, used));
}

TEST_F(BlobCacheTest, DamagedAndShortFilesAreDeletedAndCounted) {
  for (const size_t size : {kSmall, kLarge}) {
    BlobCache cache(path_, kPlenty);
    const auto bytes = Bytes(1, size);
    const fs::path file = FileOf(cache, bytes);
    const std::function<void()> damages[] = {
        [&] {
          std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
          stream.seekp(static_cast<std::streamoff>(size) - 1);
          stream.put(static_cast<char>(~std::to_integer<int>(bytes.back())));
        },
        [&] { fs::resize_file(file, size - 1); },
        [&] { fs::resize_file(file, size + 1); },
        [&] { fs::resize_file(file, 0); },
    };
    for (const auto& damage : damages) {
      ASSERT_TRUE(Put(cache, bytes));
      damage();
      const int before = cache.damaged();
      EXPECT_FALSE(cache.Get(InfoOf(bytes)));
      EXPECT_EQ(cache.damaged(), before + 1);
      EXPECT_FALSE(fs::exists(file));
    }
    EXPECT_TRUE(Put(cache, bytes));
    EXPECT_TRUE(Gives(cache, bytes));
  }
}

TEST_F(BlobCacheTest, AFolderInTheWayOfAFileIsNoBlob) {
  BlobCache cache(path_, kPlenty);
  const auto bytes = Bytes(1, kSmall);
  fs::create_directories(FileOf(cache, bytes));
  EXPECT_FALSE(cache.Contains(InfoOf(bytes)));
  EXPECT_FALSE(cache.Get(InfoOf(bytes)));
  EXPECT_FALSE(Put(cache, bytes));
  EXPECT_THAT(cache.problem(), HasSubstr("directory"));
}

TEST_F(BlobCacheTest, OnlyItsOwnFilesAreCountedAndRemoved) {
  BlobCache first(path_, kPlenty);
  ASSERT_TRUE(Put(first, Bytes(1, kSmall)));
  fs::create_directories(path_ / "ab");
  const fs::path strangers[] = {path_ / "notes.txt", path_ / "ab" / "notes.txt"};
  for (const fs::path& file : strangers) std::ofstream(file) << std::string(3 * kSmall, 'x');
  const fs::path fresh = path_ / "ab" / "tmp-fresh0", stale = path_ / "ab" / "tmp-stale0";
  for (const fs::path& file : {fresh, stale}) std::ofstream(file) << "half a blob";
  fs::last_write_time(stale, fs::file_time_type::clock::now() - std::chrono::hours(2));
  BlobCache cache(path_, 2 * kSmall);
  EXPECT_TRUE(Put(cache, Bytes(2, kSmall)));
  EXPECT_TRUE(Put(cache, Bytes(3, kSmall)));
  for (const fs::path& file : strangers) EXPECT_TRUE(fs::exists(file)) << file;
  EXPECT_TRUE(fs::exists(fresh));  // its writer may be alive
  EXPECT_FALSE(fs::exists(stale));
}

TEST_F(BlobCacheTest, AFolderThatCannotBeWrittenIsASentence) {
  std::ofstream(folder_.path() / "file") << "not a folder";
  BlobCache cache(folder_.path() / "file" / "blobs", kPlenty);
  EXPECT_FALSE(Put(cache, Bytes(1, kSmall)));
  EXPECT_THAT(cache.problem(), HasSubstr((folder_.path() / "file" / "blobs").string()));
  EXPECT_THAT(cache.problem(), HasSubstr("cannot be written: Not a directory."));
  EXPECT_FALSE(Put(cache, Bytes(2, kSmall)));
  EXPECT_FALSE(cache.Get(InfoOf(Bytes(1, kSmall))));
  EXPECT_EQ(cache.damaged(), 0);
}

TEST_F(BlobCacheTest, WithoutAFolderItHoldsNothing) {
  BlobCache cache({}, kPlenty);
  EXPECT_FALSE(Put(cache, Bytes(1, kSmall)));
  EXPECT_THAT(cache.problem(), HasSubstr("neither HOME nor XDG_CACHE_HOME is set"));
  EXPECT_FALSE(cache.Contains(InfoOf(Bytes(1, kSmall))));
  EXPECT_FALSE(cache.Get(InfoOf(Bytes(1, kSmall))));
}

TEST_F(BlobCacheTest, ABoundOfNothingIsAWishNotAProblem) {
  BlobCache cache(path_, 0);
  EXPECT_FALSE(Put(cache, Bytes(1, kSmall)));
  EXPECT_THAT(cache.problem(), IsEmpty());
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(BlobCacheTest, TheDefaultFolderFollowsXdg) {
  const auto with = [](const char* cache, const char* home) {
    const auto set = [](const char* name, const char* value) {
      value == nullptr ? unsetenv(name) : setenv(name, value, 1);
    };
    const char* old_cache = getenv("XDG_CACHE_HOME");
    const char* old_home = getenv("HOME");
    const std::optional<std::string> kept_cache =
        old_cache ? std::optional(old_cache) : std::nullopt;
    const std::optional<std::string> kept_home = old_home ? std::optional(old_home) : std::nullopt;
    set("XDG_CACHE_HOME", cache);
    set("HOME", home);
    const fs::path folder = BlobCache::DefaultFolder();
    set("XDG_CACHE_HOME", kept_cache ? kept_cache->c_str() : nullptr);
    set("HOME", kept_home ? kept_home->c_str() : nullptr);
    return folder;
  };
  EXPECT_EQ(with("/c", "/h"), "/c/lantern/blobs");
  EXPECT_EQ(with(nullptr, "/h"), "/h/.cache/lantern/blobs");
  EXPECT_EQ(with("relative", "/h"), "/h/.cache/lantern/blobs");
  EXPECT_EQ(with("", nullptr), "");
}

// Eight threads and two caches on one folder, all with the same blobs and too little room for them.
TEST_F(BlobCacheTest, ManyAtOnceNeverGetWrongBytes) {
  constexpr int kBlobs = 40, kThreads = 8;
  BlobCache one(path_, kPlenty), two(path_, kBlobs * kSmall / 2);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      BlobCache& cache = t % 2 == 0 ? one : two;
      for (int i = 0; i < 200; ++i) {
        const auto bytes = Bytes((i * (t + 1)) % kBlobs, kSmall);
        Put(cache, bytes);
        const auto blob = cache.Get(InfoOf(bytes));
        if (blob && !std::equal(bytes.begin(), bytes.end(), blob->bytes.begin())) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(one.damaged() + two.damaged(), 0);
  for (const auto& entry : fs::recursive_directory_iterator(path_)) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("tmp-")) << entry.path();
  }
}

// Runs `body` in a process with mounts of its own; what it returns is its exit code. kNotPermitted
// where this machine lets nobody mount.
constexpr int kNotPermitted = 77;
int WithMounts(const std::function<bool()>& mount_all, const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    const bool own = unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    const bool mounted =
        own && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && mount_all();
    _exit(mounted ? body() : kNotPermitted);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(BlobCacheTest, AFullDiskIsMadeRoomOnAndThenASentence) {
  fs::create_directories(path_);
  const auto old = Bytes(1, kLarge);
  const int result =
      WithMounts([&] { return mount("none", path_.c_str(), "tmpfs", 0, "size=1m") == 0; },
                 [&] {
                   {
                     BlobCache cache(path_, kPlenty);
                     if (!Put(cache, old)) return 1;
                     Age(cache, old, std::chrono::hours(5));
                   }
                   BlobCache cache(path_, kPlenty);
                   int kept = 0;
                   while (kept < 10 && Put(cache, Bytes(100 + kept, kLarge))) ++kept;
                   // 1 MiB holds five, the old one included, which had to go for the last.
                   if (kept != 5 && kept != 4) return 2;
                   if (Gives(cache, old)) return 3;
                   if (cache.problem().find("No space left on device") == std::string::npos)
                     return 4;
                   for (int i = 0; i < kept; ++i) {
                     if (!Gives(cache, Bytes(100 + i, kLarge))) return 5;
                   }
                   for (const auto& entry : fs::recursive_directory_iterator(path_)) {
                     if (entry.path().filename().string().starts_with("tmp-")) return 6;
                   }
                   return Put(cache, Bytes(99, 1)) ? 7 : 0;
                 });
  if (result == kNotPermitted) GTEST_SKIP() << "this machine lets nobody mount a tmpfs";
  EXPECT_EQ(result, 0);
}

TEST_F(BlobCacheTest, AReadOnlyDiskStillGives) {
  const auto good = Bytes(1, kLarge), bad = Bytes(2, kSmall);
  {
    BlobCache cache(path_, kPlenty);
    ASSERT_TRUE(Put(cache, good) && Put(cache, bad));
    std::ofstream(FileOf(cache, bad), std::ios::binary) << std::string(kSmall, 'x');
  }
  const int result = WithMounts(
      [&] {
        return mount(path_.c_str(), path_.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
               mount(nullptr, path_.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) ==
                   0;
      },
      [&] {
        BlobCache cache(path_, kPlenty);
        if (!Gives(cache, good)) return 1;
        if (Gives(cache, bad)) return 2;
        if (!Put(cache, good)) return 3;
        if (Put(cache, Bytes(3, kSmall))) return 4;
        return cache.problem().find("Read-only file system") == std::string::npos ? 5 : 0;
      });
  if (result == kNotPermitted) GTEST_SKIP() << "this machine lets nobody mount";
  EXPECT_EQ(result, 0);
}

TEST(BlobHash, IsItsHexadecimalDigits) {
  const BlobHash hash = BlobHash::Of(Bytes(1, 100));
  EXPECT_EQ(hash.ToHex().size(), 32u);
  EXPECT_EQ(BlobHash::Parse(hash.ToHex()), hash);
  EXPECT_NE(BlobHash::Of(Bytes(2, 100)), hash);
  // XXH3 of no bytes, from the specification's implementation (xxhsum -H2 /dev/null).
  EXPECT_EQ(BlobHash::Of({}).ToHex(), "99aa06d3014798d86001c324468d497f");
  for (const std::string bad :
       {"", "99aa06d3014798d86001c324468d497", "99AA06d3014798d86001c324468d497f",
        "99aa06d3014798d86001c324468d497ff", "+9aa06d3014798d86001c324468d497f"}) {
    EXPECT_FALSE(BlobHash::Parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace lantern

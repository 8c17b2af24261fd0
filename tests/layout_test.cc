// Who gets what share: by speed where machines differ, within what each can hold.
#include "src/engine/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "models/synth.h"
#include "src/base/error.h"
#include "src/base/read_bandwidth.h"
#include "src/base/thread_pool.h"
#include "src/engine/rank.h"

namespace lantern {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kPlenty = uint64_t{64} << 30;

class Layout : public ::testing::Test {
 protected:
  void SetUp() override {
    ModelConfig shape = ShapeByName("tiny");
    shape.layers = 4;
    shape.ffn = 32 * 32;  // 32 leaves: fine enough to see shares
    path_ = testing::TempDir() + "layout.gguf";
    ThreadPool threads(1);
    WriteSynthetic(shape, "q4_0", 5, path_, threads, [](size_t, size_t) {});
    file_ = OpenWeightFile(path_);
    spec_.context = 64;
    spec_.kv_blocks = 2;
    spec_.chunk = spec_.step_tokens = 8;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::vector<int> SharesOf(const std::vector<RankHost>& hosts, const LayoutWish& wish = {}) {
    ChooseLayout(wish, static_cast<int>(hosts.size()), spec_);
    ChooseShares(wish, hosts, *file_, spec_);
    return spec_.shares;
  }
  size_t Needs(int rank) const { return BytesOf(spec_, *file_, rank).total(); }

  std::string path_;
  std::unique_ptr<WeightFile> file_;
  RunSpec spec_;
};

TEST_F(Layout, MachinesAlikeShareEqually) {
  EXPECT_TRUE(SharesOf({{"a", kPlenty, 20}, {"b", kPlenty, 24}, {"c", kPlenty, 21}}).empty());
  EXPECT_TRUE(SharesOf({{"a", kPlenty, 20}, {"b", kPlenty, 0}}).empty());  // one never measured
}

TEST_F(Layout, FasterMachinesGetMore) {
  EXPECT_EQ(SharesOf({{"a", kPlenty, 40}, {"b", kPlenty, 20}, {"c", kPlenty, 10}}),
            (std::vector<int>{1000, 500, 250}));
  EXPECT_GT(Needs(0), Needs(2));
}

TEST_F(Layout, WhatIsAskedForIsDone) {
  EXPECT_EQ(
      SharesOf({{"a", kPlenty, 40}, {"b", kPlenty, 10}}, {.tp = 0, .pp = 0, .shares = {2, 3}}),
      (std::vector<int>{2, 3}));
}

TEST_F(Layout, AMachineThatIsTooSmallGivesToTheOthers) {
  SharesOf({{"a", kPlenty, 20}, {"b", kPlenty, 20}});
  const size_t equal = Needs(1);
  const uint64_t small = equal * 8 / 10;
  SharesOf({{"a", kPlenty, 20}, {"b", small, 20}});
  EXPECT_LE(Needs(1), small);
  EXPECT_GT(Needs(0), equal);
}

TEST_F(Layout, WhatFitsNowhereIsRefusedByNameAndBytes) {
  try {
    SharesOf({{"pc1", 1 << 20, 20}, {"pc2", 2 << 20, 20}});
    FAIL() << "should not fit";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kConfig);
    for (const char* word : {"pc1 needs", "has 1.0 MiB", "pc2 needs", "has 2.0 MiB"}) {
      EXPECT_THAT(e.what(), HasSubstr(word));
    }
  }
}

TEST_F(Layout, StagesGetLayersByTheirRanksShares) {
  SharesOf({{"a", kPlenty, 30}, {"b", kPlenty, 10}}, {.tp = 0, .pp = 2, .shares = {}});
  EXPECT_EQ(spec_.Plan(file_->config()).layer_begin, (std::vector<int>{0, 3, 4}));
}

TEST(ReadBandwidth, StaysWhatItWasUnlessItIsFarFromIt) {
  const std::filesystem::path file = testing::TempDir() + "bandwidth_test/read_bandwidth";
  std::filesystem::remove_all(file.parent_path());
  EXPECT_EQ(SteadyReadBandwidth(20, 4, file), 20);
  EXPECT_EQ(SteadyReadBandwidth(24, 4, file), 20);
  EXPECT_EQ(SteadyReadBandwidth(17, 4, file), 20);
  EXPECT_EQ(SteadyReadBandwidth(26, 4, file), 26);  // another memory
  EXPECT_EQ(SteadyReadBandwidth(24, 2, file), 24);  // other threads
  EXPECT_EQ(SteadyReadBandwidth(12, 2, file), 12);
  std::filesystem::remove_all(file.parent_path());
  EXPECT_EQ(SteadyReadBandwidth(20, 4, "/proc/none/read_bandwidth"), 20);
}

}  // namespace
}  // namespace lantern

// Which layer gave a value that is no number, as a rank on a GPU says it.
#include <cuda_runtime.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>

#include "models/synth.h"
#include "src/base/thread_pool.h"
#include "tests/thread_cluster.h"

namespace lantern {
namespace {

using ::testing::StartsWith;

struct NoNumbers : TensorBytes {
  void Read(int64_t, size_t, std::span<std::byte> out) const override {
    std::memset(out.data(), 0xff, out.size());
  }
};

// A file of which one tensor holds no numbers.
class DamagedFile : public WeightFile {
 public:
  DamagedFile(const WeightFile& file, const std::string& tensor)
      : file_(file), name_(tensor), damaged_(*file.Find(tensor)) {
    damaged_.bytes = std::make_shared<NoNumbers>();
  }
  const ModelConfig& config() const override { return file_.config(); }
  const StoredTensor* Find(std::string_view name) const override {
    return name == name_ ? &damaged_ : file_.Find(name);
  }
  std::vector<std::string> names() const override { return file_.names(); }
  std::filesystem::path path() const override { return file_.path(); }

 private:
  const WeightFile& file_;
  const std::string name_;
  StoredTensor damaged_;
};

class BadLayerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int gpus = 0;
    if (cudaGetDeviceCount(&gpus) != cudaSuccess || gpus == 0) GTEST_SKIP() << "needs a GPU";
    setenv("NCCL_SOCKET_IFNAME", "none", 1);  // of ranks that are threads nothing goes through NCCL
    ModelConfig shape = ShapeByName("tiny");
    shape.layers = 4;
    path_ = testing::TempDir() + "bad_layer.gguf";
    ThreadPool threads(1);
    WriteSynthetic(shape, "q8_0", 5, path_, threads, [](size_t, size_t) {});
    file_ = OpenWeightFile(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  // What ends a prompt of so many tokens, in stages of one rank each.
  std::string Said(int layer, int stages, int tokens) {
    const DamagedFile damaged(*file_, "blk." + std::to_string(layer) + ".ffn_norm.weight");
    ThreadCluster cluster(TestSpec(damaged, 1, stages, 128), damaged);
    Request request;
    request.prompt.resize(tokens);
    std::iota(request.prompt.begin(), request.prompt.end(), 1);
    request.max_tokens = 2;
    try {
      cluster.Generate(request);
    } catch (const Error& e) {
      return e.what();
    }
    return "nothing";
  }

  std::filesystem::path path_;
  std::unique_ptr<WeightFile> file_;
};

TEST_F(BadLayerTest, IsTheFirst) {
  for (const int layer : {0, 1, 3}) {
    const std::string expected = "Layer " + std::to_string(layer) + " gave a value that is not";
    for (const int tokens : {1, 60}) EXPECT_THAT(Said(layer, 1, tokens), StartsWith(expected));
  }
}

// Later stages have not kept what they were handed.
TEST_F(BadLayerTest, OfALaterStageIsNoLaterThanItsLast) {
  EXPECT_THAT(Said(0, 2, 60), StartsWith("Layer 0 gave a value that is not"));
  EXPECT_THAT(Said(2, 2, 60), StartsWith("Layer 3 or one before it gave a value that is not"));
}

}  // namespace
}  // namespace lantern

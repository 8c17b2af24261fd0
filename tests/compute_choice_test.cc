// Which type a device's activations are in, by the types of the model's matrices.
#include <gtest/gtest.h>

#include <map>

#include "src/engine/run_spec.h"

namespace lantern {
namespace {

// Tensors' types and shapes, and nothing else of a file.
class Tensors : public WeightFile {
 public:
  explicit Tensors(bool tied = false) {
    config_.tied = tied;
    Put("token_embd.weight", DType::kQ8_0);
    Put("blk.0.attn_q.weight", DType::kQ8_0);
    Put("blk.0.attn_norm.weight", DType::kF32, 1);
  }
  void Put(const std::string& name, DType type, int rows = 64, int cols = 96) {
    tensors_[name] = {name, type, rows, cols};
  }

  const ModelConfig& config() const override { return config_; }
  const StoredTensor* Find(std::string_view name) const override {
    const auto found = tensors_.find(std::string(name));
    return found == tensors_.end() ? nullptr : &found->second;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors_) names.push_back(name);
    return names;
  }
  std::filesystem::path path() const override { return "none"; }

 private:
  ModelConfig config_;
  std::map<std::string, StoredTensor> tensors_;
};

TEST(ComputeChoice, IsWhatIsNamed) {
  for (const std::string name : {"bf16", "f16", "f32"}) {
    EXPECT_EQ(ChooseCompute(name, {}, Tensors()), name);
  }
}

TEST(ComputeChoice, IsF16WithoutMatricesInBF16) {
  Tensors file;
  EXPECT_EQ(ChooseCompute("auto", {}, file), "f16");
  file.Put("blk.0.attn_k.weight", DType::kF32);
  file.Put("blk.0.attn_v.weight", DType::kF16);
  EXPECT_EQ(ChooseCompute("auto", {}, file), "f16");
  file.Put("blk.0.attn_norm.weight", DType::kBF16, 1);  // norms are computed in f32
  EXPECT_EQ(ChooseCompute("auto", {}, file), "f16");
}

TEST(ComputeChoice, IsBF16WithOneMatrixInIt) {
  Tensors file;
  file.Put("blk.0.ffn_down.weight", DType::kBF16);
  EXPECT_EQ(ChooseCompute("auto", {}, file), "bf16");
}

TEST(ComputeChoice, GoesByTheHeadAndNotByATableThatIsOnlyLookedUp) {
  for (const bool tied : {false, true}) {
    Tensors file(tied);
    file.Put("token_embd.weight", DType::kBF16);
    EXPECT_EQ(ChooseCompute("auto", {}, file), tied ? "bf16" : "f16");
  }
}

TEST(ComputeChoice, GoesByConvertedTypes) {
  Tensors file;
  file.Put("blk.0.ffn_down.weight", DType::kBF16);
  EXPECT_EQ(ChooseCompute("auto", DType::kQ8_0, file), "f16");
  EXPECT_EQ(ChooseCompute("auto", DType::kBF16, Tensors()), "bf16");
  file.Put("blk.0.ffn_down.weight", DType::kBF16, 64, 90);  // no whole blocks: stays as it is
  EXPECT_EQ(ChooseCompute("auto", DType::kQ8_0, file), "bf16");
}

}  // namespace
}  // namespace lantern

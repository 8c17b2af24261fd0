// The model in the repository (models/tiny), whose weights are trained: against the logits of
// Hugging Face transformers, which had the same weights in float32, and against the ids it was
// trained on.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

#include "src/engine/tokenizer_loader.h"
#include "src/tensor/dtype.h"
#include "src/text/chat_format.h"
#include "tests/test_files.h"

namespace lantern {
namespace {

const std::filesystem::path kTests = LANTERN_TESTS_DIR;
const std::filesystem::path kGolden = kTests / "goldens/tiny";

std::vector<double> LogSoftmax(std::span<const float> logits) {
  const double max = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - max);
  std::vector<double> out;
  for (const float logit : logits) out.push_back(logit - max - std::log(sum));
  return out;
}

size_t Likeliest(std::span<const float> logits) {
  return std::max_element(logits.begin(), logits.end()) - logits.begin();
}

struct Distance {
  double mean_kl = 0, worst_kl = 0;  // nats a position, from transformers' distribution
  int same = 0;                      // positions with the same likeliest token
};

Distance Compare(std::span<const float> expected, std::span<const float> got, size_t vocab) {
  Distance distance;
  const size_t positions = expected.size() / vocab;
  for (size_t i = 0; i < positions; ++i) {
    const auto p = expected.subspan(i * vocab, vocab), q = got.subspan(i * vocab, vocab);
    const std::vector<double> log_p = LogSoftmax(p), log_q = LogSoftmax(q);
    double kl = 0;
    for (size_t id = 0; id < vocab; ++id) kl += std::exp(log_p[id]) * (log_p[id] - log_q[id]);
    distance.mean_kl += kl / positions;
    distance.worst_kl = std::max(distance.worst_kl, kl);
    distance.same += Likeliest(p) == Likeliest(q);
  }
  return distance;
}

struct TypeCase {
  const char* type;   // what weights are converted to; q8_0: as stored
  double mean_kl;     // at most
  double worst_kl;    // at most
  double same_share;  // at least, of likeliest tokens
};

class TinyModel : public testing::TestWithParam<TypeCase> {};

TEST_P(TinyModel, AnswersAsTransformersDoes) {
  const TypeCase& c = GetParam();
  const auto file = OpenWeightFile(kTests / "../models/tiny/lantern-tiny-q8_0.gguf");
  const size_t vocab = file->config().vocab;
  const std::vector<int> ids = ReadIds(kGolden / "ids.txt");
  const std::vector<float> expected = ReadFloats(kGolden / "logits.f32");
  ASSERT_GE(ids.size(), 64u);
  ASSERT_EQ(expected.size(), ids.size() * vocab);
  RunSpec spec = TestSpec(*file, 1, 1, static_cast<int>(ids.size()));
  spec.type = static_cast<int>(FindByName(c.type)->type);
  spec.kv_type = static_cast<int>(DType::kF32);
  const std::vector<float> logits = AllLogits(spec, *file, ids);
  ASSERT_EQ(logits.size(), expected.size());
  const Distance distance = Compare(expected, logits, vocab);
  EXPECT_LT(distance.mean_kl, c.mean_kl);
  EXPECT_LT(distance.worst_kl, c.worst_kl);
  EXPECT_GE(distance.same, c.same_share * static_cast<double>(ids.size()));
}

// Five to ten times what was measured when the golden was made (models/tiny/README.md).
INSTANTIATE_TEST_SUITE_P(Types, TinyModel,
                         testing::Values(TypeCase{"f32", 1e-6, 1e-6, 1},
                                         TypeCase{"f16", 1e-6, 1e-5, 0.98},
                                         TypeCase{"bf16", 3e-5, 1e-3, 0.98},
                                         TypeCase{"q8_0", 5e-4, 1e-2, 0.9},
                                         TypeCase{"q4_0", 3e-2, 0.5, 0.8}),
                         [](const auto& info) { return info.param.type; });

ChatRole RoleOf(const std::string& name) {
  if (name == "system") return ChatRole::kSystem;
  return name == "user" ? ChatRole::kUser : ChatRole::kAssistant;
}

TEST(TinyVocabulary, ChatsAreRenderedAsInTraining) {
  const auto tokenizer = LoadTokenizer(kTests / "../models/tiny/lantern-tiny-q8_0.gguf");
  const auto format = ChatFormat::Detect(*tokenizer);
  ASSERT_TRUE(format.has_value());
  std::ifstream in(kGolden / "dialogues.json");
  const auto conversations = nlohmann::json::parse(in);
  ASSERT_GE(conversations.size(), 20u);
  for (const auto& conversation : conversations) {
    std::vector<ChatMessage> messages;
    for (const auto& message : conversation.at("messages")) {
      messages.push_back({RoleOf(message.at("role")), message.at("content")});
    }
    EXPECT_EQ(format->Render(messages), conversation.at("ids").get<std::vector<int>>())
        << messages.back().text;
  }
}

}  // namespace
}  // namespace lantern

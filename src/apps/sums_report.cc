#include "src/apps/sums_report.h"

#include <fmt/format.h>

#include "src/engine/rank.h"

namespace lantern {

std::string FallbackSentence(Session& session) {
  const Stage& stage = session.rank().stage();
  if (!stage.fallback()) return {};
  return fmt::format(
      "Partial sums travel in f32 from here on, since {}: its machine computes wrongly, so test "
      "its "
      "memory, and run lantern check.",
      FallbackText(stage.fallback(), stage.sums().asked()));
}

std::string SumsText(Session& session) {
  const Reducer& sums = session.rank().stage().sums();
  if (sums.asked() == WireFormat::kF32 || session.plan().tp == 1) return {};
  const std::string sentence = FallbackSentence(session);
  return sentence.empty() ? fmt::format("Partial sums travel as {}; {} of rank 0's were checked.",
                                        WireName(sums.asked()), sums.checked_sums())
                          : sentence;
}

nlohmann::ordered_json SumsJson(Session& session) {
  const Stage& stage = session.rank().stage();
  const bool exact = stage.fallback() || stage.sums().asked() == WireFormat::kF32;
  const std::string sentence = FallbackSentence(session);
  nlohmann::ordered_json json;
  json["asked"] = WireName(stage.sums().asked());
  json["format"] = WireName(exact ? WireFormat::kF32 : stage.sums().format());
  json["checked"] = stage.sums().checked_sums();
  json["divided_steps"] = stage.divided_steps();
  json["fallback"] = sentence.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(sentence);
  return json;
}

}  // namespace lantern

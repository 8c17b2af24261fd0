// How a run's sums over ranks travelled: for people, and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "src/engine/session.h"

namespace lantern {

// Why sums travel in f32 though a lower precision was asked for; empty where they do not.
std::string FallbackSentence(Session& session);

// A sentence or two; empty where sums travel in f32 as asked, or there are none.
std::string SumsText(Session& session);

// {"asked", "format", "checked", "divided_steps", "fallback"}: how they were to travel and how they
// do now; of rank 0 so far, how many were checked, and in how many steps two GPUs divided their
// rows; and FallbackSentence or null.
nlohmann::ordered_json SumsJson(Session& session);

}  // namespace lantern

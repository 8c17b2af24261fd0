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

// {"asked", "format", "checked", "fallback"}: how they were to travel and how they do now, how many
// of rank 0's stage were checked so far, and FallbackSentence or null.
nlohmann::ordered_json SumsJson(Session& session);

}  // namespace lantern

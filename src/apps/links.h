// `lantern bench --links`: what sums over ranks cost over the links of a group.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "src/engine/session.h"

namespace lantern {

// A row for each size of rank 0's group, as the JSON that other programs read: microseconds of a
// message in one direction, of a sum by each algorithm, and which one is chosen.
// REQUIRES: a session whose first step has been run, with time_all.
nlohmann::ordered_json LinkRows(Session& session);

// `format`: text, markdown, csv or json.
void PrintLinks(const nlohmann::ordered_json& rows, const std::string& format);

}  // namespace lantern

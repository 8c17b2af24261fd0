#include "src/apps/links.h"

#include <fmt/format.h>

#include <vector>

#include "src/engine/rank.h"

namespace lantern {
namespace {

using LinkJson = nlohmann::ordered_json;

std::string LinkCell(const LinkJson& value) {
  if (value.is_null()) return "-";
  if (value.is_number_float()) return fmt::format("{:.1f}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void PrintLinkLine(const std::vector<std::string>& cells, const std::string& format) {
  std::string line;
  for (const std::string& cell : cells) {
    if (format == "csv") line += (line.empty() ? "" : ",") + (cell == "-" ? "" : cell);
    if (format == "markdown") line += fmt::format("| {} ", cell);
    if (format == "text") line += fmt::format("{:>12}", cell);
  }
  fmt::print("{}{}\n", line, format == "markdown" ? "|" : "");
}

}  // namespace

nlohmann::ordered_json LinkRows(Session& session) {
  const Reducer& sums = session.rank().stage().sums();
  const SumPlan plan = EqualPlan(session.plan().tp);
  LinkJson rows = LinkJson::array();
  for (const SumTiming& timing : sums.table().timings()) {
    LinkJson row;
    row["ranks"] = session.plan().tp;
    row["reduce"] = WireName(sums.format());
    row["bytes"] = timing.bytes;
    row["one_way_us"] = 1e6 * timing.one_way;
    for (const SumAlgorithm algorithm : kSumAlgorithms) {
      const double seconds = timing.of(algorithm);
      LinkJson& cell = row[std::string(SumAlgorithmName(algorithm)) + "_us"];
      if (seconds > 0) cell = 1e6 * seconds;
    }
    row["chosen"] = SumAlgorithmName(sums.AlgorithmFor(timing.bytes, plan));
    rows.push_back(row);
  }
  return rows;
}

void PrintLinks(const nlohmann::ordered_json& rows, const std::string& format) {
  if (format == "json") {
    fmt::print("{}\n", rows.dump());
    return;
  }
  std::vector<std::string> heads;
  for (const auto& item : rows[0].items()) heads.push_back(item.key());
  PrintLinkLine(heads, format);
  if (format == "markdown") PrintLinkLine(std::vector<std::string>(heads.size(), "-"), format);
  for (const LinkJson& row : rows) {
    std::vector<std::string> cells;
    for (const auto& item : row.items()) cells.push_back(LinkCell(item.value()));
    PrintLinkLine(cells, format);
  }
}

}  // namespace lantern

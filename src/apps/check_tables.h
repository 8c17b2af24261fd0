// How `lantern check` prints what it measured: Markdown as it comes, or one JSON object.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/reference/check_verdict.h"

namespace lantern {

// Beside the rows.
struct CheckSummary {
  std::string model;
  int tokens = 0;  // of the text that was read
  std::string gemm;
  std::vector<std::string> broken;  // promises
};

void PrintCheckHeading(const std::string& model, int tokens);
// `baseline`: the row that others are compared with; the row itself where it is that one.
void PrintCheckRow(const CheckRow& row, const CheckRow& baseline);
// What follows the rows: errors of sums by layer, where they were counted, and the reference.
void PrintCheckEnd(std::span<const CheckRow> rows);

void PrintCheckJson(std::span<const CheckRow> rows, const CheckSummary& summary);

}  // namespace lantern

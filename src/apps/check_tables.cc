#include "src/apps/check_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace lantern {
namespace {

using Json = nlohmann::ordered_json;

void PrintSums(std::span<const CheckRow> rows) {
  const auto counted = [](const CheckRow& row) { return !row.sums.empty(); };
  if (std::none_of(rows.begin(), rows.end(), counted)) return;
  fmt::print(
      "\nErrors of partial sums as they travelled:\n\n"
      "| layout | reduce | layer | worst | mean | bound |\n|-|-|-|-|-|-|\n");
  for (const CheckRow& row : rows) {
    for (size_t layer = 0; layer < row.sums.size(); ++layer) {
      const SumError& sum = row.sums[layer];
      fmt::print("| {}x{} | {} | {} | {:.2e} | {:.2e} | {:.2e} |\n", row.tp, row.pp, row.mode,
                 layer, sum.worst, sum.mean, sum.bound);
    }
  }
}

Json DistanceJson(const LogitsDistance& distance) {
  return {{"kl_mean", distance.mean_kl},
          {"kl_worst", distance.worst_kl},
          {"top1_agreement", distance.same_likeliest},
          {"normalized_error", distance.normalized_error},
          {"positions", distance.positions}};
}

Json RowJson(const CheckRow& row, const CheckRow& baseline) {
  Json json;
  json["layout"] = {
      {"tp", row.tp}, {"pp", row.pp}, {"ranks", row.tp * row.pp}, {"threads", row.threads}};
  json["device"] = row.device;
  json["reduce"] = row.mode;
  json["logits_hash"] = row.hash;
  json["perplexity"] = row.perplexity;
  if (row.distance) {
    json["perplexity_difference"] = row.perplexity - baseline.perplexity;
    json["distance"] = DistanceJson(*row.distance);
  }
  if (row.reference && &row != &baseline) json["reference"] = DistanceJson(*row.reference);
  json["wire_bytes_per_token"] = {{"sent", row.sent_per_token},
                                  {"received", row.received_per_token}};
  json["tokens_per_s"] = row.tokens_per_s;
  if (!row.fallback.empty()) json["fallback"] = row.fallback;
  for (const SumError& sum : row.sums) {
    json["sums"].push_back({{"worst", sum.worst}, {"mean", sum.mean}, {"bound", sum.bound}});
  }
  return json;
}

}  // namespace

void PrintCheckHeading(const std::string& model, int tokens) {
  fmt::print(
      "{}: {} tokens, compared with the first row\n\n"
      "| layout | reduce | threads | logits hash | KL mean | KL worst | same top-1 | perplexity "
      "| difference | bytes/token sent | tokens/s |\n|-|-|-|-|-|-|-|-|-|-|-|\n",
      model, tokens);
  std::fflush(stdout);
}

void PrintCheckRow(const CheckRow& row, const CheckRow& baseline) {
  std::string distance = " | | | ";
  std::string difference;
  if (row.distance) {
    distance = fmt::format("{:.2e} | {:.2e} | {:.2f}% | ", row.distance->mean_kl,
                           row.distance->worst_kl, 100 * row.distance->same_likeliest);
    difference = fmt::format("{:+.5f} ", row.perplexity - baseline.perplexity);
  }
  fmt::print("| {}x{}{}{} | {} | {} | {} | {}{:.5f} | {}| {:.0f} | {:.1f} |\n", row.tp, row.pp,
             row.on_cpu() ? "" : " ", row.on_cpu() ? "" : row.device, row.mode, row.threads,
             row.hash, distance, row.perplexity, difference, row.sent_per_token, row.tokens_per_s);
  std::fflush(stdout);
}

void PrintCheckEnd(std::span<const CheckRow> rows) {
  PrintSums(rows);
  for (const CheckRow& row : rows) {
    if (const auto& far = row.reference) {
      fmt::print(
          "\n{} against double precision, {} positions: KL mean {:.2e}, worst {:.2e}, "
          "same top-1 {:.2f}%, normalized squared error {:.2e}.\n",
          &row == &rows[0] ? "The first row" : row.Name(), far->positions, far->mean_kl,
          far->worst_kl, 100 * far->same_likeliest, far->normalized_error);
    }
  }
  std::fflush(stdout);
}

void PrintCheckJson(std::span<const CheckRow> rows, const CheckSummary& summary) {
  Json json;
  json["model"] = summary.model;
  json["tokens"] = summary.tokens;
  json["gemm"] = summary.gemm;
  json["rows"] = Json::array();
  for (const CheckRow& row : rows) json["rows"].push_back(RowJson(row, rows[0]));
  if (rows[0].reference) json["reference"] = DistanceJson(*rows[0].reference);
  json["broken"] = summary.broken;
  json["ok"] = summary.broken.empty();
  fmt::print("{}\n", json.dump());
}

}  // namespace lantern

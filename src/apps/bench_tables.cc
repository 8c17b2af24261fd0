#include "src/apps/bench_tables.h"

#include <fmt/format.h>

#include <cstdio>

#include "src/base/error.h"
#include "src/base/machine.h"

namespace lantern {
namespace {

using Json = nlohmann::ordered_json;

std::string LayoutText(const Json& layout) {
  return fmt::format("tp {} x pp {}, {} thread(s) a rank", layout["tp"].get<int>(),
                     layout["pp"].get<int>(), layout["threads"].get<int>());
}

// For people who watch: a heading for each layout, its rows, its memory.
class TextTable final : public BenchTable {
 public:
  void Add(const Json& row) override {
    if (row["layout"] != layout_) {
      if (!layout_.is_null()) PrintMemory();
      layout_ = row["layout"];
      const auto gemm = row["gemm"].get<std::string>();
      fmt::print("{}{}\n", LayoutText(layout_), gemm == "own" ? "" : ", prompts by " + gemm);
    }
    memory_ = row["memory"];
    Print(row);
  }
  void End() override {
    if (!layout_.is_null()) PrintMemory();
  }

 private:
  static void Print(const Json& row) {
    const Json& ms = row["ms_per_token"];
    fmt::print(
        "{:12} {:9.2f} +- {:6.2f} tokens/s   compute {:.2f}, wire {:.2f}, wait {:.2f} ms/token",
        row["test"].get<std::string>(), row["tokens_per_s"].get<double>(),
        row["stddev"].get<double>(), ms["compute"].get<double>(), ms["wire"].get<double>(),
        ms["wait"].get<double>());
    if (row["layout"]["ranks"].get<int>() > 1) {
      fmt::print("   {:.1f} KB/token sent",
                 row["wire_bytes_per_token"]["sent"].get<double>() / 1e3);
    }
    if (row.contains("read_share")) {
      fmt::print("   {:.1f} GB/s, {:.0f}% of this machine's {:.1f}",
                 row["weight_gb_per_s"].get<double>() + row["kv_gb_per_s"].get<double>(),
                 100 * row["read_share"].get<double>(), row["read_gb_per_s"].get<double>());
    }
    if (row.contains("gop_per_s")) fmt::print("   {:.0f} GOP/s", row["gop_per_s"].get<double>());
    fmt::print("   {}\n", row["logits_hash"].get<std::string>());
    std::fflush(stdout);
  }

  // Rank 0's: what is resident beyond weights and cache is activations, the program, its libraries.
  void PrintMemory() const {
    const auto bytes = [&](const char* name) { return HumanBytes(memory_[name].get<size_t>()); };
    fmt::print("memory       {} resident: {} weights, {} KV cache, and the rest\n",
               bytes("resident_bytes"), bytes("weight_bytes"), bytes("kv_cache_bytes"));
  }

  Json layout_, memory_;
};

// A column: its heading, where its value is in a row, and the digits behind the point that people
// want to see of it.
struct Column {
  const char* heading;
  const char* pointer;
  int digits = 0;
};

constexpr Column kColumns[] = {
    {"test", "/test"},
    {"tp", "/layout/tp"},
    {"pp", "/layout/pp"},
    {"threads", "/layout/threads"},
    {"tokens_per_s", "/tokens_per_s", 2},
    {"stddev", "/stddev", 2},
    {"min", "/min", 2},
    {"max", "/max", 2},
    {"repetitions", "/repetitions"},
    {"compute_ms_per_token", "/ms_per_token/compute", 2},
    {"wire_ms_per_token", "/ms_per_token/wire", 2},
    {"wait_ms_per_token", "/ms_per_token/wait", 2},
    {"sent_bytes_per_token", "/wire_bytes_per_token/sent", 0},
    {"received_bytes_per_token", "/wire_bytes_per_token/received", 0},
    {"weight_gb_per_s", "/weight_gb_per_s", 1},
    {"kv_gb_per_s", "/kv_gb_per_s", 2},
    {"read_gb_per_s", "/read_gb_per_s", 1},
    {"read_share", "/read_share", 2},
    {"gop_per_s", "/gop_per_s", 0},
    {"reduce", "/reduce"},
    {"gemm", "/gemm"},
    {"logits_hash", "/logits_hash"},
};

const Json* Value(const Json& row, const Column& column) {
  const Json::json_pointer pointer(column.pointer);
  return row.contains(pointer) ? &row.at(pointer) : nullptr;
}

// Text as it is, numbers in full; empty where the row has none.
std::string Exact(const Json* value) {
  if (value == nullptr) return "";
  return value->is_string() ? value->get<std::string>() : value->dump();
}

class CsvTable final : public BenchTable {
 public:
  void Add(const Json& row) override {
    if (!started_) Line([](const Column& column) { return column.heading; });
    started_ = true;
    Line([&](const Column& column) { return Exact(Value(row, column)); });
    std::fflush(stdout);
  }

 private:
  // No value holds a comma, a quote or the end of a line (RFC 4180).
  template <typename Cell>
  static void Line(const Cell& cell) {
    std::string line;
    for (const Column& column : kColumns)
      line += (line.empty() ? "" : ",") + std::string(cell(column));
    fmt::print("{}\n", line);
  }

  bool started_ = false;
};

// For a report: the same columns, rounded.
class MarkdownTable final : public BenchTable {
 public:
  void Add(const Json& row) override {
    if (!started_) {
      std::string heads = "|", rule = "|";
      for (const Column& column : kColumns) {
        heads += fmt::format(" {} |", column.heading);
        rule += "-|";
      }
      fmt::print("{}\n{}\n", heads, rule);
    }
    started_ = true;
    std::string line = "|";
    for (const Column& column : kColumns) line += fmt::format(" {} |", Cell(row, column));
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }

 private:
  static std::string Cell(const Json& row, const Column& column) {
    const Json* value = Value(row, column);
    if (value == nullptr || !value->is_number_float()) return Exact(value);
    return fmt::format("{:.{}f}", value->get<double>(), column.digits);
  }

  bool started_ = false;
};

// One array, which other programs read.
class JsonTable final : public BenchTable {
 public:
  void Add(const Json& row) override { rows_.push_back(row); }
  void End() override { fmt::print("{}\n", rows_.dump()); }

 private:
  Json rows_ = Json::array();
};

}  // namespace

std::unique_ptr<BenchTable> MakeBenchTable(const std::string& format) {
  if (format == "text") return std::make_unique<TextTable>();
  if (format == "markdown") return std::make_unique<MarkdownTable>();
  if (format == "csv") return std::make_unique<CsvTable>();
  if (format == "json") return std::make_unique<JsonTable>();
  Fail(ErrorKind::kConfig, "--format '{}' is not one of text, markdown, csv and json.", format);
}

}  // namespace lantern

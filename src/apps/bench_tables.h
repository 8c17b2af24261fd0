// How `lantern bench` prints its rows (bench_rows.h): as they come, but for JSON.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace lantern {

class BenchTable {
 public:
  virtual ~BenchTable() = default;
  virtual void Add(const nlohmann::ordered_json& row) = 0;
  virtual void End() {}
};

// `format`: text, markdown, csv or json. Throws Error{kConfig} for others.
std::unique_ptr<BenchTable> MakeBenchTable(const std::string& format);

}  // namespace lantern

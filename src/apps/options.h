// Flags shared by the subcommands.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "src/engine/sampling.h"
#include "src/engine/session.h"

namespace lantern {

// A way in which partial sums may travel (--reduce).
struct WireMode {
  std::string name;
  bool exact = true;  // keeps every bit, so that all layouts give one answer
};
// All that this version has, the exact one first.
std::vector<WireMode> WireModes();

// MODEL, and how it is spread and run.
struct ModelFlags {
  SessionOptions session;
  std::string type, kv, reduce = "f32", sum_algorithm, hosts, packed;
  bool json = false;

  void Register(CLI::App& app);
  // What the flags and the launcher's environment (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT)
  // amount to. Throws Error{kConfig}.
  SessionOptions Resolve() const;
};

// --key FILE, or the environment variable LANTERN_KEY.
void RegisterKey(CLI::App& app, std::string& key_file);

// Null for an empty name. Throws Error{kConfig}.
SharedKey ReadKey(const std::string& key_file);

// Sampling flags. Defaults are those of `params` before Register.
void RegisterSampling(CLI::App& app, SamplingParams& params);

// "1,2,3" to ids. Throws Error{kBadRequest} for anything else.
std::vector<int> ParseIds(const std::string& list);

// "a,b" to {"a", "b"}; nothing to nothing.
std::vector<std::string> ParseList(const std::string& list);

// "128,512" to positive numbers (0 allowed). Throws Error{kConfig} naming `flag`.
std::vector<int> ParseNumbers(const std::string& list, const std::string& flag);

}  // namespace lantern

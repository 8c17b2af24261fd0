// The subcommands. Each registers its flags and a callback that stores its exit code.
#pragma once

#include <CLI/CLI.hpp>

namespace lantern {

void RegisterChat(CLI::App& app, int& exit_code);
void RegisterRun(CLI::App& app, int& exit_code);
void RegisterKeyCommand(CLI::App& app, int& exit_code);
void RegisterWorker(CLI::App& app, int& exit_code);
void RegisterBench(CLI::App& app, int& exit_code);
void RegisterCheck(CLI::App& app, int& exit_code);
void RegisterInspect(CLI::App& app, int& exit_code);
void RegisterSynth(CLI::App& app, int& exit_code);
void RegisterTokenize(CLI::App& app, int& exit_code);
void RegisterScore(CLI::App& app, int& exit_code);

}  // namespace lantern

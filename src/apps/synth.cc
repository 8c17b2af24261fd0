// lantern synth: a model of a named shape with seeded random weights.
#include <fmt/format.h>

#include "models/synth.h"
#include "src/apps/commands.h"
#include "src/apps/progress.h"
#include "src/base/error.h"
#include "src/base/machine.h"

namespace lantern {
namespace {

struct SynthFlags {
  std::string shape, type = "q4_0", output;
  uint64_t seed = 1;
  int layers = 0, dim = 0, ffn = 0, heads = 0, kv_heads = 0, head_dim = 0, vocab = 0, context = 0;
};

constexpr int kSmallestVocabulary = 512;  // control pieces, bytes and characters need 357

ModelConfig Shape(const SynthFlags& flags) {
  ModelConfig shape = ShapeByName(flags.shape);
  const std::pair<int, int*> overrides[] = {
      {flags.layers, &shape.layers},     {flags.dim, &shape.dim},
      {flags.ffn, &shape.ffn},           {flags.heads, &shape.heads},
      {flags.kv_heads, &shape.kv_heads}, {flags.head_dim, &shape.head_dim},
      {flags.vocab, &shape.vocab},       {flags.context, &shape.context}};
  for (const auto& [value, field] : overrides) {
    if (value != 0) *field = value;
  }
  if (shape.vocab < kSmallestVocabulary) {
    Fail(ErrorKind::kConfig, "--vocab {} is too small: use {} or more.", shape.vocab,
         kSmallestVocabulary);
  }
  if (flags.head_dim != 0) shape.rope_divisor.clear();
  return shape;
}

int Synth(const SynthFlags& flags) {
  ThreadPool threads(PhysicalCores());
  ProgressBar bar("Writing " + flags.output);
  WriteSynthetic(Shape(flags), flags.type, flags.seed, flags.output, threads,
                 [&](size_t done, size_t total) { bar.Update(done, total); });
  return 0;
}

}  // namespace

void RegisterSynth(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<SynthFlags>();
  CLI::App* sub = app.add_subcommand("synth", "Write a model of a named shape, random weights");
  std::string shapes;
  for (const NamedShape& s : NamedShapes()) shapes += std::string(" ") + s.name;
  sub->add_option("--shape", flags->shape, "One of:" + shapes)->required();
  sub->add_option("--type", flags->type, "A format such as q4_0, or the mix q4_k_m or q5_k_m")
      ->capture_default_str();
  sub->add_option("-o,--output", flags->output, "The GGUF file to write")->required();
  sub->add_option("--seed", flags->seed, "Seed of the weights")->capture_default_str();
  const std::string group = "Instead of the shape's own";
  sub->add_option("--layers", flags->layers)->group(group);
  sub->add_option("--dim", flags->dim)->group(group);
  sub->add_option("--ffn", flags->ffn)->group(group);
  sub->add_option("--heads", flags->heads)->group(group);
  sub->add_option("--kv-heads", flags->kv_heads)->group(group);
  sub->add_option("--head-dim", flags->head_dim)->group(group);
  sub->add_option("--vocab", flags->vocab)->group(group);
  sub->add_option("--trained-ctx", flags->context)->group(group);
  sub->callback([flags, &exit_code] { exit_code = Synth(*flags); });
}

}  // namespace lantern

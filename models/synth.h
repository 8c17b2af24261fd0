// Synthetic models: named shapes with seeded random weights, so that anybody can benchmark a shape
// without a download. They have a vocabulary of pseudo-words and talk nonsense.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "models/config.h"
#include "src/base/thread_pool.h"

namespace lantern {

struct NamedShape {
  const char* name;
  int layers, dim, ffn, heads, kv_heads, head_dim, vocab, context;
  double rope_theta;
  bool tied;
  double rope_factor;  // Llama-3 scaling; 0: none
};
std::span<const NamedShape> NamedShapes();

// Throws Error{kConfig} naming the shapes there are.
ModelConfig ShapeByName(const std::string& name);

// `type`: a format's name, or a mix like q4_k_m. Throws Error{kConfig} for an unknown type or a
// shape that cannot be, Error{kIo} where the file cannot be written. progress(done, total) bytes.
void WriteSynthetic(const ModelConfig& shape, const std::string& type, uint64_t seed,
                    const std::filesystem::path& path, ThreadPool& threads,
                    const std::function<void(size_t, size_t)>& progress);

}  // namespace lantern

// Manifest: what a model is without its weights' bytes, so that a rank can plan and load a model
// whose file only rank 0 has; and RemoteWeights, such a model as a WeightFile.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/chunks.h"
#include "models/weight_file.h"

namespace lantern {

struct Manifest {
  struct Tensor {
    std::string name;
    DType type = DType::kF32;
    int64_t rows = 0, cols = 0;
  };
  std::string path;  // on rank 0, for error sentences
  ModelConfig config;
  std::vector<Tensor> tensors;  // by name; the position is the tensor's number
};

Manifest ManifestOf(const WeightFile& file);

std::vector<std::byte> EncodeManifest(const Manifest& manifest);
// Throws Error{kPeerLost} for bytes that no EncodeManifest made.
Manifest DecodeManifest(std::span<const std::byte> bytes);

// A model whose chunks come from elsewhere when they are acquired.
class RemoteWeights final : public WeightFile {
 public:
  // Gives the bytes of some chunks, in their order: of the tensor with this number (its place in
  // the manifest). All of a tensor's at a time, as asking for each alone would cost a round trip.
  using Source =
      std::function<std::vector<ChunkedBytes::Chunk>(int tensor, const std::vector<int>& chunks)>;

  RemoteWeights(const Manifest& manifest, Source source);

  const ModelConfig& config() const override { return config_; }
  const StoredTensor* Find(std::string_view name) const override;
  std::vector<std::string> names() const override;  // by number
  std::filesystem::path path() const override { return path_; }

  void Acquire(const std::string& tensor, LeafRange rows, LeafRange cols) const override;
  void Release(const std::string& tensor) const override;

  // REQUIRES: the model has a tensor of this name.
  int NumberOf(const std::string& name) const { return tensors_.at(name).number; }
  const ChunkCuts& Cuts(const std::string& name) const { return tensors_.at(name).chunks->cuts(); }

 private:
  struct Entry {
    int number;
    StoredTensor stored;
    std::shared_ptr<ChunkedBytes> chunks;
    mutable int users = 0;  // acquired and not released: a tied embedding has two
  };

  const std::filesystem::path path_;
  const ModelConfig config_;
  const Source source_;
  std::map<std::string, Entry, std::less<>> tensors_;
};

}  // namespace lantern

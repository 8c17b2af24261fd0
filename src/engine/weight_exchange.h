// Weight exchange: how ranks without the model's file get its bytes. Rank 0 serves the chunks of
// its file (FileBlobs); a worker brings those that its rank needs to its machine (BlobStore) and
// loads from them as from a file.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "models/manifest.h"
#include "models/model.h"
#include "net/blobs/blob_server.h"
#include "net/blobs/blob_store.h"

namespace lantern {

// A model file's chunks as blobs: one table per tensor, by the numbers of its manifest.
class FileBlobs final : public BlobSource {
 public:
  explicit FileBlobs(const WeightFile& file);

  size_t tables() const override { return tensors_.size(); }
  BlobList Describe(uint32_t table) override;
  std::vector<std::byte> Read(BlobId id) override;

 private:
  struct Tensor {
    const StoredTensor* stored;
    ChunkCuts cuts;
    std::optional<BlobList> list;  // once described
  };
  std::vector<Tensor> tensors_;
  std::mutex mutex_;  // guards the lists: one thread describes while another one reads
};

// The chunks of `weights` that `part` reads, by tensor.
std::vector<BlobNeed> ChunksOf(const RemoteWeights& weights, const ModelPart& part);

// Chunks of a local model file, to be believed where their hash agrees.
LocalCopy CopyOf(const WeightFile& file, const Manifest& manifest);

}  // namespace lantern

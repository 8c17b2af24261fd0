#include "src/engine/weight_exchange.h"

#include <map>

#include "src/base/error.h"

namespace lantern {

FileBlobs::FileBlobs(const WeightFile& file) {
  for (const std::string& name : file.names()) {
    tensors_.push_back({file.Find(name), CutsOf(file.config(), file, name), {}});
  }
}

BlobList FileBlobs::Describe(uint32_t table) {
  Tensor& tensor = tensors_.at(table);
  {
    const std::lock_guard lock(mutex_);
    if (tensor.list) return *tensor.list;
  }
  BlobList list;
  for (int chunk = 0; chunk < tensor.cuts.count(); ++chunk) {
    const std::vector<std::byte> bytes = ReadChunk(*tensor.stored, tensor.cuts, chunk);
    list.push_back({BlobHash::Of(bytes), static_cast<uint32_t>(bytes.size())});
  }
  tensor.stored->bytes->GiveBack();
  const std::lock_guard lock(mutex_);
  tensor.list = list;
  return list;
}

std::vector<std::byte> FileBlobs::Read(BlobId id) {
  const Tensor& tensor = tensors_.at(id.table);
  if (id.index >= static_cast<uint32_t>(tensor.cuts.count())) {
    Fail(ErrorKind::kIo, "{} has {} chunks, and chunk {} was asked for.", tensor.stored->where,
         tensor.cuts.count(), id.index);
  }
  std::vector<std::byte> bytes = ReadChunk(*tensor.stored, tensor.cuts, static_cast<int>(id.index));
  tensor.stored->bytes->GiveBack();
  return bytes;
}

std::vector<BlobNeed> ChunksOf(const RemoteWeights& weights, const ModelPart& part) {
  std::map<BlobId, size_t> chunks;  // the embedding of a tied model is asked for twice
  for (const TensorSlice& slice : part.Slices()) {
    // Before anything is fetched: a tensor of another shape would be refused when it is loaded.
    const StoredTensor& stored = weights.Get(slice.name, slice.rows, slice.cols);
    const auto table = static_cast<uint32_t>(weights.NumberOf(slice.name));
    const ChunkCuts& cuts = weights.Cuts(slice.name);
    const LeafRange range = cuts.Covering(slice.row, slice.col);
    for (int chunk = range.begin; chunk < range.end; ++chunk) {
      chunks.emplace(BlobId{table, static_cast<uint32_t>(chunk)}, ChunkBytes(stored, cuts, chunk));
    }
  }
  std::vector<BlobNeed> needs;
  for (const auto& [id, size] : chunks) needs.push_back({id, size});
  return needs;
}

LocalCopy CopyOf(const WeightFile& file, const Manifest& manifest) {
  auto source = std::make_shared<FileBlobs>(file);
  // By the leader's numbers: a copy may lack tensors, or have others.
  std::map<std::string, uint32_t> by_name;
  for (const std::string& name : file.names()) by_name.emplace(name, by_name.size());
  std::map<uint32_t, uint32_t> number;
  for (uint32_t theirs = 0; theirs < manifest.tensors.size(); ++theirs) {
    const auto mine = by_name.find(manifest.tensors[theirs].name);
    if (mine != by_name.end()) number[theirs] = mine->second;
  }
  return [source, number](const BlobId& id, size_t size) -> std::optional<Blob> {
    const auto mine = number.find(id.table);
    if (mine == number.end()) return std::nullopt;
    try {
      Blob blob = Blob::Own(source->Read({mine->second, id.index}));
      return blob.bytes.size() == size ? std::optional(blob) : std::nullopt;
    } catch (const Error&) {
      return std::nullopt;  // other cuts: another model
    }
  };
}

}  // namespace lantern

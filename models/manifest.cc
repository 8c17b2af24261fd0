#include "models/manifest.h"

#include <msgpack.hpp>

#include "models/tensor_names.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// Beyond any Llama (see models/config.cc), so that no cut of a tensor exhausts a machine.
constexpr int64_t kMaxRows = 1 << 24;
constexpr int64_t kMaxCols = 1 << 20;

using Packer = msgpack::packer<msgpack::sbuffer>;

template <class... T>
void PackAll(Packer& packer, const T&... values) {
  packer.pack_array(sizeof...(values));
  (packer.pack(values), ...);
}

void PackConfig(Packer& packer, const ModelConfig& c) {
  PackAll(packer, c.architecture, c.name, c.layers, c.dim, c.ffn, c.heads, c.kv_heads, c.head_dim,
          c.vocab, c.context, c.rope_theta, c.rope_divisor, c.norm_eps, c.sliding_window, c.tied);
}

template <class... T>
void UnpackAll(const msgpack::object& object, T&... values) {
  const auto items = object.as<std::vector<msgpack::object>>();
  if (items.size() != sizeof...(values)) throw msgpack::type_error();
  size_t i = 0;
  (items[i++].convert(values), ...);
}

ModelConfig UnpackConfig(const msgpack::object& object) {
  ModelConfig c;
  UnpackAll(object, c.architecture, c.name, c.layers, c.dim, c.ffn, c.heads, c.kv_heads, c.head_dim,
            c.vocab, c.context, c.rope_theta, c.rope_divisor, c.norm_eps, c.sliding_window, c.tied);
  return c;
}

Manifest::Tensor UnpackTensor(const msgpack::object& object, const ModelConfig& config) {
  Manifest::Tensor tensor;
  int type = -1;
  UnpackAll(object, tensor.name, type, tensor.rows, tensor.cols);
  const bool good = 0 <= type && type < kDTypeCount && 0 < tensor.rows && tensor.rows <= kMaxRows &&
                    0 < tensor.cols && tensor.cols <= kMaxCols &&
                    IsLlamaTensor(tensor.name, config.layers) &&
                    tensor.cols % Info(static_cast<DType>(type)).block == 0;
  if (!good) throw msgpack::type_error();
  tensor.type = static_cast<DType>(type);
  return tensor;
}

Manifest Unpack(const msgpack::object& object) {
  Manifest manifest;
  msgpack::object config;
  std::vector<msgpack::object> tensors;
  UnpackAll(object, manifest.path, config, tensors);
  for (char& c : manifest.path) {  // sentences show it on a terminal
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  manifest.config = UnpackConfig(config);
  Validate(manifest.config, "The leader's model");
  for (const msgpack::object& object : tensors) {
    Manifest::Tensor tensor = UnpackTensor(object, manifest.config);
    const bool in_order = manifest.tensors.empty() || manifest.tensors.back().name < tensor.name;
    if (!in_order) throw msgpack::type_error();
    manifest.tensors.push_back(std::move(tensor));
  }
  return manifest;
}

}  // namespace

Manifest ManifestOf(const WeightFile& file) {
  Manifest manifest{file.path().string(), file.config(), {}};
  for (const std::string& name : file.names()) {
    const StoredTensor& tensor = *file.Find(name);
    manifest.tensors.push_back({name, tensor.type, tensor.rows, tensor.cols});
  }
  return manifest;
}

std::vector<std::byte> EncodeManifest(const Manifest& manifest) {
  msgpack::sbuffer buffer;
  Packer packer(buffer);
  packer.pack_array(3);
  packer.pack(manifest.path);
  PackConfig(packer, manifest.config);
  packer.pack_array(manifest.tensors.size());
  for (const Manifest::Tensor& t : manifest.tensors) {
    PackAll(packer, t.name, static_cast<int>(t.type), t.rows, t.cols);
  }
  const auto bytes = std::as_bytes(std::span(buffer.data(), buffer.size()));
  return {bytes.begin(), bytes.end()};
}

Manifest DecodeManifest(std::span<const std::byte> bytes) {
  // Lengths are checked before anything is allocated for them: no part has more items than bytes.
  constexpr size_t kNone = 0, kMaxDepth = 4;
  const size_t size = bytes.size();
  const msgpack::unpack_limit limit(size, kNone, size, kNone, kNone, kMaxDepth);
  try {
    const auto handle =
        msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), size, nullptr, nullptr, limit);
    return Unpack(handle.get());
  } catch (const std::exception& e) {  // msgpack's, and ours about the configuration
    Fail(ErrorKind::kPeerLost, "The leader's description of the model cannot be read ({}).",
         e.what());
  }
}

RemoteWeights::RemoteWeights(const Manifest& manifest, Source source)
    : path_(manifest.path), config_(manifest.config), source_(std::move(source)) {
  int number = 0;
  for (const Manifest::Tensor& t : manifest.tensors) {
    const std::string where = manifest.path + ": tensor " + t.name;
    tensors_[t.name] = {number++, {where, t.type, t.rows, t.cols, nullptr}, nullptr};
  }
  for (auto& [name, entry] : tensors_) {  // cuts depend on other tensors' formats
    entry.chunks = std::make_shared<ChunkedBytes>(CutsOf(config_, *this, name), entry.stored.type,
                                                  entry.stored.cols);
    entry.stored.bytes = entry.chunks;
  }
}

const StoredTensor* RemoteWeights::Find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second.stored;
}

std::vector<std::string> RemoteWeights::names() const {
  std::vector<std::string> result;
  for (const auto& [name, entry] : tensors_) result.push_back(name);
  return result;
}

void RemoteWeights::Acquire(const std::string& tensor, LeafRange rows, LeafRange cols) const {
  const Entry& entry = tensors_.at(tensor);
  ++entry.users;
  const LeafRange wanted = entry.chunks->cuts().Covering(rows, cols);
  std::vector<int> missing;
  for (int chunk = wanted.begin; chunk < wanted.end; ++chunk) {
    if (!entry.chunks->Has(chunk)) missing.push_back(chunk);
  }
  if (missing.empty()) return;
  const std::vector<ChunkedBytes::Chunk> chunks = source_(entry.number, missing);
  LANTERN_CHECK_EQ(chunks.size(), missing.size());
  for (size_t i = 0; i < missing.size(); ++i) entry.chunks->Put(missing[i], chunks[i]);
}

void RemoteWeights::Release(const std::string& tensor) const {
  const Entry& entry = tensors_.at(tensor);
  if (--entry.users == 0) entry.chunks->Clear();
}

}  // namespace lantern

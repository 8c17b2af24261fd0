#include "models/manifest.h"

#include <msgpack.hpp>

#include "models/tensor_names.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// Far above any model; below what would exhaust a machine.
constexpr size_t kMaxTensors = 1 << 20;
constexpr int64_t kMaxSide = 1 << 30;

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
  const bool good = 0 <= type && type < kDTypeCount && 0 < tensor.rows && tensor.rows < kMaxSide &&
                    0 < tensor.cols && tensor.cols < kMaxSide &&
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
  manifest.config = UnpackConfig(config);
  Validate(manifest.config, "The leader's model");
  if (tensors.size() > kMaxTensors) throw msgpack::type_error();
  for (const msgpack::object& tensor : tensors) {
    manifest.tensors.push_back(UnpackTensor(tensor, manifest.config));
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
  try {
    const auto handle = msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size());
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
  for (int chunk = wanted.begin; chunk < wanted.end; ++chunk) {
    if (!entry.chunks->Has(chunk)) entry.chunks->Put(chunk, source_(entry.number, chunk));
  }
}

void RemoteWeights::Release(const std::string& tensor) const {
  const Entry& entry = tensors_.at(tensor);
  if (--entry.users == 0) entry.chunks->Clear();
}

}  // namespace lantern

#include "tests/file_builder.h"

#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "src/base/check.h"

namespace lantern::testing_files {
namespace {

void WriteString(ByteWriter& writer, std::string_view text) {
  writer.Write(static_cast<uint64_t>(text.size()));
  writer.AppendString(text);
}

std::vector<std::byte> Filled(uint64_t count, float value) {
  ByteWriter writer;
  for (uint64_t i = 0; i < count; ++i) writer.Write(value);
  return writer.bytes();
}

std::vector<std::byte> Cut(const ByteWriter& writer, size_t cut_bytes) {
  std::vector<std::byte> bytes = writer.bytes();
  LANTERN_CHECK_LE(cut_bytes, bytes.size());
  bytes.resize(bytes.size() - cut_bytes);
  return bytes;
}

void PadData(std::vector<std::byte>& data, uint64_t size) {
  if (data.size() < size) data.resize(size);
}

}  // namespace

GgufBuilder& GgufBuilder::Raw(std::string_view key, uint32_t type, const ByteWriter& payload) {
  ByteWriter value;
  value.Write(type);
  value.Append(payload.bytes());
  keys_.emplace_back(key, value.bytes());
  return *this;
}

GgufBuilder& GgufBuilder::String(std::string_view key, std::string_view value) {
  ByteWriter payload;
  WriteString(payload, value);
  return Raw(key, kString, payload);
}

GgufBuilder& GgufBuilder::Strings(std::string_view key, const std::vector<std::string>& values) {
  ByteWriter payload;
  payload.Write(uint32_t{kString});
  payload.Write(static_cast<uint64_t>(values.size()));
  for (const std::string& value : values) WriteString(payload, value);
  return Raw(key, kArray, payload);
}

GgufBuilder& GgufBuilder::Remove(std::string_view key) {
  const auto is_key = [&](const auto& entry) { return entry.first == key; };
  const auto end = std::remove_if(keys_.begin(), keys_.end(), is_key);
  LANTERN_CHECK(end != keys_.end());
  keys_.erase(end, keys_.end());
  return *this;
}

GgufBuilder& GgufBuilder::Add(Tensor tensor) {
  tensors_.push_back(std::move(tensor));
  return *this;
}

GgufBuilder& GgufBuilder::AddF32(const std::string& name, std::vector<uint64_t> dims, float value) {
  uint64_t count = 1;
  for (const uint64_t size : dims) count *= size;
  return Add({name, std::move(dims), 0, Filled(count, value), std::nullopt});
}

std::vector<std::byte> GgufBuilder::Build() const {
  ByteWriter writer;
  writer.Write(magic);
  writer.Write(version);
  writer.Write(tensor_count.value_or(tensors_.size()));
  writer.Write(key_count.value_or(keys_.size()));
  for (const auto& [key, value] : keys_) {
    WriteString(writer, key);
    writer.Append(value);
  }
  std::vector<std::byte> data;
  for (const Tensor& tensor : tensors_) {
    PadData(data, (data.size() + alignment - 1) / alignment * alignment);
    WriteString(writer, tensor.name);
    writer.Write(static_cast<uint32_t>(tensor.dims.size()));
    for (const uint64_t size : tensor.dims) writer.Write(size);
    writer.Write(tensor.type);
    writer.Write(tensor.offset.value_or(data.size()));
    data.insert(data.end(), tensor.data.begin(), tensor.data.end());
  }
  if (!tensors_.empty()) writer.PadTo(alignment);
  writer.Append(data);
  return Cut(writer, cut_bytes);
}

GgufBuilder TinyGgufLlama() {
  GgufBuilder file;
  file.String("general.architecture", "llama").String("general.name", "tiny");
  file.U32("llama.block_count", 1).U32("llama.embedding_length", 8);
  file.U32("llama.feed_forward_length", 16).U32("llama.context_length", 64);
  file.U32("llama.attention.head_count", 2).U32("llama.attention.head_count_kv", 1);
  file.F32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  file.AddF32("token_embd.weight", {8, 6}, 0.5f);
  file.AddF32("output_norm.weight", {8}, 1);
  file.AddF32("blk.0.attn_norm.weight", {8}, 1).AddF32("blk.0.ffn_norm.weight", {8}, 1);
  file.AddF32("blk.0.attn_q.weight", {8, 8}, 0.25f);
  file.AddF32("blk.0.attn_k.weight", {8, 4}, 0.25f).AddF32("blk.0.attn_v.weight", {8, 4}, 0.25f);
  file.AddF32("blk.0.attn_output.weight", {8, 8}, 0.25f);
  file.AddF32("blk.0.ffn_gate.weight", {8, 16}, 0.25f);
  file.AddF32("blk.0.ffn_up.weight", {8, 16}, 0.25f);
  file.AddF32("blk.0.ffn_down.weight", {16, 8}, 0.25f);
  return file;
}

SafetensorsBuilder& SafetensorsBuilder::Add(Tensor tensor) {
  tensors_.push_back(std::move(tensor));
  return *this;
}

SafetensorsBuilder& SafetensorsBuilder::AddF32(const std::string& name, std::vector<int64_t> shape,
                                               float value) {
  uint64_t count = 1;
  for (const int64_t size : shape) count *= static_cast<uint64_t>(size);
  return Add({name, std::move(shape), "F32", Filled(count, value), std::nullopt});
}

std::vector<std::byte> SafetensorsBuilder::Build() const {
  std::string text = R"({"__metadata__":{"format":"pt"})";
  std::vector<std::byte> data;
  for (const Tensor& tensor : tensors_) {
    const uint64_t begin = data.size();
    data.insert(data.end(), tensor.data.begin(), tensor.data.end());
    const auto [from, to] = tensor.offsets.value_or(std::pair{begin, uint64_t{data.size()}});
    text += fmt::format(R"(,"{}":{{"dtype":"{}","shape":[)", tensor.name, tensor.dtype);
    for (size_t i = 0; i < tensor.shape.size(); ++i) {
      text += fmt::format("{}{}", i == 0 ? "" : ",", tensor.shape[i]);
    }
    text += fmt::format(R"(],"data_offsets":[{},{}]}})", from, to);
  }
  text += "}";
  if (header) text = *header;
  ByteWriter writer;
  writer.Write(header_bytes.value_or(text.size()));
  writer.AppendString(text);
  writer.Append(data);
  return Cut(writer, cut_bytes);
}

std::string TinyHfConfig() {
  return R"({"model_type":"llama","hidden_size":8,"intermediate_size":16,"num_hidden_layers":1,
"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":6,"max_position_embeddings":64,
"rms_norm_eps":1e-05,"rope_theta":10000.0,"rope_scaling":null,"hidden_act":"silu",
"tie_word_embeddings":true,"attention_bias":false,"mlp_bias":false})";
}

SafetensorsBuilder TinyHfLlama() {
  SafetensorsBuilder file;
  file.AddF32("model.embed_tokens.weight", {6, 8}, 0.5f).AddF32("model.norm.weight", {8}, 1);
  const std::string layer = "model.layers.0.";
  file.AddF32(layer + "input_layernorm.weight", {8}, 1);
  file.AddF32(layer + "post_attention_layernorm.weight", {8}, 1);
  file.AddF32(layer + "self_attn.q_proj.weight", {8, 8}, 0.25f);
  file.AddF32(layer + "self_attn.k_proj.weight", {4, 8}, 0.25f);
  file.AddF32(layer + "self_attn.v_proj.weight", {4, 8}, 0.25f);
  file.AddF32(layer + "self_attn.o_proj.weight", {8, 8}, 0.25f);
  file.AddF32(layer + "mlp.gate_proj.weight", {16, 8}, 0.25f);
  file.AddF32(layer + "mlp.up_proj.weight", {16, 8}, 0.25f);
  file.AddF32(layer + "mlp.down_proj.weight", {8, 16}, 0.25f);
  return file;
}

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "lantern_test_XXXXXX").string();
  LANTERN_CHECK(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;  // a leftover folder must not hide a test's own failure
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempFolder::Write(const std::string& name,
                                        const std::vector<std::byte>& bytes) const {
  const std::filesystem::path file = path_ / name;
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  LANTERN_CHECK(out.good());
  return file;
}

std::filesystem::path TempFolder::WriteText(const std::string& name, std::string_view text) const {
  const auto bytes = std::as_bytes(std::span(text));
  return Write(name, {bytes.begin(), bytes.end()});
}

}  // namespace lantern::testing_files

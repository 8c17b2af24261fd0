#include "models/synth.h"

#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "models/gguf_writer.h"
#include "src/base/error.h"
#include "src/tensor/quant.h"

namespace lantern {
namespace {

constexpr NamedShape kShapes[] = {
    {"tiny", 4, 256, 768, 8, 4, 32, 2048, 2048, 1e4, true, 0},
    {"tinyllama-1.1b", 22, 2048, 5632, 32, 4, 64, 32000, 2048, 1e4, false, 0},
    {"llama-3.2-1b", 16, 2048, 8192, 32, 8, 64, 128256, 131072, 5e5, true, 32},
    {"llama-3.2-3b", 28, 3072, 8192, 24, 8, 128, 128256, 131072, 5e5, true, 32},
    {"llama-2-7b", 32, 4096, 11008, 32, 32, 128, 32000, 4096, 1e4, false, 0},
    {"mistral-7b", 32, 4096, 14336, 32, 8, 128, 32000, 32768, 1e6, false, 0},
    {"llama-3-8b", 32, 4096, 14336, 32, 8, 128, 128256, 8192, 5e5, false, 0},
    {"llama-3.1-8b", 32, 4096, 14336, 32, 8, 128, 128256, 131072, 5e5, false, 8},
    {"llama-2-13b", 40, 5120, 13824, 40, 40, 128, 32000, 4096, 1e4, false, 0},
    {"llama-2-70b", 80, 8192, 28672, 64, 8, 128, 32000, 4096, 1e4, false, 0},
    {"llama-3.1-70b", 80, 8192, 28672, 64, 8, 128, 128256, 131072, 5e5, false, 8},
};

// Which format each tensor gets: `base`, and `better` for the tensors that mixes treat with care
// (the head; values and down projections of some layers, as llama.cpp's K mixes choose them).
struct TypeMix {
  DType base, better;

  DType Of(const std::string& name, int layer, int layers, int64_t cols) const {
    const bool careful_layer =
        layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
    const bool careful =
        name == "output.weight" || (careful_layer && (name.find("attn_v") != std::string::npos ||
                                                      name.find("ffn_down") != std::string::npos));
    DType type = careful ? better : base;
    // Rows that no 256-element block fits fall back to a 32-element format of like size.
    if (cols % Info(type).block != 0) type = type == DType::kQ6_K ? DType::kQ8_0 : DType::kQ5_0;
    return cols % Info(type).block == 0 ? type : DType::kF16;
  }
};

TypeMix ParseMix(const std::string& name) {
  if (name == "q4_k_m") return {DType::kQ4_K, DType::kQ6_K};
  if (name == "q5_k_m") return {DType::kQ5_K, DType::kQ6_K};
  if (const DTypeInfo* info = FindByName(name)) return {info->type, info->type};
  std::vector<std::string> names;
  for (int i = 0; i < kDTypeCount; ++i) names.push_back(Info(static_cast<DType>(i)).name);
  Fail(ErrorKind::kConfig, "Unknown --type '{}': use q4_k_m, q5_k_m or one of {}.", name,
       fmt::join(names, ", "));
}

uint64_t SplitMix(uint64_t& state) {  // Steele, Lea, Flood: Fast splittable generators (2014)
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// Nearly normal values: four 16-bit uniforms each, summed and centred; variance deviation^2.
void FillRow(uint64_t key, float deviation, std::span<float> row) {
  const float scale = deviation / (65536.0f * 0.57735027f);  // sqrt(4 / 12)
  for (float& value : row) {
    const uint64_t r = SplitMix(key);
    const auto sum =
        static_cast<int>((r & 0xffff) + ((r >> 16) & 0xffff) + ((r >> 32) & 0xffff) + (r >> 48));
    value = static_cast<float>(sum - 131070) * scale;
  }
}

struct SyntheticTensor {
  std::string name;
  DType type;
  int64_t rows, cols;  // rows == 0: a vector
  float mean, deviation;
};

std::vector<SyntheticTensor> Tensors(const ModelConfig& c, const TypeMix& mix) {
  std::vector<SyntheticTensor> all;
  auto matrix = [&](const std::string& name, int layer, int64_t rows, int64_t cols, float gain) {
    all.push_back({name, mix.Of(name, layer, c.layers, cols), rows, cols, 0,
                   gain / std::sqrt(static_cast<float>(cols))});
  };
  auto norm = [&](const std::string& name, float mean = 1.0f) {
    all.push_back({name, DType::kF32, 0, c.dim, mean, 0.1f});
  };
  const int64_t q = int64_t{c.heads} * c.head_dim, kv = int64_t{c.kv_heads} * c.head_dim;
  // Small embeddings, so that the layers decide and not the last token alone; logits vary by
  // about 3.
  const float embedding = 0.05f;
  matrix("token_embd.weight", 0, c.vocab, c.dim, embedding * std::sqrt(static_cast<float>(c.dim)));
  for (int layer = 0; layer < c.layers; ++layer) {
    const std::string blk = "blk." + std::to_string(layer) + ".";
    norm(blk + "attn_norm.weight");
    matrix(blk + "attn_q.weight", layer, q, c.dim, 1.4f);
    matrix(blk + "attn_k.weight", layer, kv, c.dim, 1.4f);
    matrix(blk + "attn_v.weight", layer, kv, c.dim, 1.0f);
    matrix(blk + "attn_output.weight", layer, c.dim, q, 0.5f);
    norm(blk + "ffn_norm.weight");
    matrix(blk + "ffn_gate.weight", layer, c.ffn, c.dim, 1.0f);
    matrix(blk + "ffn_up.weight", layer, c.ffn, c.dim, 1.0f);
    matrix(blk + "ffn_down.weight", layer, c.dim, c.ffn, 0.5f);
  }
  norm("output_norm.weight",
       c.tied ? 3.0f / (embedding * std::sqrt(static_cast<float>(c.dim))) : 1.0f);
  if (!c.tied) matrix("output.weight", 0, c.vocab, c.dim, 3.0f);
  return all;
}

void AddShape(GgufWriter& out, const ModelConfig& c) {
  auto u32 = [](int value) { return static_cast<uint32_t>(value); };
  out.Add("general.architecture", "llama");
  out.Add("general.name", c.name);
  out.Add("llama.block_count", u32(c.layers));
  out.Add("llama.context_length", u32(c.context));
  out.Add("llama.embedding_length", u32(c.dim));
  out.Add("llama.feed_forward_length", u32(c.ffn));
  out.Add("llama.attention.head_count", u32(c.heads));
  out.Add("llama.attention.head_count_kv", u32(c.kv_heads));
  out.Add("llama.attention.key_length", u32(c.head_dim));
  out.Add("llama.attention.value_length", u32(c.head_dim));
  out.Add("llama.rope.dimension_count", u32(c.head_dim));
  out.Add("llama.rope.freq_base", static_cast<float>(c.rope_theta));
  out.Add("llama.attention.layer_norm_rms_epsilon", c.norm_eps);
  out.Add("llama.vocab_size", u32(c.vocab));
}

// Consonant-vowel words, one per number, so that nonsense can at least be read aloud.
std::string PseudoWord(int number) {
  static constexpr char kConsonants[] = "bdfghklmnprstvz", kVowels[] = "aeiou";
  std::string word;
  for (int n = number + 75; n > 0; n /= 75) {
    word += kConsonants[n % 75 / 5];
    word += kVowels[n % 5];
  }
  return word;
}

// A SentencePiece vocabulary: control pieces, bytes, printable characters, then words.
void AddVocabulary(GgufWriter& out, int size) {
  enum { kNormal = 1, kUnknown = 2, kControl = 3, kByte = 6 };
  std::vector<std::string> pieces = {"<unk>", "<s>", "</s>"};
  std::vector<int32_t> types = {kUnknown, kControl, kControl};
  for (int b = 0; b < 256; ++b) {
    pieces.push_back(fmt::format("<0x{:02X}>", b));
    types.push_back(kByte);
  }
  for (const char* special : {"<|im_start|>", "<|im_end|>"}) {
    pieces.push_back(special);
    types.push_back(kControl);
  }
  pieces.push_back("\u2581");
  for (char c = '!'; c <= '~'; ++c) pieces.push_back(std::string(1, c));
  for (int n = 0; static_cast<int>(pieces.size()) < size; ++n) {
    pieces.push_back("\u2581" + PseudoWord(n));
  }
  types.resize(pieces.size(), kNormal);
  std::vector<float> scores(size);
  for (int i = 0; i < size; ++i) scores[i] = static_cast<float>(-i);
  pieces.resize(size);
  types.resize(size);
  out.Add("tokenizer.ggml.model", "llama");
  out.Add("tokenizer.ggml.tokens", std::span<const std::string>(pieces));
  out.Add("tokenizer.ggml.scores", std::span<const float>(scores));
  out.Add("tokenizer.ggml.token_type", std::span<const int32_t>(types));
  out.Add("tokenizer.ggml.bos_token_id", uint32_t{1});
  out.Add("tokenizer.ggml.eos_token_id", uint32_t{260});
  out.Add("tokenizer.ggml.unknown_token_id", uint32_t{0});
  out.Add("tokenizer.ggml.add_bos_token", true);
  out.Add("tokenizer.chat_template",
          "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}"
          "<|im_end|>\n{% endfor %}<|im_start|>assistant\n");
}

void AppendTensor(GgufWriter& out, const SyntheticTensor& tensor, uint64_t seed,
                  ThreadPool& threads) {
  const int64_t rows = std::max<int64_t>(tensor.rows, 1);
  const size_t row_bytes = RowBytes(tensor.type, tensor.cols);
  // A few MB at a time, in parallel.
  const int64_t batch = std::clamp<int64_t>(int64_t{4 << 20} / tensor.cols, 1, rows);
  std::vector<std::byte> bytes(batch * row_bytes);
  for (int64_t first = 0; first < rows; first += batch) {
    const int count = static_cast<int>(std::min(batch, rows - first));
    threads.ParallelFor(count, [&](int i) {
      std::vector<float> row(tensor.cols);
      uint64_t key = seed + XXH64(tensor.name.data(), tensor.name.size(), 0) +
                     uint64_t(first + i) * 0x632BE5AB;
      FillRow(SplitMix(key), tensor.deviation, row);
      for (float& value : row) value += tensor.mean;
      EncodeRow(tensor.type, row.data(), tensor.cols, &bytes[i * row_bytes]);
    });
    out.Append(std::span(bytes).first(count * row_bytes));
  }
}

}  // namespace

std::span<const NamedShape> NamedShapes() { return kShapes; }

ModelConfig ShapeByName(const std::string& name) {
  std::vector<std::string> names;
  for (const NamedShape& s : kShapes) {
    names.push_back(s.name);
    if (name != s.name) continue;
    ModelConfig c;
    c.architecture = "llama";
    c.name = "synthetic " + name;
    c.layers = s.layers;
    c.dim = s.dim;
    c.ffn = s.ffn;
    c.heads = s.heads;
    c.kv_heads = s.kv_heads;
    c.head_dim = s.head_dim;
    c.vocab = s.vocab;
    c.context = s.context;
    c.rope_theta = s.rope_theta;
    c.tied = s.tied;
    if (s.rope_factor > 0) {
      c.rope_divisor = Llama3RopeDivisors(s.rope_theta, s.head_dim, s.rope_factor, 1, 4, 8192);
    }
    return c;
  }
  Fail(ErrorKind::kConfig, "Unknown --shape '{}': use one of {}.", name, fmt::join(names, ", "));
}

void WriteSynthetic(const ModelConfig& shape, const std::string& type, uint64_t seed,
                    const std::filesystem::path& path, ThreadPool& threads,
                    const std::function<void(size_t, size_t)>& progress) {
  Validate(shape, "The shape");
  const std::vector<SyntheticTensor> tensors = Tensors(shape, ParseMix(type));
  GgufWriter out;
  AddShape(out, shape);
  AddVocabulary(out, shape.vocab);
  const int divisors = static_cast<int>(shape.rope_divisor.size());
  if (divisors > 0) out.Declare("rope_freqs.weight", DType::kF32, 0, divisors);
  for (const SyntheticTensor& t : tensors) out.Declare(t.name, t.type, t.rows, t.cols);
  out.Open(path);
  if (divisors > 0) {
    const std::vector<float> f32(shape.rope_divisor.begin(), shape.rope_divisor.end());
    out.Append(std::as_bytes(std::span(f32)));
  }
  size_t done = 0;
  for (const SyntheticTensor& t : tensors) {
    AppendTensor(out, t, seed, threads);
    done += RowBytes(t.type, t.cols) * std::max<int64_t>(t.rows, 1);
    progress(done, out.data_bytes());
  }
  out.Close();
}

}  // namespace lantern

#include "models/weight_file.h"

#include "models/gguf_weights.h"
#include "models/hf_weights.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {

int64_t StoredTensor::FileRow(int64_t row) const {
  if (paired_head_dim == 0) return row;
  const int64_t head = row / paired_head_dim;
  const int64_t pair = row % paired_head_dim / 2, second = row % 2;
  return head * paired_head_dim + second * (paired_head_dim / 2) + pair;
}

const std::byte* StoredTensor::Row(int64_t row) const {
  LANTERN_CHECK_GE(row, 0);
  LANTERN_CHECK_LT(row, rows);
  return data + static_cast<size_t>(FileRow(row)) * RowBytes(type, cols);
}

const StoredTensor& WeightFile::Get(std::string_view name, int64_t rows, int64_t cols) const {
  const StoredTensor* tensor = Find(name);
  if (tensor == nullptr) {
    Fail(ErrorKind::kIo, "{} has no tensor {}, which this model needs.", path().string(), name);
  }
  if (tensor->rows != rows || tensor->cols != cols) {
    Fail(ErrorKind::kIo, "{} is {} x {}, but the model's configuration asks for {} x {}.",
         tensor->where, tensor->rows, tensor->cols, rows, cols);
  }
  return *tensor;
}

std::unique_ptr<WeightFile> OpenWeightFile(const std::filesystem::path& path) {
  std::error_code ignored;  // what cannot be looked at cannot be opened either, which says why
  if (std::filesystem::is_directory(path, ignored)) return OpenHfWeights(path);
  if (path.extension() == ".safetensors") {
    Fail(ErrorKind::kIo, "{} holds tensors alone; give the folder that has its config.json too.",
         path.string());
  }
  return OpenGgufWeights(path);
}

}  // namespace lantern

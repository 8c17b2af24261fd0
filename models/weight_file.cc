#include "models/weight_file.h"

#include "models/gguf_weights.h"
#include "models/hf_weights.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {

void StoredTensor::ReadRow(int64_t row, size_t offset, std::span<std::byte> out) const {
  LANTERN_CHECK(0 <= row && row < rows);
  LANTERN_CHECK_LE(offset + out.size(), row_bytes());
  bytes->Read(row, offset, out);
}

std::vector<std::byte> StoredTensor::Row(int64_t row) const {
  std::vector<std::byte> result(row_bytes());
  ReadRow(row, 0, result);
  return result;
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

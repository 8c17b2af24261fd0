#include "models/mapped_weights.h"

#include <cstring>

#include "models/tensor_names.h"
#include "src/base/error.h"
#include "src/base/mmap.h"

namespace lantern {
namespace {

class MappedBytes final : public TensorBytes {
 public:
  explicit MappedBytes(const MappedTensor& tensor)
      : tensor_(tensor), row_bytes_(RowBytes(tensor.type, tensor.cols)) {}

  void Read(int64_t row, size_t offset, std::span<std::byte> out) const override {
    const std::byte* begin = tensor_.data + tensor_.FileRow(row) * row_bytes_ + offset;
    std::memcpy(out.data(), begin, out.size());
  }
  void GiveBack() const override { GiveBackPages({tensor_.data, tensor_.rows * row_bytes_}); }

 private:
  const MappedTensor tensor_;
  const size_t row_bytes_;
};

}  // namespace

int64_t MappedTensor::FileRow(int64_t row) const {
  if (paired_head_dim == 0) return row;
  const int64_t head = row / paired_head_dim;
  const int64_t pair = row % paired_head_dim / 2, second = row % 2;
  return head * paired_head_dim + second * (paired_head_dim / 2) + pair;
}

const StoredTensor* MappedWeights::Find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

std::vector<std::string> MappedWeights::names() const {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : tensors_) result.push_back(name);
  return result;
}

void MappedWeights::Release(const std::string& tensor) const {
  if (const StoredTensor* stored = Find(tensor)) stored->bytes->GiveBack();
}

void MappedWeights::Add(const std::string& name, const MappedTensor& tensor) {
  if (!IsLlamaTensor(name, config_.layers)) {
    Fail(ErrorKind::kIo, "{} is not part of a Llama of {} layers, so the model cannot be run.",
         tensor.where, config_.layers);
  }
  if (tensor.paired_head_dim > 0 && tensor.rows % tensor.paired_head_dim != 0) {
    Fail(ErrorKind::kIo, "{} has {} rows, which are not whole heads of {}.", tensor.where,
         tensor.rows, tensor.paired_head_dim);
  }
  const auto [place, added] =
      tensors_.emplace(name, StoredTensor{tensor.where, tensor.type, tensor.rows, tensor.cols,
                                          std::make_shared<MappedBytes>(tensor)});
  if (!added) Fail(ErrorKind::kIo, "{} occurs in a second file too.", place->second.where);
}

}  // namespace lantern

#include "models/mapped_weights.h"

#include "models/tensor_names.h"
#include "src/base/error.h"

namespace lantern {

const StoredTensor* MappedWeights::Find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

std::vector<std::string> MappedWeights::names() const {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : tensors_) result.push_back(name);
  return result;
}

void MappedWeights::Add(const std::string& name, StoredTensor tensor) {
  if (!IsLlamaTensor(name, config_.layers)) {
    Fail(ErrorKind::kIo, "{} is not part of a Llama of {} layers, so the model cannot be run.",
         tensor.where, config_.layers);
  }
  if (tensor.paired_head_dim > 0 && tensor.rows % tensor.paired_head_dim != 0) {
    Fail(ErrorKind::kIo, "{} has {} rows, which are not whole heads of {}.", tensor.where,
         tensor.rows, tensor.paired_head_dim);
  }
  const auto [place, added] = tensors_.emplace(name, std::move(tensor));
  if (!added) Fail(ErrorKind::kIo, "{} occurs in a second file too.", place->second.where);
}

}  // namespace lantern

#include "models/loader.h"

#include <cstring>
#include <vector>

#include "src/base/check.h"
#include "src/tensor/quant.h"

namespace lantern {

RawWeight Loader::Raw(const TensorSlice& slice) const {
  const StoredTensor& stored = file_.Get(slice.name, slice.rows, slice.cols);
  const DType type = slice.type;
  const int columns = slice.col.size();
  LANTERN_CHECK_EQ(slice.col.begin % Info(stored.type).block, 0);
  const size_t skipped = RowBytes(stored.type, slice.col.begin);
  const size_t row_bytes = RowBytes(stored.type, columns);
  RawWeight raw{slice.name, type, slice.row.size(), columns, {}};
  raw.read_row = [&stored, first = slice.row.begin, skipped, row_bytes, type, columns](
                     int row, std::byte* bytes) {
    const std::byte* source = stored.Row(first + row) + skipped;
    if (stored.type == type) {
      std::memcpy(bytes, source, row_bytes);
      return;
    }
    std::vector<float> values(columns);
    DecodeRow(stored.type, source, columns, values.data());
    EncodeRow(type, values.data(), columns, bytes);
  };
  return raw;
}

WeightMatrix Loader::Load(const TensorSlice& slice) {
  Backend::RequireSupport(context_, slice.type);
  WeightMatrix packed = Backend::PackWeight(context_, Raw(slice));
  bytes_done_ += packed.bytes;
  if (progress_) progress_(bytes_done_);
  return packed;
}

Tensor Loader::LoadVector(const std::string& name, int size, BufferOwner& owner) {
  const StoredTensor& stored = file_.Get(name, 1, size);
  Tensor vector = Backend::Allocate(context_, owner, 1, size);
  DecodeRow(stored.type, stored.data, size, vector.f32());
  return vector;
}

}  // namespace lantern

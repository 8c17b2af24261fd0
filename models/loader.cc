#include "models/loader.h"

#include <vector>

#include "src/base/check.h"
#include "src/tensor/quant.h"

namespace lantern {

RawWeight Loader::Raw(const TensorSlice& slice) const {
  const StoredTensor& stored = file_.Get(slice.name, slice.rows, slice.cols);
  file_.Acquire(slice.name, slice.row, slice.col);
  RawWeight raw{slice.name, slice.type, slice.row.size(), slice.col.size(), {}};
  // A slice that is converted may begin inside a stored block: whole blocks around it are decoded,
  // so that every value is the one that an unsplit load gives.
  const int block = Info(stored.type).block;
  const int begin = slice.col.begin / block * block;
  const int end = (slice.col.end + block - 1) / block * block;
  const int skipped = slice.col.begin - begin;
  const size_t offset = RowBytes(stored.type, begin);
  if (stored.type == slice.type) {
    LANTERN_CHECK_EQ(skipped, 0);
    raw.read_row = [&stored, first = slice.row.begin, offset,
                    bytes = RowBytes(stored.type, raw.in)](int row, std::byte* out) {
      stored.ReadRow(first + row, offset, {out, bytes});
    };
  } else {
    raw.read_row = [&stored, first = slice.row.begin, offset, skipped, width = end - begin,
                    type = raw.type, columns = raw.in](int row, std::byte* out) {
      std::vector<std::byte> bytes(RowBytes(stored.type, width));
      stored.ReadRow(first + row, offset, bytes);
      std::vector<float> values(width);
      DecodeRow(stored.type, bytes.data(), width, values.data());
      EncodeRow(type, values.data() + skipped, columns, out);
    };
  }
  return raw;
}

WeightMatrix Loader::Load(const TensorSlice& slice) {
  Backend::RequireSupport(context_, slice.type);
  PackedPlace place;
  if (store_ != nullptr) {
    place.data = store_->Take(Backend::PackedBytes(slice.type, slice.row.size(), slice.col.size()));
    place.filled = store_->filled();
  }
  WeightMatrix packed = Backend::PackWeight(context_, Raw(slice), place);
  file_.Release(slice.name);
  loaded_.push_back(packed);
  bytes_done_ += packed.bytes;
  if (progress_) progress_(bytes_done_);
  return packed;
}

Tensor Loader::LoadVector(const std::string& name, int size, BufferOwner& owner) {
  const StoredTensor& stored = file_.Get(name, 1, size);
  file_.Acquire(name, {0, 1}, {0, size});
  Tensor vector = Backend::Allocate(context_, owner, 1, size);
  DecodeRow(stored.type, stored.Row(0).data(), size, vector.f32());
  file_.Release(name);
  return vector;
}

}  // namespace lantern

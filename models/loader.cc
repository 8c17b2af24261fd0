#include "models/loader.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "src/base/check.h"
#include "src/tensor/quant.h"

namespace lantern {

namespace {

// The longest block of any format: rows are converted that many columns at a time, on the stack.
constexpr int kLongestBlock = 256;

// Columns `col` of a stored row as `type`. They may begin inside a stored block: whole blocks
// around them are decoded, so that every value is the one that an unsplit load gives.
void ConvertRow(const StoredTensor& stored, int64_t row, LeafRange col, DType type,
                std::byte* out) {
  const int block = Info(stored.type).block;
  std::array<float, 3 * kLongestBlock> values;
  std::array<std::byte, sizeof(values)> bytes;
  for (int column = col.begin; column < col.end; column += kLongestBlock) {
    const int columns = std::min(kLongestBlock, col.end - column);
    const int begin = column / block * block;
    const int end = (column + columns + block - 1) / block * block;
    LANTERN_CHECK_LE(static_cast<size_t>(end - begin), values.size());
    const std::span stored_bytes = std::span(bytes).first(RowBytes(stored.type, end - begin));
    stored.ReadRow(row, RowBytes(stored.type, begin), stored_bytes);
    DecodeRow(stored.type, stored_bytes.data(), end - begin, values.data());
    EncodeRow(type, values.data() + (column - begin), columns, out);
    out += RowBytes(type, columns);
  }
}

}  // namespace

RawWeight Loader::Raw(const TensorSlice& slice) const {
  const StoredTensor& stored = file_.Get(slice.name, slice.rows, slice.cols);
  file_.Acquire(slice.name, slice.row, slice.col);
  RawWeight raw{slice.name, slice.type, slice.row.size(), slice.col.size(), {}};
  const int first = slice.row.begin;
  if (stored.type == slice.type) {
    LANTERN_CHECK_EQ(slice.col.begin % Info(stored.type).block, 0);
    raw.read_row = [&stored, first, offset = RowBytes(stored.type, slice.col.begin),
                    bytes = RowBytes(stored.type, raw.in)](int row, std::byte* out) {
      stored.ReadRow(first + row, offset, {out, bytes});
    };
  } else {
    raw.read_row = [&stored, first, col = slice.col, type = raw.type](int row, std::byte* out) {
      ConvertRow(stored, first + row, col, type, out);
    };
  }
  return raw;
}

std::vector<WeightMatrix> Loader::Load(std::span<const TensorSlice> slices) {
  std::vector<RawWeight> shapes;
  for (const TensorSlice& slice : slices) {
    Backend::RequireSupport(context_, slice.type);
    shapes.push_back({slice.name, slice.type, slice.row.size(), slice.col.size(), {}});
  }
  const std::vector<PackedPlace> places = Backend::PlaceTogether(context_, shapes);
  std::vector<WeightMatrix> packed;
  for (size_t i = 0; i < slices.size(); ++i) packed.push_back(Pack(slices[i], places[i]));
  return packed;
}

WeightMatrix Loader::Pack(const TensorSlice& slice, PackedPlace place) {
  if (store_ != nullptr) {
    const DeviceOptions host{.name = "cpu"};  // as the store's files are
    place.data =
        store_->Take(Backend::PackedBytes(host, slice.type, slice.row.size(), slice.col.size()));
    place.filled = store_->filled();
  }
  WeightMatrix packed = Backend::PackWeight(context_, Raw(slice), place);
  file_.Release(slice.name);
  loaded_.push_back(packed);
  bytes_done_ += packed.bytes;
  if (progress_) progress_(bytes_done_);
  return packed;
}

EmbeddingTable Loader::LoadTable(const TensorSlice& slice) {
  return Backend::MakeTable(context_, Raw(slice));
}

Tensor Loader::LoadVector(const std::string& name, int size, BufferOwner& owner) {
  const StoredTensor& stored = file_.Get(name, 1, size);
  file_.Acquire(name, {0, 1}, {0, size});
  Tensor vector = Backend::Allocate(context_, owner, 1, size, DType::kF32);
  std::vector<float> values(size);
  DecodeRow(stored.type, stored.Row(0).data(), size, values.data());
  Backend::Upload(context_, vector, values);
  file_.Release(name);
  return vector;
}

}  // namespace lantern

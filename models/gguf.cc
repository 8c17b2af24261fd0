#include "models/gguf.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "models/printable.h"
#include "src/base/error.h"

namespace lantern {
namespace {

constexpr uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr uint32_t kMaxRank = 4;
constexpr uint64_t kDefaultAlignment = 32;
constexpr int kMaxArrayDepth = 4;  // arrays in arrays; no writer is known to use even one level
// The fewest bytes that one entry can take; counts beyond what these allow are lies.
constexpr uint64_t kMinKeyBytes = 8 + 4 + 1;             // length, type, value
constexpr uint64_t kMinTensorBytes = 8 + 4 + 8 + 4 + 8;  // length, rank, one dim, type, offset

constexpr std::array<const char*, 13> kTypeNames = {
    "uint8", "int8",   "uint16", "int16",  "uint32", "int32",  "float32",
    "bool",  "string", "array",  "uint64", "int64",  "float64"};
// Bytes of one element; 0 where that varies.
constexpr std::array<uint8_t, 13> kTypeBytes = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

constexpr GgufType kIntTypes[] = {GgufType::kUint8,  GgufType::kInt8,   GgufType::kUint16,
                                  GgufType::kInt16,  GgufType::kUint32, GgufType::kInt32,
                                  GgufType::kUint64, GgufType::kInt64};
constexpr GgufType kFloatTypes[] = {GgufType::kFloat32, GgufType::kFloat64};
constexpr GgufType kFloat32Type[] = {GgufType::kFloat32};
constexpr GgufType kBoolType[] = {GgufType::kBool};
constexpr GgufType kStringType[] = {GgufType::kString};

const char* NameOf(GgufType type) { return kTypeNames[static_cast<size_t>(type)]; }
uint64_t BytesOf(GgufType type) { return kTypeBytes[static_cast<size_t>(type)]; }

// a * b, or nothing where 64 bits do not hold it.
std::optional<uint64_t> Multiply(uint64_t a, uint64_t b) {
  uint64_t product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

std::string_view ReadString(ByteReader& reader) {
  const auto length = reader.Read<uint64_t>();
  return reader.TakeString(length);
}

GgufType ReadGgufType(ByteReader& reader, std::string_view key) {
  const auto id = reader.Read<uint32_t>();
  if (id >= kTypeNames.size()) {
    Fail(ErrorKind::kIo, "{}: key {} has the unknown value type {}.", reader.what(), Printable(key),
         id);
  }
  return static_cast<GgufType>(id);
}

template <class T>
T Load(const std::byte* source) {
  T value;
  std::memcpy(&value, source, sizeof(T));
  return value;
}

// The integer at `source`; nothing where it does not fit into int64.
std::optional<int64_t> LoadInt(GgufType type, const std::byte* source) {
  switch (type) {
    case GgufType::kUint8:
      return Load<uint8_t>(source);
    case GgufType::kInt8:
      return Load<int8_t>(source);
    case GgufType::kUint16:
      return Load<uint16_t>(source);
    case GgufType::kInt16:
      return Load<int16_t>(source);
    case GgufType::kUint32:
      return Load<uint32_t>(source);
    case GgufType::kInt32:
      return Load<int32_t>(source);
    case GgufType::kInt64:
      return Load<int64_t>(source);
    default:
      break;
  }
  const auto value = Load<uint64_t>(source);
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return static_cast<int64_t>(value);
}

int64_t RequireInt(const GgufFile& file, std::string_view key, const GgufValue& value,
                   uint64_t index) {
  const auto number = LoadInt(value.type, value.payload.data() + index * BytesOf(value.type));
  if (!number) {
    Fail(ErrorKind::kIo, "{}: key {} holds a number beyond 63 bits.", file.name(), Printable(key));
  }
  return *number;
}

void RequirePlausible(const ByteReader& reader, const char* what, uint64_t count,
                      uint64_t min_bytes) {
  if (count > reader.remaining() / min_bytes) {
    Fail(ErrorKind::kIo, "{} says that it has {} {}, more than {} bytes can hold; fetch it again.",
         reader.what(), count, what, reader.remaining());
  }
}

void ReadMagicAndVersion(ByteReader& reader) {
  if (reader.remaining() < 8 || reader.Read<uint32_t>() != kMagic) {
    Fail(ErrorKind::kIo, "{} is not a GGUF file: it does not begin with the letters GGUF.",
         reader.what());
  }
  const auto version = reader.Read<uint32_t>();
  if (version != 0 && (version & 0xffff) == 0) {
    Fail(ErrorKind::kIo, "{} is a big-endian GGUF file; convert it to little endian.",
         reader.what());
  }
  if (version != 2 && version != 3) {
    Fail(ErrorKind::kIo, "{} is GGUF version {}, but only versions 2 and 3 can be read.",
         reader.what(), version);
  }
}

std::string ReadableTypes() {
  std::string names;
  for (int i = 0; i < kDTypeCount; ++i) {
    names += std::string(i == 0 ? "" : ", ") + Info(static_cast<DType>(i)).name;
  }
  return names;
}

}  // namespace

GgufFile::GgufFile(const std::filesystem::path& path)
    : file_(std::make_unique<MappedFile>(path)), bytes_(file_->bytes()), name_(path.string()) {
  Parse();
}

GgufFile::GgufFile(std::span<const std::byte> bytes, std::string name)
    : bytes_(bytes), name_(std::move(name)) {
  Parse();
}

void GgufFile::Parse() {
  ByteReader reader(bytes_, name_);
  ReadMagicAndVersion(reader);
  const auto tensor_count = reader.Read<uint64_t>();
  const auto key_count = reader.Read<uint64_t>();
  RequirePlausible(reader, "keys", key_count, kMinKeyBytes);
  for (uint64_t i = 0; i < key_count; ++i) ReadKey(reader);
  RequirePlausible(reader, "tensors", tensor_count, kMinTensorBytes);
  const uint64_t alignment = Alignment();
  std::vector<Extent> extents;
  for (uint64_t i = 0; i < tensor_count; ++i) extents.push_back(ReadTensor(reader, alignment));
  const uint64_t data_begin = (reader.offset() + alignment - 1) / alignment * alignment;
  PlaceTensors(data_begin, extents);
}

void GgufFile::ReadKey(ByteReader& reader) {
  const std::string_view key = ReadString(reader);
  if (key.empty()) Fail(ErrorKind::kIo, "{} has a metadata key without a name.", name_);
  const GgufValue value = ReadValue(reader, key);
  if (!values_.emplace(key, value).second) {
    Fail(ErrorKind::kIo, "{}: key {} occurs twice.", name_, Printable(key));
  }
}

GgufValue GgufFile::ReadValue(ByteReader& reader, std::string_view key) const {
  GgufValue value;
  value.type = ReadGgufType(reader, key);
  if (value.type == GgufType::kArray) {
    value.is_array = true;
    value.type = ReadGgufType(reader, key);
    value.count = reader.Read<uint64_t>();
  }
  const uint64_t begin = reader.offset();
  SkipElements(reader, key, value.type, value.count, 0);
  value.payload = bytes_.subspan(begin, reader.offset() - begin);
  return value;
}

void GgufFile::SkipElements(ByteReader& reader, std::string_view key, GgufType type, uint64_t count,
                            int depth) const {
  if (const uint64_t size = BytesOf(type); size > 0) {
    RequirePlausible(reader, "array elements", count, size);
    reader.Take(count * size);
    return;
  }
  if (depth > kMaxArrayDepth) {
    Fail(ErrorKind::kIo, "{}: key {} nests arrays more than {} deep.", name_, Printable(key),
         kMaxArrayDepth);
  }
  for (uint64_t i = 0; i < count; ++i) {
    if (type == GgufType::kString) {
      ReadString(reader);
    } else {
      const GgufType element = ReadGgufType(reader, key);
      const auto elements = reader.Read<uint64_t>();
      SkipElements(reader, key, element, elements, depth + 1);
    }
  }
}

uint64_t GgufFile::Alignment() const {
  const int64_t alignment = Int("general.alignment").value_or(kDefaultAlignment);
  if (alignment <= 0 || alignment % 8 != 0 || alignment > (1 << 20)) {
    Fail(ErrorKind::kIo, "{}: general.alignment is {}, which should be a multiple of 8 up to 2^20.",
         name_, alignment);
  }
  return static_cast<uint64_t>(alignment);
}

void GgufFile::ReadShape(ByteReader& reader, GgufTensor& tensor) const {
  const auto rank = reader.Read<uint32_t>();
  if (rank < 1 || rank > kMaxRank) {
    Fail(ErrorKind::kIo, "{}: tensor {} has {} dimensions, which should be 1 to {}.", name_,
         Printable(tensor.name), rank, kMaxRank);
  }
  uint64_t rows = 1;
  for (uint32_t i = 0; i < rank; ++i) {
    const auto size = reader.Read<uint64_t>();
    if (size == 0) {
      Fail(ErrorKind::kIo, "{}: tensor {} has a dimension of 0.", name_, Printable(tensor.name));
    }
    // Nothing beyond the file's own bytes can be a true size: the smallest block is 2 elements
    // in a byte, and the check also keeps every later product within 63 bits.
    const auto product = Multiply(rows, size);
    if (size > bytes_.size() * 2 || !product || *product > bytes_.size() * 2) {
      Fail(ErrorKind::kIo, "{}: tensor {} has more elements than the file has bytes for.", name_,
           Printable(tensor.name));
    }
    if (i == 0) {
      tensor.cols = static_cast<int64_t>(size);
    } else {
      rows = *product;
    }
  }
  tensor.rows = static_cast<int64_t>(rows);
}

void GgufFile::ReadType(ByteReader& reader, GgufTensor& tensor) const {
  const auto id = reader.Read<uint32_t>();
  const DTypeInfo* info = FindByGgmlType(id);
  if (info == nullptr) {
    Fail(ErrorKind::kIo, "{}: tensor {} has the type id {}, which cannot be read; use one of {}.",
         name_, Printable(tensor.name), id, ReadableTypes());
  }
  if (tensor.cols % info->block != 0) {
    Fail(ErrorKind::kIo, "{}: tensor {} has rows of {}, no multiple of the {} of a {} block.",
         name_, Printable(tensor.name), tensor.cols, info->block, info->name);
  }
  tensor.type = info->type;
}

GgufFile::Extent GgufFile::ReadTensor(ByteReader& reader, uint64_t alignment) {
  GgufTensor tensor;
  tensor.name = ReadString(reader);
  if (tensor.name.empty()) Fail(ErrorKind::kIo, "{} has a tensor without a name.", name_);
  ReadShape(reader, tensor);
  ReadType(reader, tensor);
  const auto offset = reader.Read<uint64_t>();
  if (offset % alignment != 0) {
    Fail(ErrorKind::kIo, "{}: tensor {} begins at offset {}, not aligned to {}.", name_,
         Printable(tensor.name), offset, alignment);
  }
  const auto bytes =
      Multiply(RowBytes(tensor.type, tensor.cols), static_cast<uint64_t>(tensor.rows));
  if (!bytes || *bytes > bytes_.size() || offset > bytes_.size()) {
    Fail(ErrorKind::kIo, "{}: tensor {} reaches past the end of the file; fetch it again.", name_,
         Printable(tensor.name));
  }
  if (!tensor_index_.emplace(tensor.name, tensors_.size()).second) {
    Fail(ErrorKind::kIo, "{}: tensor {} occurs twice.", name_, Printable(tensor.name));
  }
  tensors_.push_back(tensor);
  return {offset, offset + *bytes};
}

void GgufFile::PlaceTensors(uint64_t data_begin, const std::vector<Extent>& extents) {
  const uint64_t available = data_begin > bytes_.size() ? 0 : bytes_.size() - data_begin;
  std::vector<size_t> order(tensors_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return extents[a].begin < extents[b].begin; });
  for (size_t k = 0; k < order.size(); ++k) {
    const Extent extent = extents[order[k]];
    GgufTensor& tensor = tensors_[order[k]];
    if (extent.end > available) {
      Fail(ErrorKind::kIo, "{}: tensor {} reaches past the end of the file; fetch it again.", name_,
           Printable(tensor.name));
    }
    if (k > 0 && extents[order[k - 1]].end > extent.begin) {
      Fail(ErrorKind::kIo, "{}: tensors {} and {} overlap.", name_,
           Printable(tensors_[order[k - 1]].name), Printable(tensor.name));
    }
    tensor.data = bytes_.subspan(data_begin + extent.begin, extent.end - extent.begin);
  }
}

const GgufTensor* GgufFile::FindTensor(std::string_view name) const {
  const auto found = tensor_index_.find(name);
  return found == tensor_index_.end() ? nullptr : &tensors_[found->second];
}

const GgufValue* GgufFile::Find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

// The value of `key` where it is of one of `types`; nullptr when absent.
const GgufValue* GgufFile::FindOf(std::string_view key, bool array, std::span<const GgufType> types,
                                  std::string_view expected) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return nullptr;
  const bool fits = std::find(types.begin(), types.end(), value->type) != types.end();
  if (value->is_array != array || !fits) {
    Fail(ErrorKind::kIo, "{}: key {} is {}{}, but {} is expected.", name_, Printable(key),
         value->is_array ? "an array of " : "of type ", NameOf(value->type), expected);
  }
  return value;
}

std::optional<int64_t> GgufFile::Int(std::string_view key) const {
  const GgufValue* value = FindOf(key, false, kIntTypes, "an integer");
  if (value == nullptr) return std::nullopt;
  return RequireInt(*this, key, *value, 0);
}

std::optional<double> GgufFile::Float(std::string_view key) const {
  const GgufValue* value = FindOf(key, false, kFloatTypes, "a floating-point number");
  if (value == nullptr) return std::nullopt;
  if (value->type == GgufType::kFloat32) return Load<float>(value->payload.data());
  return Load<double>(value->payload.data());
}

std::optional<bool> GgufFile::Bool(std::string_view key) const {
  const GgufValue* value = FindOf(key, false, kBoolType, "a bool");
  if (value == nullptr) return std::nullopt;
  return Load<uint8_t>(value->payload.data()) != 0;
}

std::optional<std::string_view> GgufFile::String(std::string_view key) const {
  const GgufValue* value = FindOf(key, false, kStringType, "a string");
  if (value == nullptr) return std::nullopt;
  ByteReader reader(value->payload, name_);
  return ReadString(reader);
}

std::optional<std::vector<std::string_view>> GgufFile::Strings(std::string_view key) const {
  const GgufValue* value = FindOf(key, true, kStringType, "an array of strings");
  if (value == nullptr) return std::nullopt;
  ByteReader reader(value->payload, name_);
  std::vector<std::string_view> strings(value->count);
  for (std::string_view& text : strings) text = ReadString(reader);
  return strings;
}

std::optional<std::vector<int64_t>> GgufFile::Ints(std::string_view key) const {
  const GgufValue* value = FindOf(key, true, kIntTypes, "an array of integers");
  if (value == nullptr) return std::nullopt;
  std::vector<int64_t> numbers(value->count);
  for (uint64_t i = 0; i < value->count; ++i) numbers[i] = RequireInt(*this, key, *value, i);
  return numbers;
}

std::optional<std::vector<float>> GgufFile::Floats(std::string_view key) const {
  const GgufValue* value = FindOf(key, true, kFloat32Type, "an array of float32");
  if (value == nullptr) return std::nullopt;
  std::vector<float> numbers(value->count);
  for (uint64_t i = 0; i < value->count; ++i) numbers[i] = Load<float>(&value->payload[4 * i]);
  return numbers;
}

}  // namespace lantern

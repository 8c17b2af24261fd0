#include "models/safetensors.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "models/json_file.h"
#include "models/printable.h"
#include "src/base/bytes.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit that the format's own reader has

// Bytes of an element of the types that can be read; 0 for others.
uint64_t ElementBytes(const std::string& dtype) {
  if (dtype == "F32") return 4;
  return dtype == "F16" || dtype == "BF16" ? 2 : 0;
}

// The array `key` of `entry` as sizes that fit into int64; nothing where it is anything else.
std::optional<std::vector<int64_t>> Sizes(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_array()) return std::nullopt;
  std::vector<int64_t> sizes;
  for (const Json& item : *found) {
    constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    if (!item.is_number_unsigned() || item.get<uint64_t>() > kMax) return std::nullopt;
    sizes.push_back(item.get<int64_t>());
  }
  return sizes;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : file_(std::make_unique<MappedFile>(path)), bytes_(file_->bytes()), name_(path.string()) {
  Parse();
}

SafetensorsFile::SafetensorsFile(std::span<const std::byte> bytes, std::string name)
    : bytes_(bytes), name_(std::move(name)) {
  Parse();
}

void SafetensorsFile::Parse() {
  ByteReader reader(bytes_, name_);
  const auto header_bytes = reader.Read<uint64_t>();
  if (header_bytes > kMaxHeaderBytes) {
    Fail(ErrorKind::kIo, "{} is not a safetensors file: its header would have {} bytes.", name_,
         header_bytes);
  }
  const Json header = ParseJsonObject(reader.TakeString(header_bytes), name_ + ": its header");
  const auto data = reader.Take(reader.remaining());
  for (const auto& [tensor, entry] : header.items()) {
    if (tensor != "__metadata__") tensors_.push_back(ReadTensor(tensor, entry, data));
  }
  CheckOverlaps();
}

SafetensorsTensor SafetensorsFile::ReadTensor(const std::string& tensor, const Json& entry,
                                              std::span<const std::byte> data) const {
  const auto fail = [&](const char* reason) {
    Fail(ErrorKind::kIo, "{}: tensor {} {}.", name_, Printable(tensor), reason);
  };
  if (!entry.is_object()) fail("is not described by a JSON object");
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) fail("has no dtype");
  const auto shape = Sizes(entry, "shape");
  if (!shape) fail("has no shape of whole numbers");
  const auto offsets = Sizes(entry, "data_offsets");
  if (!offsets || offsets->size() != 2) fail("has no pair of data offsets");
  const auto begin = static_cast<uint64_t>((*offsets)[0]),
             end = static_cast<uint64_t>((*offsets)[1]);
  if (begin > end) fail("ends before it begins");
  if (end > data.size()) fail("reaches past the end of the file; fetch it again");
  SafetensorsTensor result{tensor, dtype->get<std::string>(), *shape,
                           data.subspan(begin, end - begin)};
  CheckBytes(result);
  return result;
}

void SafetensorsFile::CheckBytes(const SafetensorsTensor& tensor) const {
  uint64_t bytes = ElementBytes(tensor.dtype);
  if (bytes == 0) return;
  for (const int64_t size : tensor.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) {
      Fail(ErrorKind::kIo, "{}: tensor {} has more elements than any file.", name_,
           Printable(tensor.name));
    }
  }
  if (bytes != tensor.data.size()) {
    Fail(ErrorKind::kIo, "{}: tensor {} has {} bytes, but its shape and type {} ask for {}.", name_,
         Printable(tensor.name), tensor.data.size(), tensor.dtype, bytes);
  }
}

void SafetensorsFile::CheckOverlaps() const {
  std::vector<const SafetensorsTensor*> order;
  for (const SafetensorsTensor& tensor : tensors_) {
    if (!tensor.data.empty()) order.push_back(&tensor);
  }
  std::sort(order.begin(), order.end(),
            [](auto* a, auto* b) { return a->data.data() < b->data.data(); });
  for (size_t i = 1; i < order.size(); ++i) {
    if (order[i - 1]->data.data() + order[i - 1]->data.size() > order[i]->data.data()) {
      Fail(ErrorKind::kIo, "{}: tensors {} and {} overlap.", name_, Printable(order[i - 1]->name),
           Printable(order[i]->name));
    }
  }
}

}  // namespace lantern

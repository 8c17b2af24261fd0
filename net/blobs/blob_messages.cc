#include "net/blobs/blob_messages.h"

#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

#include "src/base/bytes.h"
#include "src/base/error.h"

namespace lantern::blobs {
namespace {

constexpr size_t kMaxSentence = 4096;
constexpr size_t kTypes = std::variant_size_v<Header>;

void CleanTexts(Refusal& refusal) {
  if (refusal.sentence.size() > kMaxSentence) refusal.sentence.resize(kMaxSentence);
  for (char& c : refusal.sentence) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
}
template <class T>
void CleanTexts(T&) {}

template <class T>
Header ConvertBody(const msgpack::object& body) {
  T result = body.as<T>();
  CleanTexts(result);
  return result;
}

// One decoder for each alternative, in order.
template <size_t... kIndices>
Header ConvertBody(size_t type, const msgpack::object& body, std::index_sequence<kIndices...>) {
  using Converter = Header (*)(const msgpack::object&);
  constexpr std::array<Converter, kTypes> kConverters = {
      &ConvertBody<std::variant_alternative_t<kIndices, Header>>...};
  return kConverters[type](body);
}

Header ConvertUnpacked(const msgpack::object& object) {
  if (object.type != msgpack::type::ARRAY || object.via.array.size != 3) {
    throw msgpack::type_error();
  }
  const msgpack::object* parts = object.via.array.ptr;
  const auto type = parts[1].as<uint64_t>();
  if (parts[0].as<int>() != kProtocol || type >= kTypes) throw msgpack::type_error();
  return ConvertBody(type, parts[2], std::make_index_sequence<kTypes>());
}

// How many records of `record_bytes` there are.
size_t CountRecords(std::span<const std::byte> payload, size_t record_bytes, size_t limit,
                    const char* what) {
  const size_t count = payload.size() / record_bytes;
  if (payload.size() % record_bytes != 0 || count > limit) {
    Fail(ErrorKind::kIo, "A message with {} has a payload of {} bytes: not up to {} times {}.",
         what, payload.size(), limit, record_bytes);
  }
  return count;
}

// REQUIRES: T has no padding.
template <class T>
std::vector<std::byte> EncodeRecords(std::span<const T> records) {
  const auto bytes = std::as_bytes(records);
  return {bytes.begin(), bytes.end()};
}

template <class T>
std::vector<T> DecodeRecords(std::span<const std::byte> payload, const char* what) {
  std::vector<T> records(CountRecords(payload, sizeof(T), kMaxAsked, what));
  if (!records.empty()) std::memcpy(records.data(), payload.data(), payload.size());
  return records;
}

}  // namespace

std::vector<std::byte> EncodeHeader(const Header& header) {
  msgpack::sbuffer buffer;
  msgpack::packer<msgpack::sbuffer> packer(buffer);
  packer.pack_array(3);
  packer.pack(kProtocol);
  packer.pack(header.index());
  std::visit([&](const auto& body) { packer.pack(body); }, header);
  const auto bytes = std::as_bytes(std::span(buffer.data(), buffer.size()));
  return {bytes.begin(), bytes.end()};
}

Header DecodeHeader(std::span<const std::byte> bytes) {
  // Lengths are checked before anything is allocated for them.
  constexpr size_t kMaxArray = 4, kMaxMap = 0, kMaxBinary = 0, kMaxExt = 0, kMaxDepth = 3;
  const msgpack::unpack_limit limit(kMaxArray, kMaxMap, bytes.size(), kMaxBinary, kMaxExt,
                                    kMaxDepth);
  try {
    const auto handle = msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size(),
                                        nullptr, nullptr, limit);
    return ConvertUnpacked(handle.get());
  } catch (const std::exception& e) {  // msgpack throws from several trees
    Fail(ErrorKind::kIo, "A weight message's header of {} bytes is malformed ({}).", bytes.size(),
         e.what());
  }
}

std::vector<std::byte> EncodeTables(std::span<const uint32_t> tables) {
  return EncodeRecords(tables);
}

std::vector<uint32_t> DecodeTables(std::span<const std::byte> payload) {
  return DecodeRecords<uint32_t>(payload, "table numbers");
}

std::vector<std::byte> EncodeIds(std::span<const BlobId> ids) {
  static_assert(std::has_unique_object_representations_v<BlobId>);
  return EncodeRecords(ids);
}

std::vector<BlobId> DecodeIds(std::span<const std::byte> payload) {
  return DecodeRecords<BlobId>(payload, "blob numbers");
}

std::vector<std::byte> EncodeList(const BlobList& list) {
  ByteWriter writer;
  for (const BlobInfo& info : list) {
    writer.Write(info.hash.high);
    writer.Write(info.hash.low);
    writer.Write(info.size);
  }
  return writer.bytes();
}

BlobList DecodeList(std::span<const std::byte> payload) {
  BlobList list(CountRecords(payload, kListRecordBytes, kMaxBlobsPerTable, "a table's blobs"));
  ByteReader reader(payload, "a table's blobs");
  for (BlobInfo& info : list) {
    info.hash.high = reader.Read<uint64_t>();
    info.hash.low = reader.Read<uint64_t>();
    info.size = reader.Read<uint32_t>();
    if (info.size == 0 || info.size > kMaxBlobBytes) {
      Fail(ErrorKind::kIo, "A table's blobs include one of {} bytes; 1 to {} are possible.",
           info.size, kMaxBlobBytes);
    }
  }
  return list;
}

}  // namespace lantern::blobs

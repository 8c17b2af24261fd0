#include "net/control/messages.h"

#include <array>
#include <type_traits>
#include <utility>

#include "src/base/error.h"

namespace lantern::control {
namespace {

constexpr size_t kMaxName = 256;
constexpr size_t kMaxSentence = 4096;
constexpr size_t kRefuseType = 0;
static_assert(std::is_same_v<std::variant_alternative_t<kRefuseType, Message>, Refuse>);
constexpr size_t kForeignType = std::variant_size_v<Message> - 1;
static_assert(std::is_same_v<std::variant_alternative_t<kForeignType, Message>, Foreign>);

void Clean(std::string& text, size_t limit) {
  if (text.size() > limit) text.resize(limit);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
}

void CleanTexts(Join& join) {
  for (std::string* text : {&join.build, &join.host, &join.isa, &join.data_address}) {
    Clean(*text, kMaxName);
  }
}
void CleanTexts(Welcome& welcome) {
  Clean(welcome.epoch, kMaxName);
  Clean(welcome.leader_host, kMaxName);
}
void CleanTexts(Refuse& refuse) { Clean(refuse.reason, kMaxSentence); }
void CleanTexts(Lost& lost) { Clean(lost.reason, kMaxSentence); }
void CleanTexts(Report& report) { Clean(report.reason, kMaxSentence); }
template <class T>
void CleanTexts(T&) {}

template <class T>
Message ConvertBody(const msgpack::object& body) {
  T result = body.as<T>();
  CleanTexts(result);
  return result;
}

// One decoder for each alternative, in order.
template <size_t... kTypes>
Message ConvertBody(size_t type, const msgpack::object& body, std::index_sequence<kTypes...>) {
  using Converter = Message (*)(const msgpack::object&);
  constexpr std::array<Converter, sizeof...(kTypes)> kConverters = {
      &ConvertBody<std::variant_alternative_t<kTypes, Message>>...};
  return kConverters[type](body);
}

Message DecodeUnpacked(const msgpack::object& object) {
  if (object.type != msgpack::type::ARRAY || object.via.array.size < 3) {
    throw msgpack::type_error();
  }
  const msgpack::object* parts = object.via.array.ptr;
  const int protocol = parts[0].as<int>();
  const auto type = parts[1].as<uint64_t>();
  if (protocol != kProtocol && type != kRefuseType) return Foreign{protocol};
  if (type >= kForeignType) throw msgpack::type_error();
  return ConvertBody(type, parts[2], std::make_index_sequence<kForeignType>());
}

}  // namespace

std::vector<std::byte> Encode(const Message& message, int protocol) {
  msgpack::sbuffer buffer;
  msgpack::packer<msgpack::sbuffer> packer(buffer);
  packer.pack_array(3);
  packer.pack(protocol);
  packer.pack(message.index());
  std::visit([&](const auto& body) { packer.pack(body); }, message);
  const auto bytes = std::as_bytes(std::span(buffer.data(), buffer.size()));
  return {bytes.begin(), bytes.end()};
}

Message Decode(std::span<const std::byte> bytes) {
  // Lengths are checked before anything is allocated for them. Nothing we send nests deeper.
  constexpr size_t kMaxArray = 64, kMaxMap = 0, kMaxExt = 0, kMaxDepth = 4;
  const msgpack::unpack_limit limit(kMaxArray, kMaxMap, bytes.size(), bytes.size(), kMaxExt,
                                    kMaxDepth);
  try {
    const auto handle = msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size(),
                                        nullptr, nullptr, limit);
    return DecodeUnpacked(handle.get());
  } catch (const std::exception& e) {  // msgpack throws from several trees
    Fail(ErrorKind::kIo, "A control message of {} bytes is malformed ({}).", bytes.size(),
         e.what());
  }
}

std::string RankName(int rank, const std::string& host, int pid) {
  return fmt::format("Rank {} ({}, pid {})", rank, host, pid);
}

}  // namespace lantern::control

// The messages of the weight transport and their bytes. A message is two ZeroMQ frames: a header,
// the msgpack array [protocol, type, body], and a payload of records or of a blob's bytes.
// Everything that comes in is a stranger's until decoded: any bytes either decode or throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <msgpack.hpp>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "net/blobs/blob.h"

namespace lantern::blobs {

// Raise it with every change below. Both ends are of one build, which the control plane compares;
// this is for strangers.
constexpr int kProtocol = 1;

// A client may have asked for so many blobs or lists that have not come yet.
constexpr size_t kMaxAsked = 1024;
// The server sends a client so many bytes that it has not said to have received; what it asks for
// beyond waits.
constexpr uint64_t kMaxUnreceivedBytes = 32 << 20;

// What either end receives at most.
constexpr size_t kListRecordBytes = 20;
constexpr size_t kMaxRequestFrameBytes = kMaxAsked * sizeof(BlobId) + 1024;
constexpr size_t kMaxReplyFrameBytes =
    std::max(kMaxBlobBytes, kMaxBlobsPerTable* kListRecordBytes) + 1024;

// Worker to rank 0. `received`: payload bytes that have come over this connection so far. A request
// for nothing only says that.
struct AskLists {  // payload: table numbers (u32)
  uint64_t received = 0;
  MSGPACK_DEFINE_ARRAY(received)
};
struct AskBlobs {  // payload: BlobIds (2 x u32)
  uint64_t received = 0;
  MSGPACK_DEFINE_ARRAY(received)
};

// Rank 0 to worker, for each thing asked.
struct List {  // payload: see EncodeList
  uint32_t table = 0;
  MSGPACK_DEFINE_ARRAY(table)
};
struct BlobData {  // payload: the bytes
  uint32_t table = 0;
  uint32_t index = 0;
  MSGPACK_DEFINE_ARRAY(table, index)
};
// What was asked for cannot be had. Ends the client's call with this sentence.
struct Refusal {
  std::string sentence;
  MSGPACK_DEFINE_ARRAY(sentence)
};
// A list that takes long is being made: a sign of life.
struct Busy {
  MSGPACK_DEFINE_ARRAY()
};

using Header = std::variant<AskLists, AskBlobs, List, BlobData, Refusal, Busy>;

std::vector<std::byte> EncodeHeader(const Header& header);
// Throws Error{kIo}. Texts come out cut to a sane length and without control characters.
Header DecodeHeader(std::span<const std::byte> bytes);

// Payloads. The decoders throw Error{kIo} for lengths and sizes that cannot be.
std::vector<std::byte> EncodeTables(std::span<const uint32_t> tables);
std::vector<uint32_t> DecodeTables(std::span<const std::byte> payload);
std::vector<std::byte> EncodeIds(std::span<const BlobId> ids);
std::vector<BlobId> DecodeIds(std::span<const std::byte> payload);
std::vector<std::byte> EncodeList(const BlobList& list);  // hash.high, hash.low, size of each
BlobList DecodeList(std::span<const std::byte> payload);

}  // namespace lantern::blobs

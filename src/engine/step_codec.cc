#include "src/engine/step_codec.h"

#include <cstring>

#include "src/base/bytes.h"
#include "src/base/error.h"

namespace lantern {
namespace {

class Writer {
 public:
  explicit Writer(std::vector<std::byte>& out) : out_(out) { out_.clear(); }

  template <class T>
  void Field(const T& value) {
    Append(std::as_bytes(std::span(&value, 1)));
  }
  template <class T>
  void List(const std::vector<T>& list) {
    Field(static_cast<uint32_t>(list.size()));
    Append(std::as_bytes(std::span(list)));
  }

 private:
  void Append(std::span<const std::byte> bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  std::vector<std::byte>& out_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes, "a step message") {}

  template <class T>
  void Field(T& value) {
    value = bytes_.Read<T>();
  }
  void Field(bool& value) { value = bytes_.Read<uint8_t>() != 0; }
  template <class T>
  void List(std::vector<T>& list) {
    const uint64_t count = bytes_.Read<uint32_t>();
    const auto data = bytes_.Take(count * sizeof(T));  // before anything is allocated for it
    list.resize(count);
    if (count > 0) std::memcpy(list.data(), data.data(), data.size());
  }
  void RequireEnd() const {
    if (bytes_.remaining() > 0) Fail(ErrorKind::kIo, "{} bytes are too many", bytes_.remaining());
  }

 private:
  ByteReader bytes_;
};

void Write(Writer& writer, const Fallback& fallback) {
  writer.Field(fallback.rank);
  writer.Field(fallback.site.layer);
  writer.Field(static_cast<uint8_t>(fallback.site.part == SumSite::kFeedForward));
}

void Read(Reader& reader, Fallback& fallback) {
  bool feed_forward = false;
  reader.Field(fallback.rank);
  reader.Field(fallback.site.layer);
  reader.Field(feed_forward);
  fallback.site.part = feed_forward ? SumSite::kFeedForward : SumSite::kAttention;
}

// Each message's fields, in order; `Coder` is a Writer of const objects or a Reader of others.
template <class Coder, class Params>
void CodeParams(Coder& coder, Params& params) {
  coder.Field(params.temperature);
  coder.Field(params.top_k);
  coder.Field(params.top_p);
  coder.Field(params.min_p);
  coder.Field(params.repeat_penalty);
  coder.Field(params.seed);
}

template <class Coder, class Request>
void CodeRequest(Coder& coder, Request& request) {
  CodeParams(coder, request.params);
  coder.Field(request.position);
  coder.List(request.penalised);
  coder.Field(request.candidates);
  coder.Field(request.masses);
  coder.Field(request.all_logits);
}

template <class Coder, class Plan>
void CodePlan(Coder& coder, Plan& plan) {
  coder.Field(plan.kind);
  coder.Field(plan.step);
  coder.Field(plan.slot);
  coder.List(plan.batch.token);
  coder.List(plan.batch.position);
  coder.List(plan.batch.sequence);
  coder.List(plan.batch.blocks);
  coder.List(plan.batch.blocks_end);
  coder.List(plan.batch.logits_at);
}

template <class Coder, class Row>
void CodeRow(Coder& coder, Row& row) {
  coder.List(row.block_hashes);
  coder.List(row.candidates);
  coder.List(row.masses);
  coder.List(row.logits);
  coder.Field(row.complete);
}

template <class Body>
void ReadWhole(std::span<const std::byte> bytes, const Body& body) {
  try {
    Reader reader(bytes);
    body(reader);
    reader.RequireEnd();
  } catch (const Error& e) {
    Fail(ErrorKind::kPeerLost, "A rank sent a step message that cannot be read ({}).", e.what());
  }
}

}  // namespace

void Encode(const StepPlan& plan, const Fallback& fallback, std::vector<std::byte>& bytes) {
  Writer writer(bytes);
  Write(writer, fallback);
  CodePlan(writer, plan);
  writer.Field(static_cast<uint32_t>(plan.rows.size()));
  for (const RowRequest& row : plan.rows) CodeRequest(writer, row);
}

void Encode(const LogitsRows& rows, const Fallback& fallback, std::vector<std::byte>& bytes) {
  Writer writer(bytes);
  Write(writer, fallback);
  writer.Field(static_cast<uint32_t>(rows.size()));
  for (const LogitsRow& row : rows) CodeRow(writer, row);
}

void Decode(std::span<const std::byte> bytes, StepPlan& plan, Fallback& fallback) {
  ReadWhole(bytes, [&plan, &fallback](Reader& reader) {
    Read(reader, fallback);
    CodePlan(reader, plan);
    uint32_t count = 0;
    reader.Field(count);
    plan.rows.clear();
    for (; count > 0; --count) CodeRequest(reader, plan.rows.Add());
  });
}

void Decode(std::span<const std::byte> bytes, LogitsRows& rows, Fallback& fallback) {
  ReadWhole(bytes, [&rows, &fallback](Reader& reader) {
    Read(reader, fallback);
    uint32_t count = 0;
    reader.Field(count);
    rows.clear();
    for (; count > 0; --count) CodeRow(reader, rows.Add());
  });
}

}  // namespace lantern

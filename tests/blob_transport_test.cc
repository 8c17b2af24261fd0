// The weight transport over real sockets on loopback: clients and a server in one process, with
// cut connections, liars, strangers and silence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <future>
#include <thread>
#include <zmq.hpp>

#include "net/blobs/blob_messages.h"
#include "tests/cutting_proxy.h"
#include "tests/memory_blobs.h"

namespace lantern {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = 60s;  // bounds what must not hang

void FetchAll(BlobClient& client, const MemorySource& source) {
  Collected got;
  client.Fetch(source.AllTables(), ChooseAll, got.Sink());
  got.ExpectAllOf(source);
}

// One that speaks the protocol by hand, well or badly.
class RawPeer {
 public:
  explicit RawPeer(const std::string& endpoint) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 10000);
    socket_.set(zmq::sockopt::rcvhwm, 1);
    socket_.set(zmq::sockopt::rcvbuf, 64 << 10);
    socket_.connect("tcp://" + endpoint);
  }
  void SendFrames(const std::vector<std::vector<std::byte>>& frames) {
    for (size_t i = 0; i < frames.size(); ++i) {
      socket_.send(zmq::message_t(frames[i].data(), frames[i].size()),
                   i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }
  void AskBlobs(uint64_t received, const std::vector<BlobId>& ids) {
    SendFrames({blobs::EncodeHeader(blobs::AskBlobs{received}), blobs::EncodeIds(ids)});
  }
  // The next message's header; payload bytes are added to `received`. nullopt after 10 s.
  std::optional<blobs::Header> Receive() {
    zmq::message_t header, payload;
    if (!socket_.recv(header)) return std::nullopt;
    EXPECT_TRUE(header.more());
    EXPECT_TRUE(socket_.recv(payload));
    received += payload.size();
    return blobs::DecodeHeader({header.data<std::byte>(), header.size()});
  }
  std::string Refusal() {
    const auto header = Receive();
    if (!header || !std::holds_alternative<blobs::Refusal>(*header)) return "(no refusal)";
    return std::get<blobs::Refusal>(*header).sentence;
  }

  uint64_t received = 0;

 private:
  zmq::context_t context_;
  zmq::socket_t socket_{context_, zmq::socket_type::dealer};
};

TEST(BlobTransport, SeveralClientsAtOnceGetEverything) {
  MemorySource source(5, 60, 300'000);
  BlobServer server(kAnyPort, source);
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      BlobClient client(server.endpoint());
      FetchAll(client, source);
      EXPECT_GE(client.bytes_received(), source.TotalBytes());
    });
  }
  for (std::thread& client : clients) client.join();
  const auto traffic = server.traffic();
  ASSERT_EQ(traffic.size(), 4u);
  const uint64_t lists = 5 * 60 * blobs::kListRecordBytes;
  for (const auto& t : traffic) {
    EXPECT_EQ(t.peer, "127.0.0.1");
    EXPECT_EQ(t.bytes_sent, source.TotalBytes() + lists);
  }
}

TEST(BlobTransport, OneClientMakesManyCalls) {
  MemorySource source(3, 10, 10'000);
  BlobServer server(kAnyPort, source);
  BlobClient client(server.endpoint());
  client.Fetch({}, ChooseAll, Collected().Sink());
  client.Fetch(std::span<const WantedBlob>(), Collected().Sink());
  for (int i = 0; i < 20; ++i) FetchAll(client, source);
  Collected some;
  const std::vector<uint32_t> table{1};
  BlobList list;
  const auto choose = [&](uint32_t t, const BlobList& l) {
    EXPECT_EQ(t, 1u);
    list = l;
    return std::vector<uint32_t>{7, 2};
  };
  client.Fetch(table, choose, some.Sink());
  EXPECT_EQ(some.size(), 2u);
  const std::vector<WantedBlob> wanted{{{1, 3}, list[3]}};
  client.Fetch(wanted, some.Sink());
  EXPECT_EQ(some.size(), 3u);
}

// Lists of more tables, and blobs, than may be asked for at a time.
TEST(BlobTransport, MoreThanMayBeAskedForAtATime) {
  MemorySource source(300, 20, 40);
  BlobServer server(kAnyPort, source);
  BlobClient client(server.endpoint());
  FetchAll(client, source);
}

TEST(BlobTransport, BlobsComeWhileLaterListsAreMade) {
  MemorySource source(2, 3, 1000);
  std::promise<void> first_blob;
  source.on_describe = [&, first = first_blob.get_future().share()](uint32_t table) {
    if (table == 0) return;
    EXPECT_EQ(first.wait_for(10s), std::future_status::ready);
  };
  BlobServer server(kAnyPort, source);
  BlobClient client(server.endpoint());
  int blobs = 0;
  client.Fetch(source.AllTables(), ChooseAll, [&](const BlobId&, std::span<const std::byte>) {
    if (blobs++ == 0) first_blob.set_value();
    return true;
  });
  EXPECT_EQ(blobs, 6);
}

TEST(BlobTransport, TheWindowBoundsWhatIsOnItsWay) {
  constexpr size_t kBlob = 50'000, kWindow = 4 * kBlob;
  MemorySource source(1, 100, kBlob, /*exact=*/true);
  BlobServer server(kAnyPort, source);
  BlobClientOptions options;
  options.window_bytes = kWindow;
  BlobClient client(server.endpoint(), options);
  uint64_t got = 0, most = 0;
  client.Fetch(source.AllTables(), ChooseAll, [&](const BlobId&, std::span<const std::byte> bytes) {
    if (got % (10 * kBlob) == 0) std::this_thread::sleep_for(20ms);  // the server gets ahead
    most = std::max(most, source.read_bytes - got);
    got += bytes.size();
    return true;
  });
  EXPECT_EQ(got, source.TotalBytes());
  EXPECT_LE(most, kWindow);
  EXPECT_GE(most, kWindow / 2);
}

TEST(BlobTransport, ABlobLargerThanTheWindowComesAlone) {
  MemorySource source(1, 5, 50'000, /*exact=*/true);
  BlobServer server(kAnyPort, source);
  BlobClientOptions options;
  options.window_bytes = 1;
  BlobClient client(server.endpoint(), options);
  FetchAll(client, source);
}

TEST(BlobTransport, ASinkThatHasEnoughStillGetsWhatIsOnItsWay) {
  constexpr size_t kBlob = 50'000;
  MemorySource source(3, 100, kBlob, /*exact=*/true);
  BlobServer server(kAnyPort, source);
  BlobClientOptions options;
  options.window_bytes = 4 * kBlob;
  BlobClient client(server.endpoint(), options);
  int got = 0, lists = 0;
  const auto choose = [&](uint32_t table, const BlobList& list) {
    ++lists;
    return got < 10 ? ChooseAll(table, list) : std::vector<uint32_t>();
  };
  client.Fetch(source.AllTables(), choose,
               [&](const BlobId&, std::span<const std::byte>) { return ++got < 10; });
  EXPECT_EQ(lists, 3);
  EXPECT_GE(got, 10);
  EXPECT_LE(got, 14);
  EXPECT_EQ(source.reads, got);
}

// Credit: who does not say that it has received something is not sent more than so much.
TEST(BlobTransport, WhoDoesNotReadIsNotSentMore) {
  constexpr size_t kBlob = 1 << 20;
  // More than the credit, and little enough to be read within the minute after which the server
  // forgets who says nothing, also where a sanitizer makes a machine slow.
  constexpr uint32_t kBlobs = blobs::kMaxUnreceivedBytes / kBlob + 16;
  MemorySource source(1, kBlobs, kBlob, /*exact=*/true);
  BlobServer server(kAnyPort, source);
  std::vector<BlobId> all;
  for (uint32_t i = 0; i < kBlobs; ++i) all.push_back({0, i});
  RawPeer silent(server.endpoint()), boaster(server.endpoint());
  silent.AskBlobs(0, all);
  boaster.AskBlobs(uint64_t{1} << 63, all);
  BlobClient client(server.endpoint());
  FetchAll(client, source);
  FetchAll(client, source);
  const uint64_t served = source.read_bytes - 2 * source.TotalBytes();
  EXPECT_GE(served, 2 * blobs::kMaxUnreceivedBytes);
  EXPECT_LE(served, 2 * (blobs::kMaxUnreceivedBytes + kBlob));
  while (silent.received < blobs::kMaxUnreceivedBytes) ASSERT_TRUE(silent.Receive());
  silent.AskBlobs(silent.received, {});
  while (silent.received < source.TotalBytes()) {
    ASSERT_TRUE(silent.Receive());
    silent.AskBlobs(silent.received, {});
  }
}

TEST(BlobTransport, GoesOnWhereACutConnectionEnded) {
  MemorySource source(4, 50, 400'000);
  BlobServer server(kAnyPort, source);
  constexpr int kCuts = 4;
  CuttingProxy proxy(server.endpoint(), /*cut_after=*/5'000'000, kCuts);
  BlobClientOptions options;
  options.window_bytes = 1 << 20;
  BlobClient client(proxy.endpoint(), options);
  FetchAll(client, source);
  EXPECT_EQ(proxy.cuts(), kCuts);
  // What was on its way is all that is sent again; a list may be, too.
  EXPECT_LE(source.read_bytes, source.TotalBytes() + kCuts * (2 * options.window_bytes));
}

// The connection that is cut at once, over and over, and late replies on the way.
TEST(BlobTransport, ManyCutsInAMessagesMiddle) {
  MemorySource source(2, 40, 100'000, /*exact=*/true);
  BlobServer server(kAnyPort, source);
  CuttingProxy proxy(server.endpoint(), /*cut_after=*/350'123, /*cuts=*/15);
  BlobClient client(proxy.endpoint());
  FetchAll(client, source);
  EXPECT_EQ(proxy.cuts(), 15);
}

TEST(BlobTransport, TheServerMayStartAgain) {
  MemorySource source(2, 50, 100'000);
  auto server = std::make_unique<BlobServer>(kAnyPort, source);
  const std::string endpoint = server->endpoint();
  BlobClientOptions options;
  options.window_bytes = 300'000;
  BlobClient client(endpoint, options);
  Collected got;
  const BlobSink sink = got.Sink();
  std::thread restart;
  client.Fetch(source.AllTables(), ChooseAll, [&](const BlobId& id, auto bytes) {
    if (got.size() == 30) {
      server.reset();
      restart = std::thread([&] {
        std::this_thread::sleep_for(200ms);
        server = std::make_unique<BlobServer>(endpoint, source);
      });
    }
    return sink(id, bytes);
  });
  restart.join();
  got.ExpectAllOf(source);
}

TEST(BlobTransport, AClientMayComeBeforeTheServer) {
  MemorySource source(1, 5, 1000);
  std::string endpoint;
  { endpoint = BlobServer(kAnyPort, source).endpoint(); }
  auto fetched = std::async(std::launch::async, [&] {
    BlobClient client(endpoint);
    FetchAll(client, source);
  });
  std::this_thread::sleep_for(300ms);
  BlobServer server(endpoint, source);
  ASSERT_EQ(fetched.wait_for(kPatience), std::future_status::ready);
}

TEST(BlobTransport, DamagedBlobsAreAskedForAgain) {
  MemorySource source(1, 20, 1000);
  std::map<uint32_t, int> reads;
  source.on_read = [&](BlobId id, std::vector<std::byte>& bytes) {
    const int n = ++reads[id.index];
    if (id.index == 7 && n <= 2) bytes.back() ^= std::byte{1};
    if (id.index == 8 && n == 1) bytes.push_back(std::byte{0});
    if (id.index == 9 && n == 1 && bytes.size() > 1) bytes.pop_back();
  };
  {  // until the server's thread has ended
    BlobServer server(kAnyPort, source);
    BlobClient client(server.endpoint());
    FetchAll(client, source);
  }
  EXPECT_EQ(reads[7], 3);
  EXPECT_EQ(reads[8], 2);
  EXPECT_EQ(reads[6], 1);
}

TEST(BlobTransport, ABlobThatStaysDamagedIsNamed) {
  MemorySource source(2, 20, 1000);
  source.on_read = [&](BlobId id, std::vector<std::byte>& bytes) {
    if (id == BlobId{1, 7}) bytes[0] ^= std::byte{1};
  };
  BlobServer server(kAnyPort, source);
  BlobClient client(server.endpoint());
  const Error error =
      ErrorOf([&] { client.Fetch(source.AllTables(), ChooseAll, [](auto&&...) { return true; }); });
  EXPECT_EQ(error.kind(), ErrorKind::kIo);
  EXPECT_THAT(error.what(), HasSubstr("Blob 7 of table 1"));
  EXPECT_THAT(error.what(), HasSubstr(server.endpoint()));
}

TEST(BlobTransport, RefusalsArriveAsSentences) {
  MemorySource source(3, 5, 1000);
  source.on_describe = [](uint32_t table) {
    if (table == 1) Fail(ErrorKind::kIo, "m.gguf cannot be read: Input/output error.");
  };
  source.on_read = [](BlobId id, auto&) {
    if (id.table == 2) throw std::bad_alloc();
  };
  BlobServer server(kAnyPort, source);
  BlobClient client(server.endpoint());
  const auto fetch = [&](uint32_t table) {
    const std::vector<uint32_t> tables{table};
    client.Fetch(tables, ChooseAll, [](auto&&...) { return true; });
  };
  const Error unreadable = ErrorOf([&] { fetch(1); });
  EXPECT_EQ(unreadable.kind(), ErrorKind::kIo);
  EXPECT_EQ(unreadable.what(), "Rank 0 (" + server.endpoint() +
                                   ") cannot send its weights: m.gguf cannot be read: "
                                   "Input/output error.");
  EXPECT_THAT(ErrorOf([&] { fetch(2); }).what(), HasSubstr("bad_alloc"));
  EXPECT_THAT(ErrorOf([&] { fetch(3); }).what(), HasSubstr("There is no table 3."));
  const std::vector<WantedBlob> absent{{{0, 99}, {BlobHash{}, 1}}};
  EXPECT_THAT(ErrorOf([&] { client.Fetch(absent, [](auto&&...) { return true; }); }).what(),
              HasSubstr("There is no blob 99."));
  EXPECT_NO_THROW(fetch(0));
}

TEST(BlobTransport, StrangersDisturbNobody) {
  MemorySource source(3, 40, 200'000);
  BlobServer server(kAnyPort, source);
  std::vector<RawTcp> strangers;
  for (int i = 0; i < 20; ++i) {
    strangers.emplace_back(server.endpoint());
    if (i % 2 == 0) strangers.back().Send(RandomBytes(i, 1 + i * 1000));
  }
  strangers.erase(strangers.begin() + 10, strangers.end());  // half of them leave
  RawPeer nonsense(server.endpoint()), reply(server.endpoint()), many(server.endpoint()),
      single(server.endpoint()), absent(server.endpoint()), huge(server.endpoint());
  nonsense.SendFrames({RandomBytes(1, 100), RandomBytes(2, 100)});
  reply.SendFrames({blobs::EncodeHeader(blobs::Busy{}), {}});
  single.SendFrames({blobs::EncodeHeader(blobs::AskBlobs{0})});
  absent.AskBlobs(0, {{0, 1'000'000}, {5, 0}});
  for (int i = 0; i < 3; ++i) many.AskBlobs(0, std::vector<BlobId>(1000));
  huge.SendFrames({RandomBytes(3, blobs::kMaxRequestFrameBytes + 1), {}});
  BlobClient client(server.endpoint());
  FetchAll(client, source);
  EXPECT_THAT(nonsense.Refusal(), HasSubstr("malformed"));
  EXPECT_THAT(reply.Refusal(), HasSubstr("not a request"));
  EXPECT_THAT(single.Refusal(), HasSubstr("a header and a payload"));
  EXPECT_THAT(absent.Refusal(), HasSubstr("There is no table 5"));
  FetchAll(client, source);
}

TEST(BlobTransport, AVerdictEndsAnyWaitAtOnce) {
  MemorySource source(1, 5, 1000);
  std::promise<void> end;
  source.on_describe = [ended = end.get_future().share()](uint32_t) { ended.wait(); };
  BlobServer slow(kAnyPort, source);
  const SilentServer silent;
  for (const std::string& endpoint :
       {slow.endpoint(), silent.endpoint(), std::string("127.0.0.1:1")}) {
    const auto start = Clock::now();
    BlobClientOptions options;
    options.verdict = [&](auto) {
      return Clock::now() - start > 200ms ? std::optional<std::string>("Rank 2 (pc7) was lost.")
                                          : std::nullopt;
    };
    BlobClient client(endpoint, options);
    const Error error = ErrorOf([&] { client.Fetch(source.AllTables(), ChooseAll, {}); });
    EXPECT_EQ(error.kind(), ErrorKind::kPeerLost);
    EXPECT_STREQ(error.what(), "Rank 2 (pc7) was lost.");
    EXPECT_LT(Clock::now() - start, 5s) << endpoint;
  }
  end.set_value();
}

TEST(BlobTransport, ATickMayGiveUp) {
  const SilentServer silent;
  BlobClient client(silent.endpoint());
  int ticks = 0;
  const std::vector<uint32_t> tables{0};
  const Error error = ErrorOf([&] {
    client.Fetch(tables, ChooseAll, {}, [&] {
      if (++ticks == 3) Fail(ErrorKind::kBadRequest, "Enough.");
    });
  });
  EXPECT_STREQ(error.what(), "Enough.");
}

TEST(BlobTransport, ASilentServerIsNamed) {
  const SilentServer silent;
  for (const std::string& endpoint : {silent.endpoint(), std::string("127.0.0.1:1")}) {
    BlobClientOptions options;
    options.silence_limit = 200ms;
    BlobClient client(endpoint, options);
    const std::vector<uint32_t> tables{0};
    const auto start = Clock::now();
    const Error error = ErrorOf([&] { client.Fetch(tables, ChooseAll, {}); });
    EXPECT_EQ(error.kind(), ErrorKind::kPeerLost);
    EXPECT_THAT(error.what(), HasSubstr("Rank 0 (" + endpoint + ") has sent no weights for 0.6 s"));
    EXPECT_GE(Clock::now() - start, 600ms);
  }
}

// A list takes long where the model must be read from a slow disk: that is no silence.
TEST(BlobTransport, ASlowDescriptionIsNoSilence) {
  MemorySource source(1, 5, 1000);
  source.on_describe = [](uint32_t) { std::this_thread::sleep_for(3s); };
  BlobServer server(kAnyPort, source);
  BlobClientOptions options;
  options.silence_limit = 2500ms;
  options.max_silences = 1;
  BlobClient client(server.endpoint(), options);
  FetchAll(client, source);
  EXPECT_EQ(source.describes, 1);
}

// Nor is it the server's silence when this side is busy, writing to a slow disk.
TEST(BlobTransport, ASlowSinkIsNoSilence) {
  MemorySource source(1, 3, 1000);
  BlobServer server(kAnyPort, source);
  BlobClientOptions options;
  options.silence_limit = 500ms;
  options.max_silences = 1;
  options.window_bytes = 1;
  BlobClient client(server.endpoint(), options);
  client.Fetch(source.AllTables(), ChooseAll, [](auto&&...) {
    std::this_thread::sleep_for(700ms);
    return true;
  });
}

TEST(BlobTransport, AddressesThatCannotBeUsed) {
  MemorySource source(1, 1, 1);
  BlobServer server(kAnyPort, source);
  for (const std::string& address :
       {server.endpoint(), std::string("192.0.2.1:0"), std::string("x")}) {
    const Error error = ErrorOf([&] { BlobServer second(address, source); });
    EXPECT_EQ(error.kind(), ErrorKind::kConfig);
    EXPECT_THAT(error.what(), HasSubstr("'" + address + "'"));
  }
  BlobClient client("nonsense");
  const Error error = ErrorOf([&] { client.Fetch(source.AllTables(), ChooseAll, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kConfig);
  EXPECT_THAT(error.what(), HasSubstr("'nonsense'"));
}

// A figure to look at, not a bound: sanitizers and busy machines slow it down.
TEST(BlobTransport, Throughput) {
  MemorySource source(4, 64, 1 << 20, /*exact=*/true);
  BlobServer server(kAnyPort, source);
  BlobClient client(server.endpoint());
  uint64_t got = 0;
  const auto start = Clock::now();
  client.Fetch(source.AllTables(), ChooseAll, [&](const BlobId&, std::span<const std::byte> bytes) {
    got += bytes.size();
    return true;
  });
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  EXPECT_EQ(got, source.TotalBytes());
  spdlog::info("{:.0f} MB/s over loopback in blobs of 1 MiB", got / seconds / 1e6);
}

}  // namespace
}  // namespace lantern

// The key of a LAN: its file, what is derived from it, and the proofs of data connections.
#include "net/key/lan_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "net/key/link_proof.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kConfig);
    return e.what();
  }
  return "no error";
}

SharedKey NewKey() { return std::make_shared<const LanKey>(LanKey::Generate()); }

// A file in a folder of its own.
class KeyFile {
 public:
  explicit KeyFile(const std::string& text, mode_t mode = 0600) {
    std::string pattern = std::filesystem::temp_directory_path() / "lantern-key-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    std::ofstream(path()) << text;
    chmod(path().c_str(), mode);
  }
  ~KeyFile() { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ / "lan.key"; }

 private:
  std::filesystem::path folder_;
};

TEST(LanKey, TheSameFileGivesTheSameKeysAndAnotherOneOthers) {
  const std::string text = LanKey::Generate();
  const KeyFile file(text);
  const SharedKey read = LanKey::Read(file.path()), other = NewKey();
  const LanKey parsed(text);
  EXPECT_EQ(read->server().public_key, parsed.server().public_key);
  EXPECT_EQ(read->server().secret_key, parsed.server().secret_key);
  EXPECT_EQ(read->client().public_key, parsed.client().public_key);
  EXPECT_EQ(read->link_key(), parsed.link_key());
  EXPECT_NE(read->server().public_key, other->server().public_key);
  EXPECT_NE(read->client().public_key, other->client().public_key);
  EXPECT_NE(read->link_key(), other->link_key());
  EXPECT_NE(read->server().secret_key, read->client().secret_key);
}

// Machines of two builds must agree on what a file means, or refuse its first word.
TEST(LanKey, TheDerivationStays) {
  const LanKey key("lantern-key-1 " + std::string(64, '7'));
  const auto begins = [](const LanKey::Bytes& bytes) {
    return fmt::format("{:02x}{:02x}{:02x}{:02x}", bytes[0], bytes[1], bytes[2], bytes[3]);
  };
  EXPECT_EQ(begins(key.server().public_key), "6fdc0221");
  EXPECT_EQ(begins(key.client().public_key), "aa7471c4");
  EXPECT_EQ(begins(key.link_key()), "f755de35");
}

TEST(LanKey, TextsThatAreNoKeyAreRefused) {
  const std::string good = LanKey::Generate();
  EXPECT_EQ(good.size(), 14u + 64u + 1u);
  LanKey(good + "\r\n");  // an editor's line end
  const std::string line = good.substr(0, good.size() - 1);
  for (const std::string& bad :
       {std::string(), std::string("\n"), line.substr(1), line.substr(0, line.size() - 1),
        line + "0", line + "\n" + line, "lantern-key-2" + line.substr(13),
        line.substr(0, line.size() - 1) + "g", std::string(5000, 'a'), std::string(78, '\0')}) {
    EXPECT_THAT(ErrorOf([&] { LanKey key(bad, "It"); }), HasSubstr("It is not a key")) << bad;
  }
}

TEST(LanKey, FilesThatCannotBeAreNamed) {
  EXPECT_THAT(ErrorOf([] { LanKey::Read("/no/such/file"); }), HasSubstr("lantern key > /no/such"));
  EXPECT_THAT(ErrorOf([] { LanKey::Read("/"); }), HasSubstr("not a file"));
  const KeyFile nonsense("nonsense");
  EXPECT_THAT(ErrorOf([&] { LanKey::Read(nonsense.path()); }),
              HasSubstr(nonsense.path() + " is not a key"));
  for (const mode_t mode : {0640, 0604, 0660, 0777}) {
    const KeyFile open(LanKey::Generate(), mode);
    EXPECT_THAT(ErrorOf([&] { LanKey::Read(open.path()); }), HasSubstr("chmod 600 " + open.path()));
  }
  LanKey::Read(KeyFile(LanKey::Generate(), 0400).path());
}

// Both ends of a link from rank 2 to rank 0, as far as they get.
struct Ends {
  Ends(const SharedKey& connectors, const SharedKey& listeners, const std::string& epoch = "e")
      : connector(connectors, "e"), listener(listeners, epoch) {
    link = {2, 0, LinkProof::MakeNonce(), {}};
    hello = connector.MakeHello(link);
  }
  LinkProof connector, listener;
  LinkProof::Link link;
  LinkProof::Hello hello;
};

TEST(LinkProof, WithTheSameKeyBothEndsAreProven) {
  for (const SharedKey& key : {NewKey(), SharedKey()}) {
    Ends ends(key, key);
    auto theirs = ends.listener.ReadHello(ends.hello, 0, 3);
    ASSERT_TRUE(theirs);
    EXPECT_EQ(theirs->connector, 2);
    theirs->listener_nonce = LinkProof::MakeNonce();
    EXPECT_TRUE(ends.connector.ReadChallenge(ends.listener.MakeChallenge(*theirs), ends.link));
    EXPECT_TRUE(ends.listener.IsAnswer(ends.connector.MakeAnswer(ends.link), *theirs));
  }
}

TEST(LinkProof, AnotherKeyRunOrRankIsAStranger) {
  const SharedKey key = NewKey();
  EXPECT_FALSE(Ends(NewKey(), key).listener.ReadHello(Ends(NewKey(), key).hello, 0, 3));
  const auto heard = [](const Ends& ends, int listener, int size) {
    return ends.listener.ReadHello(ends.hello, listener, size).has_value();
  };
  EXPECT_TRUE(heard(Ends(key, key), 0, 3));
  EXPECT_FALSE(heard(Ends(NewKey(), key), 0, 3));
  EXPECT_FALSE(heard(Ends(nullptr, key), 0, 3));
  EXPECT_FALSE(heard(Ends(key, nullptr), 0, 3));
  EXPECT_FALSE(heard(Ends(key, key, "another run"), 0, 3));
  EXPECT_FALSE(heard(Ends(key, key), 1, 3));  // meant for rank 0
  EXPECT_FALSE(heard(Ends(key, key), 0, 2));  // there is no rank 2
}

TEST(LinkProof, EveryBitCounts) {
  const SharedKey key = NewKey();
  Ends ends(key, key);
  auto theirs = *ends.listener.ReadHello(ends.hello, 0, 3);
  theirs.listener_nonce = LinkProof::MakeNonce();
  const auto challenge = ends.listener.MakeChallenge(theirs);
  ASSERT_TRUE(ends.connector.ReadChallenge(challenge, ends.link));
  const auto answer = ends.connector.MakeAnswer(ends.link);
  const auto flip = [](auto bytes, size_t bit) {
    bytes[bit / 8] ^= static_cast<unsigned char>(1 << bit % 8);
    return bytes;
  };
  for (size_t bit = 0; bit < 8 * ends.hello.size(); ++bit) {
    EXPECT_FALSE(ends.listener.ReadHello(flip(ends.hello, bit), 0, 3)) << bit;
  }
  for (size_t bit = 0; bit < 8 * challenge.size(); ++bit) {
    LinkProof::Link link = ends.link;
    EXPECT_FALSE(ends.connector.ReadChallenge(flip(challenge, bit), link)) << bit;
  }
  for (size_t bit = 0; bit < 8 * answer.size(); ++bit) {
    EXPECT_FALSE(ends.listener.IsAnswer(flip(answer, bit), theirs)) << bit;
  }
}

// What one end says proves nothing in the other one's mouth, nor on another connection.
TEST(LinkProof, ProofsCannotBeUsedAgain) {
  const SharedKey key = NewKey();
  Ends ends(key, key);
  auto theirs = *ends.listener.ReadHello(ends.hello, 0, 3);
  theirs.listener_nonce = LinkProof::MakeNonce();
  const auto challenge = ends.listener.MakeChallenge(theirs);
  LinkProof::Mac mac;
  std::copy(challenge.begin() + LinkProof::kNonceBytes, challenge.end(), mac.begin());
  EXPECT_FALSE(ends.listener.IsAnswer(mac, theirs));
  const auto answer = ends.connector.MakeAnswer(theirs);
  theirs.listener_nonce = LinkProof::MakeNonce();
  EXPECT_FALSE(ends.listener.IsAnswer(answer, theirs));
  LinkProof::Link another{2, 0, LinkProof::MakeNonce(), {}};
  EXPECT_FALSE(ends.connector.ReadChallenge(challenge, another));
}

}  // namespace
}  // namespace lantern

// Chunks and manifests: every tensor cut and put back reads the same, a model loaded from chunks is
// the one in the file, and no file or message, however wrong, cuts outside a tensor.
#include "models/chunks.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "models/manifest.h"
#include "models/shard.h"
#include "models/synth.h"
#include "net/blobs/blob.h"
#include "src/engine/weight_exchange.h"
#include "tests/file_builder.h"
#include "tests/thread_cluster.h"

namespace lantern {
namespace {

using testing_files::TempFolder;

struct Shape {
  const char* name;
  const char* type;
  int head_dim, heads, kv_heads, ffn;
  bool tied;
};

// Odd numbers of blocks in the feed-forward width, so that leaves differ in size.
const Shape kShapes[] = {
    {"f32", "f32", 32, 8, 4, 768, true},           {"q4_0", "q4_0", 64, 8, 2, 32 * 13, false},
    {"q8_0", "q8_0", 128, 8, 1, 32 * 37, true},    {"q4_k_m", "q4_k_m", 64, 28, 4, 256 * 9, false},
    {"bf16", "bf16", 64, 9, 3, 32 * 11 + 4, true}, {"f16", "f16", 128, 7, 7, 32 * 7 + 2, false},
};

struct Layout {
  int tp, pp;
  std::vector<int> shares = {};
};
const Layout kLayouts[] = {{1, 1}, {2, 1}, {2, 2}, {3, 1, {5, 1, 2}}, {4, 2, {1, 2, 2, 1}}, {7, 1}};

std::unique_ptr<WeightFile> Synthetic(const TempFolder& folder, const Shape& s) {
  ModelConfig shape = ShapeByName("tiny");
  shape.layers = 2;
  shape.head_dim = s.head_dim;
  shape.heads = s.heads;
  shape.kv_heads = s.kv_heads;
  shape.ffn = s.ffn;
  shape.vocab = 800;  // not a multiple of the vocabulary block
  shape.tied = s.tied;
  ThreadPool threads(2);
  const auto path = folder.path() / (std::string(s.name) + ".gguf");
  WriteSynthetic(shape, s.type, 5, path, threads, [](size_t, size_t) {});
  return OpenWeightFile(path);
}

ChunkedBytes::Chunk Own(std::vector<std::byte> bytes) {
  const Blob blob = Blob::Own(std::move(bytes));
  return {blob.owner, blob.bytes.data()};
}

// `file` as a rank sees it that has only its manifest and asks for chunks.
std::unique_ptr<RemoteWeights> Remote(const WeightFile& file) {
  const Manifest manifest = DecodeManifest(EncodeManifest(ManifestOf(file)));
  return std::make_unique<RemoteWeights>(
      manifest, [&file, manifest](int tensor, const std::vector<int>& chunks) {
        const std::string& name = manifest.tensors.at(tensor).name;
        const ChunkCuts cuts = CutsOf(file.config(), file, name);
        std::vector<ChunkedBytes::Chunk> bytes;
        for (int chunk : chunks) bytes.push_back(Own(ReadChunk(*file.Find(name), cuts, chunk)));
        return bytes;
      });
}

void ExpectWhole(const StoredTensor& tensor, const ChunkCuts& cuts) {
  ASSERT_GE(cuts.count(), 1) << tensor.where;
  EXPECT_EQ(cuts.cut.front(), 0) << tensor.where;
  EXPECT_EQ(cuts.cut.back(), cuts.by_columns ? tensor.cols : tensor.rows) << tensor.where;
  const int unit = cuts.by_columns ? Info(tensor.type).block : 1;
  size_t bytes = 0;
  for (int chunk = 0; chunk < cuts.count(); ++chunk) {
    EXPECT_LT(cuts.cut[chunk], cuts.cut[chunk + 1]) << tensor.where;
    EXPECT_EQ(cuts.cut[chunk] % unit, 0) << tensor.where;
    bytes += ChunkBytes(tensor, cuts, chunk);
  }
  EXPECT_EQ(bytes, tensor.rows * tensor.row_bytes()) << tensor.where;
}

class Chunks : public testing::TestWithParam<Shape> {
 protected:
  TempFolder folder_;
  std::unique_ptr<WeightFile> file_ = Synthetic(folder_, GetParam());
};

TEST_P(Chunks, CutAndPutBackReadTheSame) {
  std::mt19937 random(1);
  for (const std::string& name : file_->names()) {
    const StoredTensor& tensor = *file_->Find(name);
    const ChunkCuts cuts = CutsOf(file_->config(), *file_, name);
    ExpectWhole(tensor, cuts);
    ChunkedBytes chunked(cuts, tensor.type, tensor.cols);
    for (int chunk = 0; chunk < cuts.count(); ++chunk) {
      auto bytes = ReadChunk(tensor, cuts, chunk);
      EXPECT_EQ(bytes.size(), ChunkBytes(tensor, cuts, chunk));
      chunked.Put(chunk, Own(std::move(bytes)));
    }
    for (int64_t row = 0; row < tensor.rows; ++row) {
      const std::vector<std::byte> expected = tensor.Row(row);
      std::vector<std::byte> got(expected.size());
      chunked.Read(row, 0, got);
      ASSERT_EQ(got, expected) << name << " row " << row;
      const size_t begin = random() % expected.size();
      const size_t size = 1 + random() % (expected.size() - begin);
      std::vector<std::byte> part(size);
      chunked.Read(row, begin, part);
      ASSERT_TRUE(std::equal(part.begin(), part.end(), expected.begin() + begin))
          << name << " row " << row << " bytes " << begin << " to " << begin + size;
    }
  }
}

TEST_P(Chunks, CoveringIsEveryChunkThatHasAPartAndNoOther) {
  for (const Layout& layout : kLayouts) {
    const ParallelPlan plan = MakePlan(2, layout.tp, layout.pp, layout.shares);
    for (int rank = 0; rank < layout.tp * layout.pp; ++rank) {
      for (const TensorSlice& slice : PartOf(*file_, std::nullopt, plan, rank).Slices()) {
        const ChunkCuts cuts = CutsOf(file_->config(), *file_, slice.name);
        const LeafRange mine = cuts.by_columns ? slice.col : slice.row;
        const LeafRange got = cuts.Covering(slice.row, slice.col);
        for (int chunk = 0; chunk < cuts.count(); ++chunk) {
          const bool wanted =
              mine.size() > 0 && cuts.cut[chunk] < mine.end && mine.begin < cuts.cut[chunk + 1];
          EXPECT_EQ(got.begin <= chunk && chunk < got.end, wanted)
              << slice.name << " rank " << rank << " chunk " << chunk;
        }
        // Parts begin and end at chunks: otherwise ranks would fetch more than they hold.
        if (got.size() > 0) {
          EXPECT_EQ(cuts.cut[got.begin], mine.begin) << slice.name;
          EXPECT_EQ(cuts.cut[got.end], mine.end) << slice.name;
        }
      }
    }
  }
}

// Every row of every part of every rank, with and without --type, is what the file gives.
TEST_P(Chunks, RanksLoadThePartsOfTheFile) {
  const auto context = CpuBackend::MakeContext({1, false, "auto"});
  for (const std::optional<DType> wanted : {std::optional<DType>(), std::optional(DType::kQ8_0)}) {
    for (const Layout& layout : kLayouts) {
      const ParallelPlan plan = MakePlan(2, layout.tp, layout.pp, layout.shares);
      for (int rank = 0; rank < layout.tp * layout.pp; ++rank) {
        const auto remote = Remote(*file_);
        const Loader theirs(*context, *remote), ours(*context, *file_);
        const ModelPart part = PartOf(*remote, wanted, plan, rank);
        for (const TensorSlice& slice : part.Slices()) {
          const RawWeight got = theirs.Raw(slice), expected = ours.Raw(slice);
          std::vector<std::byte> a(RowBytes(expected.type, expected.in)), b(a.size());
          for (int row = 0; row < expected.out; row += 1 + expected.out / 20) {
            got.read_row(row, a.data());
            expected.read_row(row, b.data());
            ASSERT_EQ(a, b) << slice.name << " row " << row << " rank " << rank;
          }
          remote->Release(slice.name);
        }
      }
    }
  }
}

TEST_P(Chunks, TheAnswerIsTheFiles) {
  std::string hash[2];
  const auto remote = Remote(*file_);
  const WeightFile* files[] = {file_.get(), remote.get()};
  for (int i = 0; i < 2; ++i) {
    ThreadCluster cluster(TestSpec(*file_, 1, 1, 20), *files[i]);
    Request request;
    request.prompt = {1, 300, 500, 7};
    request.max_tokens = 8;
    hash[i] = LogitsHash(*cluster.Generate(std::move(request)));
  }
  EXPECT_EQ(hash[0], hash[1]);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Chunks, testing::ValuesIn(kShapes),
                         [](const auto& info) { return info.param.name; });

// A loaded tensor's chunks are let go, those of an embedding that is read later are not.
TEST(RemoteWeights, KeepChunksBetweenAcquireAndRelease) {
  TempFolder folder;
  const auto file = Synthetic(folder, kShapes[0]);
  ASSERT_TRUE(file->config().tied);
  std::vector<std::weak_ptr<const std::byte>> given;
  int asked = 0;
  const RemoteWeights weights(ManifestOf(*file),
                              [&](int /*tensor*/, const std::vector<int>& chunks) {
                                ++asked;
                                std::vector<ChunkedBytes::Chunk> bytes;
                                for (size_t i = 0; i < chunks.size(); ++i) {
                                  bytes.push_back(Own(std::vector<std::byte>(kMaxChunkBytes)));
                                  given.push_back(bytes.back());
                                }
                                return bytes;
                              });
  const auto alive = [&] {
    return std::count_if(given.begin(), given.end(), [](const auto& g) { return !g.expired(); });
  };
  const std::string name = "token_embd.weight";
  weights.Acquire(name, {0, 800}, {0, 256});
  EXPECT_EQ(alive(), 4);
  weights.Acquire(name, {256, 512}, {0, 256});  // the tied head: nothing is asked for again
  EXPECT_EQ(asked, 1);
  weights.Release(name);
  EXPECT_EQ(alive(), 4);
  weights.Release(name);
  EXPECT_EQ(alive(), 0);
  weights.Acquire(name, {300, 400}, {0, 256});
  EXPECT_EQ(alive(), 1);
}

// Shapes that nobody has checked yet: a model's manifest without its bytes.

Manifest::Tensor Named(const std::string& name, DType type, int64_t rows, int64_t cols) {
  return {name, type, rows, cols};
}

Manifest ManifestOf(const ModelConfig& c, DType type) {
  Manifest manifest{"m.gguf", c, {}};
  const int64_t q = int64_t{c.heads} * c.head_dim, kv = int64_t{c.kv_heads} * c.head_dim;
  manifest.tensors = {
      Named("blk.0.attn_k.weight", type, kv, c.dim),
      Named("blk.0.attn_output.weight", type, c.dim, q),
      Named("blk.0.attn_q.weight", type, q, c.dim),
      Named("blk.0.ffn_down.weight", type, c.dim, c.ffn),
      Named("blk.0.ffn_up.weight", type, c.ffn, c.dim),
      Named("token_embd.weight", type, c.vocab, c.dim),
  };
  return manifest;
}

RemoteWeights Shapeless(const Manifest& manifest) {
  return {manifest, [](int, const std::vector<int>& chunks) {
            return std::vector<ChunkedBytes::Chunk>(chunks.size());
          }};
}

TEST(Cuts, ChunksOfEveryKnownModelFitIntoMessages) {
  std::vector<ModelConfig> models;
  for (const NamedShape& shape : NamedShapes()) models.push_back(ShapeByName(shape.name));
  ModelConfig largest = ShapeByName("llama-3-8b");  // Llama 3.1 405B
  largest.dim = 16384;
  largest.ffn = 53248;
  largest.heads = 128;
  models.push_back(largest);
  for (const ModelConfig& model : models) {
    for (const DType type : {DType::kF32, DType::kBF16, DType::kQ8_0, DType::kQ6_K}) {
      if (model.dim % Info(type).block != 0 || model.ffn % Info(type).block != 0) continue;
      const RemoteWeights weights = Shapeless(ManifestOf(model, type));
      for (const std::string& name : weights.names()) {
        const StoredTensor& tensor = *weights.Find(name);
        const ChunkCuts& cuts = weights.Cuts(name);
        ExpectWhole(tensor, cuts);
        EXPECT_LE(static_cast<size_t>(cuts.count()), kMaxBlobsPerTable);
        for (int chunk = 0; chunk < cuts.count(); ++chunk) {
          EXPECT_LE(ChunkBytes(tensor, cuts, chunk), kMaxBlobBytes) << model.name << " " << name;
        }
      }
    }
  }
}

TEST(Cuts, OfUnexpectedShapesStayWithinTheTensor) {
  ModelConfig config = ShapeByName("tiny");
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    config.ffn = 1 + random() % 900;
    config.heads = config.kv_heads = 1 + random() % 9;
    config.head_dim = 2 + 2 * (random() % 40);
    Manifest manifest = ManifestOf(config, DType::kF32);
    for (Manifest::Tensor& tensor : manifest.tensors) {
      tensor.type = static_cast<DType>(random() % kDTypeCount);
      const int block = Info(tensor.type).block;
      // Half of them as the configuration says, where their type allows that.
      if (random() % 2 == 0 || tensor.cols % block != 0) {
        tensor.rows = 1 + random() % 1000;
        tensor.cols = (1 + random() % 5) * block;
      }
    }
    const RemoteWeights weights = Shapeless(manifest);
    for (const std::string& name : weights.names()) {
      ExpectWhole(*weights.Find(name), weights.Cuts(name));
    }
  }
}

// A down projection in blocks that the feed-forward width does not fill: refused, not divided by.
TEST(Cuts, ALyingFileIsRefusedWhenItsPartsAreNamed) {
  TempFolder folder;
  auto builder = testing_files::TinyGgufLlama();
  const auto file = OpenWeightFile(folder.Write("tiny.gguf", builder.Build()));
  Manifest manifest = ManifestOf(*file);
  for (Manifest::Tensor& tensor : manifest.tensors) {
    if (tensor.name.ends_with("ffn_down.weight")) tensor.type = DType::kQ4_0, tensor.cols = 32;
  }
  const RemoteWeights weights = Shapeless(manifest);
  EXPECT_THROW(ChunksOf(weights, PartOf(weights, {}, MakePlan(1, 1, 1, {}), 0)), Error);
}

TEST(FileBlobs, DescribeWhatTheyRead) {
  TempFolder folder;
  const auto file = Synthetic(folder, kShapes[3]);
  FileBlobs blobs(*file);
  EXPECT_EQ(blobs.tables(), file->names().size());
  for (uint32_t table = 0; table < blobs.tables(); ++table) {
    const BlobList list = blobs.Describe(table);
    for (uint32_t index = 0; index < list.size(); ++index) {
      const auto bytes = blobs.Read({table, index});
      EXPECT_EQ(list[index], (BlobInfo{BlobHash::Of(bytes), static_cast<uint32_t>(bytes.size())}));
    }
    EXPECT_EQ(blobs.Describe(table), list);
    const auto past_the_end = static_cast<uint32_t>(list.size());
    EXPECT_THROW(blobs.Read({table, past_the_end}), Error);
  }
}

// A copy in another format's layout, with tensors more or less, is asked by names.
TEST(FileBlobs, ALocalCopyIsAskedByName) {
  TempFolder folder;
  const auto file = Synthetic(folder, kShapes[0]);
  Manifest manifest = ManifestOf(*file);
  manifest.tensors.erase(manifest.tensors.begin());
  const LocalCopy copy = CopyOf(*file, manifest);
  FileBlobs blobs(*file);
  const auto expected = blobs.Read({3, 1});
  const auto got = copy({2, 1}, expected.size());
  ASSERT_TRUE(got);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), got->bytes.begin(), got->bytes.end()));
  EXPECT_FALSE(copy({2, 1}, expected.size() + 1));
  EXPECT_FALSE(copy({2, 9999}, expected.size()));
  EXPECT_FALSE(copy({9999, 0}, expected.size()));
}

// Manifests and orders as messages.

TEST(Manifests, SurviveTheTrip) {
  TempFolder folder;
  for (const Shape& shape : kShapes) {
    const auto file = Synthetic(folder, shape);
    const Manifest sent = ManifestOf(*file), got = DecodeManifest(EncodeManifest(sent));
    EXPECT_EQ(got.path, sent.path);
    EXPECT_EQ(got.config.rope_divisor, sent.config.rope_divisor);
    EXPECT_EQ(got.config.norm_eps, sent.config.norm_eps);
    EXPECT_EQ(got.config.tied, shape.tied);
    ASSERT_EQ(got.tensors.size(), sent.tensors.size());
    for (size_t i = 0; i < got.tensors.size(); ++i) {
      EXPECT_EQ(got.tensors[i].name, sent.tensors[i].name);
      EXPECT_EQ(got.tensors[i].type, sent.tensors[i].type);
      EXPECT_EQ(got.tensors[i].rows, sent.tensors[i].rows);
      EXPECT_EQ(got.tensors[i].cols, sent.tensors[i].cols);
    }
    EXPECT_EQ(EncodeManifest(got), EncodeManifest(sent));
  }
}

// Flips and cuts of a valid message; how many were refused.
template <class Decode>
int Damage(const std::vector<std::byte>& valid, const Decode& decode) {
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> bytes = valid;
    for (int flips = random() % 4; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    try {
      decode(bytes);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kPeerLost) << e.what();
      ++refused;
    }
  }
  return refused;
}

TEST(Manifests, AnyBytesDecodeOrThrow) {
  const auto valid = EncodeManifest(ManifestOf(ShapeByName("tiny"), DType::kQ4_0));
  const int refused = Damage(valid, [](std::span<const std::byte> bytes) {
    const RemoteWeights weights = Shapeless(DecodeManifest(bytes));
    for (const std::string& name : weights.names()) {
      ExpectWhole(*weights.Find(name), weights.Cuts(name));
    }
  });
  EXPECT_GT(refused, 5000);
  EXPECT_LT(refused, 19000);
}

TEST(Manifests, AreRefused) {
  const auto expect_refused = [](Manifest manifest, const char* why) {
    EXPECT_THROW(DecodeManifest(EncodeManifest(manifest)), Error) << why;
  };
  const Manifest good = ManifestOf(ShapeByName("tiny"), DType::kF32);
  EXPECT_NO_THROW(DecodeManifest(EncodeManifest(good)));
  Manifest bad = good;
  std::swap(bad.tensors[0], bad.tensors[1]);
  expect_refused(bad, "numbers would not be the leader's");
  bad = good;
  bad.tensors[1] = bad.tensors[0];
  expect_refused(bad, "twice the same");
  bad = good;
  bad.tensors[0].type = static_cast<DType>(kDTypeCount);
  expect_refused(bad, "no such type");
  bad = good;
  bad.tensors[0].rows = int64_t{1} << 40;
  expect_refused(bad, "rows");
  bad = good;
  bad.tensors[0].cols = 0;
  expect_refused(bad, "columns");
  bad = good;
  bad.config.kv_heads = 3;
  expect_refused(bad, "heads");
  for (const std::string text : {"\xdd\xff\xff\xff\xff", "\x93\xdb\xff\xff\xff\xff",
                                 "\xdf\xff\xff\xff\xff", "\x93\xa1x\x90\xdd\x7f\xff\xff\xff"}) {
    EXPECT_THROW(DecodeManifest(std::as_bytes(std::span(text))), Error);
  }
}

TEST(Orders, AnyBytesDecodeOrThrow) {
  WorkOrder order;
  order.spec.model = "/models/m.gguf";
  order.spec.tp = 3;
  order.spec.shares = {3, 2, 2};
  order.spec.context = 4096;
  order.spec.kv_blocks = 256;
  order.manifest.assign(100, 'x');
  order.weights = "192.168.1.7:7734";
  const auto valid = EncodeOrder(order);
  EXPECT_EQ(DecodeOrder(valid).spec.shares, order.spec.shares);
  EXPECT_EQ(DecodeOrder(valid).weights, order.weights);
  EXPECT_GT(Damage(valid, [](std::span<const std::byte> bytes) { DecodeOrder(bytes); }), 5000);
  for (int RunSpec::*field :
       {&RunSpec::type, &RunSpec::kv_type, &RunSpec::context, &RunSpec::threads}) {
    WorkOrder bad = order;
    bad.spec.*field = -2;
    EXPECT_THROW(DecodeOrder(EncodeOrder(bad)), Error);
  }
  for (const std::string text : {"\xdd\xff\xff\xff\xff", "\x93\x9f\xdb\xff\xff\xff\xff"}) {
    EXPECT_THROW(DecodeOrder(std::as_bytes(std::span(text))), Error);
  }
}

}  // namespace
}  // namespace lantern

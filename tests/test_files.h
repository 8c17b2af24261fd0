// Reading goldens, and logits of a whole sequence: shared by the tests of whole models.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/thread_cluster.h"

namespace lantern {

// Little-endian f32 numbers.
inline std::vector<float> ReadFloats(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

// Ids separated by commas.
inline std::vector<int> ReadIds(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<int> ids;
  for (std::string id; std::getline(in, id, ',');) ids.push_back(std::stoi(id));
  return ids;
}

// The ids behind `key` in one of the llama2.c goldens ("prompt_ids 1 403 ... gen_ids 432 ...").
inline std::vector<int> GoldenIds(const std::filesystem::path& path, const std::string& key) {
  std::ifstream in(path);
  std::vector<int> ids;
  std::string word;
  while (in >> word && word != key) {
  }
  while (in >> word && std::isdigit(static_cast<unsigned char>(word[0]))) {
    ids.push_back(std::stoi(word));
  }
  return ids;
}

// Logits [ids, vocab] of a sequence, row after row.
inline std::vector<float> AllLogits(const RunSpec& spec, const WeightFile& file,
                                    const std::vector<int>& ids) {
  std::vector<float> all;
  ThreadCluster cluster(spec, file);
  Request request;
  request.prompt = ids;
  request.on_logits = [&](int, const std::vector<float>& logits) {
    all.insert(all.end(), logits.begin(), logits.end());
  };
  cluster.Generate(std::move(request));
  return all;
}

}  // namespace lantern

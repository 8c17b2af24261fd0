// Operations on rows: norm, SwiGLU, sums, the embedding table, what is looked at in the residual
// stream, and what is asked of the logits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cuda/kernels/queue.h"
#include "src/tensor/dtype.h"
#include "src/tensor/row_answer.h"

namespace lantern::cuda {

// out = x / sqrt(mean(x^2) + eps) * weight, by row. x is f32; out of any type, and may be x. weight
// is 16-byte aligned. Here and below what is beyond f16 becomes its largest number.
void RmsNorm(const Queue& queue, Matrix out, Matrix x, const float* weight, float eps);
// x += y, then as RmsNorm, in one pass; y is f32.
void AddRmsNorm(const Queue& queue, Matrix out, Matrix x, Matrix y, const float* weight, float eps);
// x += y; both f32.
void Add(const Queue& queue, Matrix x, Matrix y);
// out[n, f] = silu(gate) * up, gate_up [n, 2 f]; types alike.
void SiluMul(const Queue& queue, Matrix out, Matrix gate_up);
// out[i] = x[rows[i]], i < out.rows; rows on the device. Both f32.
void Gather(const Queue& queue, Matrix out, Matrix x, const int* rows);
// out[i] = row ids[i] of a table as it is stored in files: any DType, `in` columns, RowBytes a row.
// An id below 0 stands for guesses[-1 - id]. out is f32: the bits that DecodeRow
// (src/tensor/quant.h) gives. table is 4-byte aligned.
void Embed(const Queue& queue, Matrix out, const std::byte* table, DType type, const int* ids,
           const int* guesses);

// Looks at the residual stream after layer `layer`: where a value is no finite number, *bad becomes
// the smaller of itself and layer. And, unless `hash` is null, adds x's hash to *hash: the sum over
// all elements, modulo 2^32, of Mix(bits of the element + 0x9e3779b9 * (row * x.columns + column)),
// row counted from first_row, where
// Mix(h): h ^= h >> 16; h *= 0x85ebca6b; h ^= h >> 13; h *= 0xc2b2ae35; h ^= h >> 16.
void LookAt(const Queue& queue, Matrix x, int first_row, int layer, int* bad, uint32_t* hash);

// What is asked of each row of logits: the xxh64 (seed 0) of every 256 consecutive values' bytes,
// the last of a row maybe shorter, and the largest value with the lowest index that has it.
// logits [n, ids] f32; hashes [n, (ids + 255) / 256]; best [n]; guesses [n]: best's indices.
void AnswerRows(const Queue& queue, Matrix logits, uint64_t* hashes, RowAnswer* best, int* guesses);

// top [n, count]: the largest values of each row of logits [n, ids], f32, in descending order, of
// equal ones the lower index first, and NaN last; {NaN, -1} behind the last value of a short row.
// count <= kMostTop. scratch: that many bytes, a multiple of 8 from the memory's beginning.
inline constexpr int kMostTop = 256;
size_t TopScratchBytes(int rows, int columns, int count);
// Where the order is that of each row's rule, [n], by a keyed one: of the largest scores, weight
// and noise, as the device computes them. first_id: what column 0 is in the vocabulary.
struct RowOrder {
  const ChoiceRule* rules = nullptr;
  int first_id = 0;
};
void TopOfRows(const Queue& queue, Matrix logits, const RowOrder& order, int count, RowAnswer* top,
               std::byte* scratch);
// masses [n, (ids + 255) / 256]: of value / temperature in every 256 values of the rows of logits
// [n, ids], f32, whose rules have a temperature.
void MassesOfRows(const Queue& queue, Matrix logits, const ChoiceRule* rules, Mass* masses);
// The same of keys (answer_keys.cuh): keys [rows, runs, TopRun(count)], each run in descending
// order, 0 where there are no more.
int TopRun(int count);
void TopOfRuns(const Queue& queue, int rows, int runs, int count, const uint64_t* keys,
               RowAnswer* top);

// The largest of rows as TopOfRows gives them: `count` of each, at most kMostTop, `stride` apart.
struct TopRows {
  const RowAnswer* values;
  int count, stride;
};
// Chooses a token of each row by its rule, in float arithmetic of the device, where the rule's
// temperature is not 0: what lantern::Choose gives, but for rare near ties, and for tokens that
// only a top-p or min-p without top-k reaches beyond these. best[row].index and guesses[row] become
// it.
void GuessTokens(const Queue& queue, int rows, TopRows top, const ChoiceRule* rules,
                 RowAnswer* best, int* guesses);

// Where logits are those of a part of the vocabulary: its lists of the largest, `top`, as numbers
// that can be added to those of the other parts. A list is `top.stride` values of f32, each with
// its id behind it (exact below 2^24). all, mine [rows, CandidateColumns(parts, top.stride)]: the
// lists of all parts; `all` becomes 0, `mine` this part's and 0 beside it.
int CandidateColumns(int parts, int count);
void OfferCandidates(const Queue& queue, int rows, TopRows top, const VocabularyPart& part,
                     float* all, float* mine);
// From the sum of these: best [rows], the largest of each row, and guesses [rows], its id. And,
// unless scratch is null, top [rows, count]: as TopOfRows, in the order of the rules, for the whole
// vocabulary of `ids` (values may be scores); an index that is none never stands there, whatever is
// in `all`.
size_t JoinScratchBytes(int rows, int parts, int count);
void JoinCandidates(const Queue& queue, int rows, int count, int parts, int ids, const float* all,
                    const ChoiceRule* rules, RowAnswer* best, int* guesses, RowAnswer* top,
                    std::byte* scratch);

}  // namespace lantern::cuda

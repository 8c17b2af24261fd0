// Byte-pair merging: symbols in a row grow by joining the best neighbouring pair until none joins.
// O(n log n) in the symbols, so that a word of a megabyte costs no more than many short ones.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

namespace lantern {

struct Symbol {
  int begin;   // bytes into the text
  int length;  // bytes; 0: joined into the symbol on its left
  int id;      // token, -1: none (only a merge table by text knows what it may become)
};

struct Merge {
  double order;  // the smallest is done first, the leftmost among equals
  int id;        // what the pair becomes
};

// Joins the neighbours in `symbols` that `find(left, right)` -> std::optional<Merge> allows, in
// order; the joined ones are removed. REQUIRES: symbols are adjacent, each of length > 0.
template <class Find>
void MergeSymbols(std::vector<Symbol>& symbols, const Find& find) {
  struct Candidate {
    double order;
    int left, right, length, id;
    bool operator<(const Candidate& other) const {  // std::priority_queue serves the largest
      return order != other.order ? order > other.order : left > other.left;
    }
  };
  const int count = static_cast<int>(symbols.size());
  std::vector<int> previous(count), next(count);
  std::vector<Candidate> heap_storage;
  heap_storage.reserve(symbols.size());
  std::priority_queue<Candidate> queue(std::less<Candidate>(), std::move(heap_storage));

  const auto offer = [&](int left, int right) {
    if (left < 0 || right >= count) return;
    const Symbol &a = symbols[left], &b = symbols[right];
    if (std::optional<Merge> merge = find(a, b)) {
      queue.push({merge->order, left, right, a.length + b.length, merge->id});
    }
  };
  for (int i = 0; i < count; ++i) previous[i] = i - 1, next[i] = i + 1;
  for (int i = 0; i + 1 < count; ++i) offer(i, i + 1);

  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol &left = symbols[best.left], &right = symbols[best.right];
    // A candidate is stale when either side has joined something since: the lengths tell.
    if (left.length == 0 || right.length == 0 || left.length + right.length != best.length)
      continue;
    left.length = best.length;
    left.id = best.id;
    right.length = 0;
    next[best.left] = next[best.right];
    if (next[best.left] < count) previous[next[best.left]] = best.left;
    offer(previous[best.left], best.left);
    offer(best.left, next[best.left]);
  }
  std::erase_if(symbols, [](const Symbol& symbol) { return symbol.length == 0; });
}

}  // namespace lantern

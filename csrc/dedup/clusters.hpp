// clusters: connected components of pairs, by union-find. 8 bytes a row.
#pragma once
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace corpusmill::dedup {

/// Disjoint sets of rows; a set is named by its smallest row.
class UnionFind {
 public:
  explicit UnionFind(size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0); }

  int64_t find(int64_t row) {
    while (parent(row) != row) row = parent(row) = parent(parent(row));
    return row;
  }

  void unite(int64_t left, int64_t right) {
    left = find(left);
    right = find(right);
    if (left > right) std::swap(left, right);
    parent(right) = left;
  }

 private:
  int64_t& parent(int64_t row) { return parent_[static_cast<size_t>(row)]; }

  std::vector<int64_t> parent_;
};

/// For each of num_rows rows the smallest row of its component.
inline std::vector<int64_t> components(std::span<const int64_t> left,
                                       std::span<const int64_t> right, size_t num_rows) {
  UnionFind sets(num_rows);
  for (size_t i = 0; i < left.size(); ++i) sets.unite(left[i], right[i]);
  std::vector<int64_t> out(num_rows);
  for (size_t row = 0; row < num_rows; ++row) out[row] = sets.find(static_cast<int64_t>(row));
  return out;
}

}  // namespace corpusmill::dedup

// order: rows of a job and their ranks, the order of preference in which they are visited.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace corpusmill::dedup {

/// Ranks count the rows that take part, most preferred first. 8 bytes a row; nothing while all rows
/// take part as they come.
class Order {
 public:
  static constexpr uint32_t none = 0xffffffffu;

  /// As they come.
  explicit Order(size_t num_rows) : num_rows_(num_rows), size_(num_rows) {}

  /// The rows that take part, most preferred first; fewer than 2**32 - 1.
  Order(size_t num_rows, std::span<const int64_t> rows)
      : num_rows_(num_rows), size_(rows.size()), row_of_(rows.begin(), rows.end()) {
    rank_of_.assign(num_rows, none);
    for (size_t rank = 0; rank < size_; ++rank)
      rank_of_.at(row_of_[rank]) = static_cast<uint32_t>(rank);
  }

  size_t num_rows() const { return num_rows_; }
  size_t size() const { return size_; }
  bool as_they_come() const { return rank_of_.empty(); }
  int64_t row(uint32_t rank) const { return row_of_.empty() ? rank : row_of_[rank]; }

  /// none if the row takes no part; std::out_of_range if there is no such row.
  uint32_t rank(size_t row) const {
    if (row >= num_rows_) throw std::out_of_range("there is no row " + std::to_string(row));
    return rank_of_.empty() ? static_cast<uint32_t>(row) : rank_of_[row];
  }

 private:
  size_t num_rows_;
  size_t size_;
  std::vector<uint32_t> row_of_;
  std::vector<uint32_t> rank_of_;
};

}  // namespace corpusmill::dedup

// columns: one pass each.
#include "core/columns.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace corpusmill {

namespace {

constexpr size_t block_rows = 256;

/// Calls body(strings, chunk row, column row) for every row that is not null.
template <class Body>
void for_each_valid(const Column::Block& block, Body&& body) {
  for (size_t i = block.begin; i < block.end; ++i) {
    if (!block.strings->is_null(i)) body(*block.strings, i, block.first + i - block.begin);
  }
}

}  // namespace

std::vector<uint8_t> validity(const Column& docs) {
  if (!docs.may_have_nulls()) return {};
  std::vector<uint8_t> bitmap((docs.size() + 7) / 8);
  size_t valid = 0;
  for (const auto& block : docs.blocks(block_rows)) {
    for_each_valid(block, [&](const Strings&, size_t, size_t row) {
      bitmap[row / 8] = static_cast<uint8_t>(bitmap[row / 8] | 1u << (row % 8));
      ++valid;
    });
  }
  if (valid == docs.size()) bitmap.clear();
  return bitmap;
}

std::vector<int64_t> byte_lengths(const Column& docs) {
  std::vector<int64_t> lengths(docs.size());
  for (const auto& block : docs.blocks(block_rows)) {
    for_each_valid(block, [&](const Strings& strings, size_t i, size_t row) {
      lengths[row] = static_cast<int64_t>(strings[i].size());
    });
  }
  return lengths;
}

std::vector<int64_t> offsets_of(const Column& docs, std::span<const int64_t> rows) {
  std::vector<int64_t> offsets{0};
  offsets.reserve(rows.size() + 1);
  for (const int64_t row : rows) {
    if (row < 0 || static_cast<size_t>(row) >= docs.size()) {
      throw std::invalid_argument("rows: " + std::to_string(row) + " is none of " +
                                  std::to_string(docs.size()));
    }
    const std::string_view text = docs[static_cast<size_t>(row)];
    offsets.push_back(offsets.back() + static_cast<int64_t>(text.size()));
  }
  return offsets;
}

void gather(const Column& docs, std::span<const int64_t> rows, char* out) {
  for (const int64_t row : rows) {
    const std::string_view text = docs[static_cast<size_t>(row)];
    out = std::copy(text.begin(), text.end(), out);
  }
}

}  // namespace corpusmill

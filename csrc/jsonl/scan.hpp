// scan: a block of whole lines to columns of rows, and what was rejected. Reads no files.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "jsonl/row.hpp"

namespace corpusmill::jsonl {

/// Places of lines in a block. A length counts neither the "\n" nor the "\r" of a "\r\n"; an index
/// counts every line of the block, blank ones too, from 0.
struct Lines {
  std::vector<int64_t> offset;
  std::vector<int64_t> length;
  std::vector<int64_t> index;
};

/// The texts of all rows in one buffer as large as the block; what is not written is never touched.
struct Texts {
  std::vector<int64_t> offsets{0};  ///< as Arrow's large_string: one more than rows
  std::unique_ptr<uint8_t[]> data;
};

/// The values of a field that may be null. A bit per row, low bits first, says that one is not.
struct Values {
  std::vector<int64_t> offsets{0};
  std::vector<uint8_t> data;
  std::vector<uint8_t> validity;
};

struct Scan {
  int64_t num_lines = 0;  ///< blank lines counted

  Lines rows;
  Texts text;
  Values id;                  ///< a string unescaped; a number, true or false as written; else null
  std::vector<double> order;  ///< NaN where the field is no number

  Lines rejected;
  std::vector<uint8_t> reason;  ///< codes of Reason
};

/// Scans lines that end in '\n'; the last may lack it. Blank lines (space, tab, "\r") are neither
/// rows nor rejected. O(bytes), whatever they are; holds the unescaped texts and ids, and one byte
/// per container open at once.
Scan scan(std::string_view block, const Fields& fields);

}  // namespace corpusmill::jsonl

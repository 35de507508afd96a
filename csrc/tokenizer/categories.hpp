// categories: what the patterns of tokenizers ask of a character: which group of general categories
// it is in. Of the Unicode version that the reference tokenizers know, which is not that of text/.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace corpusmill::tokenizer {

extern const char category_version[];  // of the Unicode Character Database, "16.0.0"
extern const size_t num_category_runs;
extern const uint32_t category_runs[];  // first code point << 4 | category, ascending, from 0

enum Category : uint8_t {
  other,        // C*: controls, formats, what is unassigned; and invalid bytes
  space,        // White_Space
  upper,        // Lu, Lt
  lower,        // Ll
  letter,       // Lm, Lo
  mark,         // M*
  number,       // N*
  punctuation,  // P*
  symbol,       // S*
};

/// Categories as a set.
constexpr uint32_t set_of(Category category) { return 1u << category; }
constexpr uint32_t letters = set_of(upper) | set_of(lower) | set_of(letter);

/// A two-stage table of the runs: code -> block -> category.
class Categories {
 public:
  /// One for the process, made at the first call. Threads may call at once.
  static const Categories& get();

  /// Of a code point, or of an invalid byte as utf8.hpp numbers them.
  Category operator[](char32_t code) const {
    return static_cast<Category>(values_[size_t{blocks_[code >> 7]} << 7 | (code & 127)]);
  }

 private:
  Categories();

  std::vector<uint16_t> blocks_;
  std::vector<uint8_t> values_;
};

}  // namespace corpusmill::tokenizer

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
  digit,        // Nd
  number,       // Nl, No
  punctuation,  // P*
  symbol,       // S*
};

/// Categories as a set.
constexpr uint32_t set_of(Category category) { return 1u << category; }
constexpr uint32_t letters = set_of(upper) | set_of(lower) | set_of(letter);
constexpr uint32_t numbers = set_of(digit) | set_of(number);

/// One place for each code; a text looks at few of them.
class Categories {
 public:
  /// One for the process, made at the first call. Threads may call at once.
  static const Categories& get();

  /// Of a code point, or of an invalid byte as utf8.hpp numbers them.
  Category operator[](char32_t code) const { return static_cast<Category>(of_code_[code]); }

 private:
  Categories();

  std::vector<uint8_t> of_code_;
};

}  // namespace corpusmill::tokenizer

// code_table: a value for each code of utf8.hpp, code points and invalid bytes, in two stages: code
// -> block -> value. Knows no values.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace corpusmill::tokenizer {

template <class Value>
class CodeTable {
 public:
  /// value_of(code) is called for every code, in ascending order. Equal blocks are kept once.
  template <class ValueOf>
  explicit CodeTable(const ValueOf& value_of) {
    std::map<std::vector<Value>, uint16_t> known;
    std::vector<Value> block(block_size);
    for (char32_t first = 0; first < num_codes; first += block_size) {
      for (char32_t i = 0; i < block_size; ++i) block[i] = value_of(first + i);
      const auto [found, is_new] = known.try_emplace(block, static_cast<uint16_t>(known.size()));
      if (is_new) values_.insert(values_.end(), block.begin(), block.end());
      blocks_.push_back(found->second);
    }
  }

  const Value& operator[](char32_t code) const {
    return values_[size_t{blocks_[code >> 7]} << 7 | (code & 127)];
  }

 private:
  static constexpr char32_t num_codes = 0x110000 + 0x100;  // and one for each invalid byte
  static constexpr char32_t block_size = 128;

  std::vector<uint16_t> blocks_;
  std::vector<Value> values_;
};

}  // namespace corpusmill::tokenizer

// character_table: a number for each of some characters, in two stages. Knows no meaning of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "text/utf8.hpp"
#include "tokenizer/model.hpp"

namespace corpusmill::tokenizer {

class CharacterTable {
 public:
  CharacterTable() : blocks_((text::last_code_point >> 7) + 1), values_(128, no_id) {}

  void set(char32_t character, uint32_t value) {
    uint16_t& block = blocks_[character >> 7];
    if (block == 0) {
      block = static_cast<uint16_t>(values_.size() / 128);
      values_.resize(values_.size() + 128, no_id);
    }
    values_[size_t{block} * 128 + (character & 127)] = value;
  }

  /// no_id of one that was not set.
  uint32_t operator[](char32_t character) const {
    return values_[size_t{blocks_[character >> 7]} * 128 + (character & 127)];
  }

 private:
  std::vector<uint16_t> blocks_;  // 0: one in which nothing is set
  std::vector<uint32_t> values_;
};

}  // namespace corpusmill::tokenizer

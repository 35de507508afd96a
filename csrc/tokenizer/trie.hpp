// trie: which keys a text begins with, by a double array over bytes. Each key carries a number;
// knows nothing of what they stand for.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/pages.hpp"

namespace corpusmill::tokenizer {

class Trie {
 public:
  static constexpr uint32_t none = 0xffffffffu;
  static constexpr uint32_t root = 0;

  Trie() : units_(block) {}

  /// keys: not empty, ascending by their bytes, no two the same; numbers[i] is that of keys[i].
  /// Throws std::length_error if they take more than 2**23 places. O(bytes of the keys).
  Trie(std::span<const std::string_view> keys, std::span<const uint32_t> numbers);

  bool empty() const { return units_.size() == block; }

  /// Places are below it.
  size_t num_places() const { return units_.size(); }

  /// Goes on from a place by one byte; false, and the place is as it was, if no key does.
  bool step(uint32_t& place, char byte) const {
    const auto label = static_cast<uint8_t>(byte);
    const uint32_t next = units_[place].link >> label_bits ^ label;
    if ((units_[next].link & label_mask) != label) return false;
    place = next;
    return true;
  }

  /// Of the key that ends at this place; none if none does.
  uint32_t number(uint32_t place) const { return units_[place].number; }

  struct Match {
    uint32_t number = none;
    size_t size = 0;  // bytes
  };

  /// The longest key that the text begins with; its number is none if there is none.
  Match longest(const char* at, const char* end) const {
    Match found;
    uint32_t place = root;
    for (const char* here = at; here != end && step(place, *here);) {
      ++here;
      if (number(place) != none) found = {number(place), static_cast<size_t>(here - at)};
    }
    return found;
  }

 private:
  // Units below `block` are no key's: what has no children leads there. The next byte's unit lies
  // at link >> label_bits ^ byte; no two units lead to the same, so its label tells whose it is.
  static constexpr size_t block = 256;
  static constexpr uint32_t label_bits = 9, label_mask = 511, no_label = 256;

  struct Unit {
    uint32_t link = no_label;
    uint32_t number = none;
  };

  friend class TrieMaker;
  TableVector<Unit> units_;
};

}  // namespace corpusmill::tokenizer

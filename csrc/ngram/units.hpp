// units: what n-grams are made of, a 64-bit number each: the words, characters or bytes of a text,
// or the ids in a list of tokens. Knows no n-grams.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/hash.hpp"
#include "core/token_ids.hpp"
#include "text/utf8.hpp"
#include "text/words.hpp"

namespace corpusmill::ngram {

enum class Unit : uint8_t { word, character, byte, token };

/// word_masks[8 + i] keeps the first i bytes of 8; 0 below, all above.
inline constexpr auto word_masks = [] {
  std::array<uint64_t, 25> masks{};
  for (size_t i = 1; i < masks.size(); ++i) {
    masks[i] = i <= 8 ? 0 : i >= 16 ? ~uint64_t{0} : (uint64_t{1} << (8 * (i - 8))) - 1;
  }
  return masks;
}();

/// Hash of one word; at least 16 bytes after it must be readable. Up to 16 bytes: the two halves,
/// padded with zeros (no word holds a zero byte), multiplied and folded; beyond: XXH3-64.
inline uint64_t word_hash(const char* word, size_t size) {
  if (size > 16) return xxh3_64({word, size});
  uint64_t half[2];
  std::memcpy(half, word, 16);
  // Without a branch on 8: whether a word is longer is a coin the CPU cannot predict.
  const uint64_t low = half[0] & word_masks[size + 8];
  const uint64_t high = half[1] & word_masks[size];
  return multiply_fold(low ^ 0x9e3779b97f4a7c15u, high ^ 0xd6e8feb86659fd93u);
}

template <class Take>
void for_each_character(std::string_view document, Take&& take) {
  const char* const end = document.data() + document.size();
  for (const char* at = document.data(); at < end;) {
    const text::Decoded next = text::decode(at, end);
    take(next.code);
    at += next.size;
  }
}

/// Calls take(uint64_t) for each unit of a document, in order.
template <class Take>
void for_each_unit(std::string_view document, Unit unit, TokenType tokens,
                   text::WordScratch& scratch, Take&& take) {
  switch (unit) {
    case Unit::word:
      return text::for_each_word(
          document, scratch, [&](const char* word, size_t size) { take(word_hash(word, size)); });
    case Unit::character: return for_each_character(document, take);
    case Unit::byte:
      for (const char byte : document) take(static_cast<uint8_t>(byte));
      return;
    case Unit::token: return for_each_token_id(document, tokens, take);
  }
}

}  // namespace corpusmill::ngram

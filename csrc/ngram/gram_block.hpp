// gram_block: n-grams as records one behind the other, in one of three forms. Knows no files.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace corpusmill::ngram {

/// A record is the middle of the n-gram's key, by which results are in order, and its n numbers:
/// of two bytes if all of them are below 2**16, as most are when words are numbered as they come,
/// else of four. In that of an n-gram that was counted they have four, and behind them are the low
/// and the high half of its count.
enum class GramForm : uint8_t { narrow, wide, counted };

/// Bytes of a record.
constexpr size_t gram_width(GramForm form, size_t n) {
  if (form == GramForm::narrow) return sizeof(uint32_t) + n * sizeof(uint16_t);
  return (n + (form == GramForm::counted ? 3 : 1)) * sizeof(uint32_t);
}

struct GramBlock {
  std::span<const std::byte> records;
  GramForm form;

  size_t size(size_t n) const { return records.size() / gram_width(form, n); }

  static uint32_t middle(const std::byte* record) {
    uint32_t middle = 0;
    std::memcpy(&middle, record, sizeof middle);
    return middle;
  }
  template <class Number>
  static const Number* gram(const std::byte* record) {
    return reinterpret_cast<const Number*>(record + sizeof(uint32_t));
  }
  uint64_t count(const std::byte* record, size_t n) const {
    if (form != GramForm::counted) return 1;
    const uint32_t* const behind = gram<uint32_t>(record) + n;
    return uint64_t{behind[1]} << 32 | behind[0];
  }
};

}  // namespace corpusmill::ngram

// piece_cache: the ids of short pieces that came before, in a table that never grows: what comes
// takes the place of what came first of the two in its line. Encodes nothing.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/hash.hpp"
#include "core/zeros.hpp"

namespace corpusmill::tokenizer {

/// A piece of up to 8 * words - 1 bytes as numbers: its bytes, zeros, and its size as the last
/// byte.
template <size_t words>
struct PieceKey {
  static constexpr size_t longest = 8 * words - 1;

  uint64_t word[words];
  friend bool operator==(const PieceKey&, const PieceKey&) = default;

  /// Of a piece that is not too long. `end`: no byte from it on may be read.
  static PieceKey of(std::string_view piece, const char* end) {
    PieceKey key{};
    constexpr size_t bytes = 8 * words;
    if (end - piece.data() >= static_cast<std::ptrdiff_t>(bytes)) {
      uint64_t kept[words];
      std::memcpy(key.word, piece.data(), bytes);
      std::memcpy(kept, mask_bytes.data() + bytes - piece.size(), bytes);
      for (size_t i = 0; i < words; ++i) key.word[i] &= kept[i];
    } else {
      std::memcpy(key.word, piece.data(), piece.size());
    }
    key.word[words - 1] |= uint64_t{piece.size()} << 56;
    return key;
  }

  uint64_t hash() const {
    uint64_t all = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i + 1 < words; i += 2) {
      all = multiply_fold(word[i] ^ all, word[i + 1] ^ 0xd6e8feb86659fd93u);
    }
    return words % 2 == 0 ? all : multiply_fold(all ^ word[words - 1], 0xa0761d6478bd642fu);
  }

 private:
  static constexpr auto mask_bytes = [] {
    std::array<uint8_t, 16 * words> mask{};
    std::fill_n(mask.begin(), 8 * words, uint8_t{0xff});
    return mask;
  }();
};

template <size_t words, size_t ids>
class PieceCache {
 public:
  using Key = PieceKey<words>;
  static constexpr size_t most_ids = ids;

  struct Entry {
    Key key;
    uint32_t num_ids;  // 0: free
    uint32_t id[ids];
  };

  /// Takes no more than so many bytes; none if that is too little for any entry.
  explicit PieceCache(size_t bytes)
      : lines_(bytes < sizeof(Line) ? 0 : std::bit_floor(bytes / sizeof(Line))) {}

  bool empty() const { return lines_.size() == 0; }
  void prefetch(uint64_t hash) const { __builtin_prefetch(&lines_[hash & (lines_.size() - 1)]); }

  /// Null if the piece is not there. The entry is good until the next `add`.
  const Entry* find(const Key& key, uint64_t hash) const {
    const Line& line = lines_[hash & (lines_.size() - 1)];
    if (line.entry[0].key == key) return &line.entry[0];
    return line.entry[1].key == key ? &line.entry[1] : nullptr;
  }

  /// A piece that is not there, and its ids.
  template <class Ids>
  void add(const Key& key, uint64_t hash, const Ids& all) {
    Line& line = lines_[hash & (lines_.size() - 1)];
    line.entry[1] = line.entry[0];
    Entry& entry = line.entry[0];
    entry.key = key;
    entry.num_ids = static_cast<uint32_t>(all.size());
    std::copy(all.begin(), all.end(), entry.id);
  }

 private:
  struct Line {
    Entry entry[2];
  };

  Zeros<Line> lines_;
};

}  // namespace corpusmill::tokenizer

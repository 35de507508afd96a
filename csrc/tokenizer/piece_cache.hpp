// piece_cache: the ids of short pieces that came before, in a table that grows to a limit: then
// what comes takes the place of what came first of the two in its line. Encodes nothing.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

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
    for (size_t i = 0; i < words; i += 2) {
      all = multiply_fold(word[i] ^ all, word[i + 1] ^ 0xd6e8feb86659fd93u);
    }
    return all;
  }

 private:
  static constexpr auto mask_bytes = [] {
    std::array<uint8_t, 16 * words> mask{};
    std::fill_n(mask.begin(), 8 * words, uint8_t{0xff});
    return mask;
  }();
};

/// The ids of a piece as they are remembered: how many, and three bytes of each.
class PackedIds {
 public:
  explicit PackedIds(const char* at) : at_(at) {}

  size_t size() const { return static_cast<uint8_t>(*at_); }
  uint32_t operator[](size_t i) const {
    uint32_t four;
    std::memcpy(&four, at_ + 3 * i, 4);
    return four >> 8;
  }

  static constexpr uint32_t largest = (1u << 24) - 1;
  static void write(char* at, std::span<const uint32_t> ids) {
    *at = static_cast<char>(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) std::memcpy(at + 1 + 3 * i, &ids[i], 3);
  }

 private:
  const char* at_;
};

/// Lines of 64 bytes. A line has two entries of a key and its ids, or one with more ids, or none.
template <size_t words>
class PieceCache {
 public:
  using Key = PieceKey<words>;
  static constexpr size_t most_ids = (64 - 8 * words - 1) / 3;

  /// Takes no more than so many bytes; none if that is too little for any entry.
  explicit PieceCache(size_t bytes)
      : most_lines_(bytes < sizeof(Line) ? 0 : std::bit_floor(bytes / sizeof(Line))),
        lines_(std::min(most_lines_, first_lines)) {}

  bool empty() const { return most_lines_ == 0; }
  void prefetch(uint64_t hash) const { __builtin_prefetch(&lines_[hash & (lines_.size() - 1)]); }

  /// Calls known(ids) if the piece is there, good until the next `add`, and says whether it is.
  template <class Known>
  bool find(const Key& key, uint64_t hash, Known&& known) const {
    const Line& line = lines_[hash & (lines_.size() - 1)];
    const char* at = line.bytes;
    if (key_at(at) != key) {
      at += half;
      if (!has_two(line) || key_at(at) != key) return false;
    }
    known(PackedIds(at + sizeof(Key)));
    return true;
  }

  /// A piece that is not there, of up to most_ids ids.
  void add(const Key& key, uint64_t hash, std::span<const uint32_t> ids) {
    if (++num_added_ > lines_.size() / 4 * 3 && lines_.size() < most_lines_) grow();
    char entry[64];
    std::memcpy(entry, &key, sizeof key);
    PackedIds::write(entry + sizeof key, ids);
    put(lines_[hash & (lines_.size() - 1)], entry);
  }

 private:
  static constexpr size_t first_lines = 1 << 12;
  static constexpr size_t half = 32;
  static constexpr size_t few_ids = 8 * words < half ? (half - 8 * words - 1) / 3 : 0;

  struct alignas(64) Line {
    char bytes[64];
  };

  static Key key_at(const char* at) {
    Key key;
    std::memcpy(&key, at, sizeof key);
    return key;
  }
  static bool has_two(const Line& line) {
    return words == 2 && PackedIds(line.bytes + sizeof(Key)).size() <= few_ids;
  }

  static void put(Line& line, const char* entry) {
    if (PackedIds(entry + sizeof(Key)).size() > few_ids) {
      std::memcpy(line.bytes, entry, 64);
      return;
    }
    if (has_two(line)) {
      std::memcpy(line.bytes + half, line.bytes, half);
    } else {
      std::memset(line.bytes + half, 0, half);
    }
    std::memcpy(line.bytes, entry, half);
  }

  void grow() {
    Zeros<Line> larger(2 * lines_.size());
    const auto move = [&](const char* entry) {
      char whole[64] = {};
      std::memcpy(whole, entry, has_few(entry) ? half : 64);
      if (PackedIds(entry + sizeof(Key)).size() > 0) {
        put(larger[key_at(entry).hash() & (larger.size() - 1)], whole);
      }
    };
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (has_two(lines_[i])) move(lines_[i].bytes + half);
      move(lines_[i].bytes);
    }
    lines_ = std::move(larger);
    num_added_ = lines_.size() / 8 * 3;
  }
  static bool has_few(const char* entry) {
    return PackedIds(entry + sizeof(Key)).size() <= few_ids;
  }

  size_t most_lines_;
  Zeros<Line> lines_;
  size_t num_added_ = 0;
};

}  // namespace corpusmill::tokenizer

// piece_cache: the ids of short pieces that came before, in a table that grows to a limit. Where a
// line is full what comes takes the place of another, mostly of the one that came later. Encodes
// nothing.
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
  friend bool operator==(const PieceKey& a, const PieceKey& b) {
    uint64_t different = 0;
    for (size_t i = 0; i < words; ++i) different |= a.word[i] ^ b.word[i];
    return different == 0;
  }

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
        lines_(std::clamp(most_lines_, size_t{1}, first_lines)) {}

  bool empty() const { return most_lines_ == 0; }

  void prefetch(uint64_t hash) const { __builtin_prefetch(line(hash)); }

  /// Where a piece of this hash may be, good until the next `add`.
  const char* line(uint64_t hash) const { return lines_[hash & (lines_.size() - 1)].bytes; }

  /// The ids of a piece whose line this is, else null; good until the next `add`.
  const char* find(const Key& key, const char* line) const {
    const char* const found = find_in(key, line);
    return found != nullptr || !is_full(line) ? found : find_in(key, neighbour(line));
  }

  /// The same if it is in its own line. Which of the two entries it is cannot be foretold, so it is
  /// computed.
  static const char* find_in(const Key& key, const char* line) {
    const size_t is_first = key_at(line) == key;
    const size_t is_second = words == 2 ? size_t{key_at(line + half) == key} & has_two(line) : 0;
    return (is_first | is_second) != 0 ? line + sizeof(Key) + half * is_second : nullptr;
  }

  /// A piece that is not there; not kept if it has more than most_ids.
  void add(const Key& key, uint64_t hash, std::span<const uint32_t> ids) {
    if (empty() || ids.size() > most_ids) return;
    if (++num_added_ > lines_.size() / few_added && lines_.size() < most_lines_) grow();
    char entry[64];
    std::memcpy(entry, &key, sizeof key);
    PackedIds::write(entry + sizeof key, ids);
    put(lines_, hash, entry);
  }

 private:
  static constexpr size_t first_lines = 1 << 12;
  static constexpr size_t half = 32;
  static constexpr size_t few_added = words == 2 ? 2 : 4;  // one for so many lines; then they grow
  static constexpr size_t few_ids = 8 * words < half ? (half - 8 * words - 1) / 3 : 0;

  struct alignas(64) Line {
    char bytes[64];
  };

  /// Where a piece is if its line was full.
  const char* neighbour(const char* line) const {
    const auto at = static_cast<size_t>(line - lines_[0].bytes) / sizeof(Line);
    return lines_[(at ^ 1) & (lines_.size() - 1)].bytes;
  }

  static Key key_at(const char* at) {
    Key key;
    std::memcpy(&key, at, sizeof key);
    return key;
  }
  static size_t has_two(const char* line) { return words == 2 && num_at(line) <= few_ids; }

  static size_t num_at(const char* entry) { return PackedIds(entry + sizeof(Key)).size(); }
  static bool has_few(const char* entry) { return num_at(entry) <= few_ids; }
  static bool has_room_for(const char* entry, const char* line) {
    return num_at(line) == 0 || (has_few(entry) && !is_full(line));
  }
  static bool is_full(const char* line) {
    return num_at(line) != 0 && (has_two(line) == 0 || num_at(line + half) != 0);
  }

  /// Beside its own line goes only what finds that full: so only then it is looked for there.
  void put(Zeros<Line>& lines, uint64_t hash, const char* entry) {
    const size_t own = hash & (lines.size() - 1), other = (own ^ 1) & (lines.size() - 1);
    const bool goes_beside = is_full(lines[own].bytes) && has_room_for(entry, lines[other].bytes);
    put(lines[goes_beside ? other : own], entry);
  }

  /// The first entry of a line gives way more rarely: what came early comes often.
  void put(Line& line, const char* entry) {
    if (!has_few(entry)) {
      std::memcpy(line.bytes, entry, 64);
    } else if (has_two(line.bytes) == 0) {
      std::memset(line.bytes, 0, 64);
      std::memcpy(line.bytes, entry, half);
    } else if (num_at(line.bytes) == 0) {
      std::memcpy(line.bytes, entry, half);
    } else if (num_at(line.bytes + half) == 0) {
      std::memcpy(line.bytes + half, entry, half);
    } else {
      const bool first_goes = ++num_seconds_ % 8 == 0;
      if (first_goes) std::memcpy(line.bytes + half, line.bytes, half);
      std::memcpy(line.bytes + (first_goes ? 0 : half), entry, half);
    }
  }

  void grow() {
    Zeros<Line> larger(std::min(4 * lines_.size(), most_lines_));
    const auto move = [&](const char* entry) {
      char whole[64] = {};
      std::memcpy(whole, entry, has_few(entry) ? half : 64);
      if (num_at(entry) > 0) {
        put(larger, key_at(entry).hash(), whole);
      }
    };
    for (size_t i = 0; i < lines_.size(); ++i) {
      move(lines_[i].bytes);
      if (has_two(lines_[i].bytes)) move(lines_[i].bytes + half);
    }
    lines_ = std::move(larger);
  }

  size_t most_lines_;
  Zeros<Line> lines_;
  size_t num_added_ = 0;
  size_t num_seconds_ = 0;
};

}  // namespace corpusmill::tokenizer

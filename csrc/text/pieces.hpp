// pieces: the lines or paragraphs of a document, as what repeats. Knows no hashes.
//
// A line ends with U+000A or the document; it is blank if it holds nothing but white space (U+0009
// to U+000D, U+0020). A paragraph is a maximal run of lines that are not blank. Blank lines are no
// pieces. A piece's content is its bytes without white space at its two ends. Its span begins with
// its first line and reaches over its line end; a paragraph's, over the blank lines after it too:
// cutting spans joins no lines and adds no empty ones.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "simd/loops.hpp"

namespace corpusmill::text {

enum class Piece : uint8_t { line, paragraph };

inline bool is_blank(char byte) { return byte == ' ' || static_cast<uint8_t>(byte - '\t') < 5; }

inline std::string_view stripped(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

/// Whether a blank line lies in what is shown of a text, byte after byte: true at its end.
class BlankLine {
 public:
  bool operator()(char byte) {
    const bool line_end = byte == '\n';
    const bool found = line_end && blank_;
    blank_ = line_end || (blank_ && is_blank(byte));
    return found;
  }

 private:
  bool blank_ = false;  // a line has begun, with nothing but white space so far
};

/// Where the line ends that begins at `at`, its line end included.
inline size_t line_end(std::string_view text, size_t at) {
  const void* found = std::memchr(text.data() + at, '\n', text.size() - at);
  if (found == nullptr) return text.size();
  return static_cast<size_t>(static_cast<const char*>(found) - text.data()) + 1;
}

/// Where the paragraphs of a text begin, behind their leading blanks, one after the other.
class ParagraphBegins {
 public:
  explicit ParagraphBegins(std::string_view text) : text_(text) {}

  /// Beyond all places after the last.
  size_t next() {
    while (at_ == count_) {
      if (part_ >= text_.size()) return ~size_t{0};
      base_ = part_;
      const size_t size = std::min(part, text_.size() - base_);
      count_ = simd::loops().paragraph_begins(text_.data() + base_, size, &state_, begins_.data());
      at_ = 0;
      part_ += size;
    }
    return base_ + begins_[at_++];
  }

 private:
  static constexpr size_t part = 4096;

  std::string_view text_;
  size_t part_ = 0, base_ = 0;  // where the next part begins, and this one
  size_t at_ = 0, count_ = 0;   // in begins_
  simd::OpenPieces state_;
  std::array<uint32_t, part / 2> begins_;  // NOLINT(*-member-init)
};

/// The contents of the pieces of one text after the other, in memory that is kept.
class Contents {
 public:
  void clear() { size_ = 0; }

  /// Adds those of a text that have at least so many bytes; gives how many.
  size_t add(std::string_view text, Piece piece, size_t min_bytes = 1) {
    const auto contents_of =
        piece == Piece::line ? simd::loops().line_contents : simd::loops().paragraph_contents;
    const size_t before = size_;
    simd::OpenPieces open;
    open.end = room_[size_].end;  // what is written there again when the first begins
    for (size_t at = 0; at < text.size(); at += part) {
      const size_t most = size_ + 1 + part / 2 + simd::Loops::contents_room;
      if (most > room_.size()) room_.resize(2 * most);
      const size_t size = std::min(part, text.size() - at);
      size_ += contents_of(text.data() + at, size, &open, room_.data() + size_ + 1);
    }
    room_[size_].end = open.end;
    if (min_bytes > 1) leave_out_short(before, min_bytes);
    return size_ - before;
  }

  std::span<const simd::Stretch> view() const { return std::span(room_).subspan(1, size_); }

 private:
  static constexpr size_t part = 16 << 10;

  void leave_out_short(size_t before, size_t min_bytes) {
    const size_t last = std::exchange(size_, before);
    for (size_t i = before + 1; i <= last; ++i) {
      const std::string_view content(room_[i].begin, room_[i].end);
      if (content.size() >= min_bytes) room_[++size_] = room_[i];
    }
  }

  size_t size_ = 0;
  std::vector<simd::Stretch> room_ = std::vector<simd::Stretch>(1);  // one before the first
};

/// Calls take(size_t begin, size_t end) with the content of each piece in order.
template <class Take>
void for_each_content(std::string_view text, Piece piece, Take&& take) {
  constexpr size_t part = 1024;
  const auto contents_of =
      piece == Piece::line ? simd::loops().line_contents : simd::loops().paragraph_contents;
  std::array<simd::Stretch, 1 + part / 2 + simd::Loops::contents_room>
      found;  // NOLINT(*-member-init)
  simd::OpenPieces open;
  const auto take_one = [&](const simd::Stretch& content) {
    take(static_cast<size_t>(content.begin - text.data()),
         static_cast<size_t>(content.end - text.data()));
  };
  bool any = false;  // found[0] has begun
  for (size_t at = 0; at < text.size(); at += part) {
    const size_t size = std::min(part, text.size() - at);
    const size_t count = contents_of(text.data() + at, size, &open, found.data() + 1);
    if (count == 0) continue;
    for (size_t i = any ? 0 : 1; i < count; ++i) take_one(found[i]);
    any = true;
    found[0] = found[count];
  }
  found[0].end = open.end;
  if (any) take_one(found[0]);
}

/// Where the line begins whose first byte that is no blank is at `at`.
inline size_t line_begin(std::string_view text, size_t at) {
  constexpr uint64_t ones = 0x0101010101010101u, most = 0x7f * ones;
  for (; at >= 8; at -= 8) {  // at once, for how far a line is indented is hard to predict
    uint64_t bytes;
    std::memcpy(&bytes, text.data() + at - 8, sizeof bytes);
    bytes ^= '\n' * ones;
    const uint64_t zeros = ~(((bytes & most) + most) | bytes | most);  // exactly
    if (zeros != 0) return at - static_cast<size_t>(std::countl_zero(zeros)) / 8;
  }
  while (at > 0 && text[at - 1] != '\n') --at;
  return at;
}

/// Where the span ends of a piece whose content ends at `end`.
inline size_t span_end(std::string_view text, Piece piece, size_t end) {
  if (piece == Piece::line) {
    while (end < text.size() && text[end] != '\n') ++end;
    return end == text.size() ? end : end + 1;
  }
  while (end < text.size() && is_blank(text[end])) ++end;
  return end == text.size() ? end : line_begin(text, end);
}

/// Calls take(std::string_view content, size_t begin, size_t end) for each piece in order, with its
/// span.
template <class Take>
void for_each_piece(std::string_view text, Piece piece, Take&& take) {
  for_each_content(text, piece, [&](size_t begin, size_t end) {
    take(text.substr(begin, end - begin), line_begin(text, begin), span_end(text, piece, end));
  });
}

/// The first place from `at` on, or the end, at which a document may be cut so that its pieces are
/// those of the two parts.
inline size_t piece_border(std::string_view text, Piece piece, size_t at) {
  if (at >= text.size()) return text.size();
  size_t next = line_end(text, at);  // what begins at `at` may be the rest of a line
  if (piece == Piece::line) return next;
  for (bool closed = false; next < text.size();) {
    const size_t begin = next;
    next = line_end(text, begin);
    const bool blank = stripped(text.substr(begin, next - begin)).empty();
    if (!blank && closed) return begin;
    closed = blank || closed;
  }
  return text.size();
}

}  // namespace corpusmill::text

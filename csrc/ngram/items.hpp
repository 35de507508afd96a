// items: what a membership filter holds of a document, as hashes with the bytes they stand for.
//
//   word, char, byte, token   the n-grams of n units, hashed as shingles of definition 1 are; a
//                             document of fewer than n units has none
//   line, paragraph           XXH3-64 of the content of each piece (text/pieces.hpp)
//
// Places are bytes of the document, and of a list of tokens their numbers in it.
//
// With squeeze, units are the chars of the text with its white space squeezed, as Data Portraits
// does: a run of U+000D and U+000A becomes one U+000A, another run of White_Space one U+0020, none
// stays at the beginning of a line or at the ends of the document. Places are those in the document
// as it is; a run's is all of it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ngram/shingles.hpp"
#include "ngram/units.hpp"
#include "text/pieces.hpp"
#include "text/unicode_tables.hpp"
#include "text/utf8.hpp"
#include "text/words.hpp"

namespace corpusmill::ngram {

enum class ItemUnit : uint8_t { word, character, byte, line, paragraph, token };

/// Whether an item is a whole piece of the text, and not n units.
inline bool is_piece(ItemUnit unit) {
  return unit == ItemUnit::line || unit == ItemUnit::paragraph;
}

struct ItemOptions {
  size_t n = 1;  // 1 for lines and paragraphs
  ItemUnit unit = ItemUnit::word;
  size_t stride = 1;  // between the items of a document that are inserted
  bool squeeze = false;
  TokenType tokens = {};  // of ItemUnit::token
};

/// Calls take(char32_t code, size_t begin, size_t end) for each char of the squeezed document.
template <class Take>
void for_each_squeezed(std::string_view document, Take&& take) {
  struct Run {
    size_t begin = 0, end = 0;
    bool open = false;
    void extend(size_t from, size_t to) { begin = open ? begin : from, end = to, open = true; }
  };
  Run space, line_end;  // not yet known to stand before another char of the document
  bool line_begins = true;
  const char* const end = document.data() + document.size();
  for (size_t at = 0, next = 0; at < document.size(); at = next) {
    const text::Decoded is = text::decode(document.data() + at, end);
    next = at + is.size;
    if (is.code == '\r' || is.code == '\n') {
      // One run only if nothing was skipped since; a line begun and left blank adds none either.
      if (!line_begins) line_end = {at, next, true};
      if (line_end.open && line_end.end == at) line_end.end = next;
      line_begins = true;
    } else if (is.code < 0x80 ? text::is_blank(static_cast<char>(is.code))
                              : (text::properties(is.code).flags & text::flag_white_space) != 0) {
      if (!line_begins) space.extend(at, next);
    } else {
      if (space.open) take(U' ', space.begin, space.end);
      if (line_end.open) take(U'\n', line_end.begin, line_end.end);
      space = line_end = {};
      line_begins = false;
      take(is.code, at, next);
    }
  }
}

/// Turns documents into items with buffers that it keeps; one per thread. Memory is O(n).
class Items {
 public:
  /// Consecutive items: item i has hashes[i] and stands for the places from begins[i] to before
  /// ends[i]; the first is the document's item number `first`.
  struct Run {
    std::span<const uint64_t> hashes;
    const size_t* begins;
    const size_t* ends;
    size_t first;
  };

  explicit Items(const ItemOptions& options);

  /// Calls sink(const Run&) for consecutive runs of the document's items.
  template <class Sink>
  void operator()(std::string_view document, Sink&& sink) {
    used_ = first_ = 0;
    for_each_unit(document, [&](uint64_t unit, size_t begin, size_t end) {
      units_[used_] = unit, begins_[used_] = begin, ends_[used_] = end;
      if (++used_ == units_.size()) flush(sink);
    });
    if (used_ >= options_.n) flush(sink);
  }

 private:
  template <class Take>
  void for_each_unit(std::string_view document, Take&& take) {
    switch (options_.unit) {
      case ItemUnit::word:
        text::for_each_word_span(document, words_,
                                 [&](const char* word, size_t size, size_t begin, size_t end) {
                                   take(word_hash(word, size), begin, end);
                                 });
        break;
      case ItemUnit::character: for_each_character(document, take); break;
      case ItemUnit::byte:
        for (size_t i = 0; i < document.size(); ++i) {
          take(static_cast<uint8_t>(document[i]), i, i + 1);
        }
        break;
      case ItemUnit::token: {
        size_t i = 0;
        for_each_token_id(document, options_.tokens, [&](uint64_t id) { take(id, i, i + 1), ++i; });
        break;
      }
      default:
        const auto piece =
            options_.unit == ItemUnit::line ? text::Piece::line : text::Piece::paragraph;
        text::for_each_piece(document, piece,
                             [&](std::string_view content, size_t begin, size_t end) {
                               take(xxh3_64(content), begin, end);
                             });
    }
  }

  template <class Take>
  void for_each_character(std::string_view document, Take&& take) {
    if (options_.squeeze) return for_each_squeezed(document, take);
    const char* const end = document.data() + document.size();
    for (size_t at = 0; at < document.size();) {
      const text::Decoded next = text::decode(document.data() + at, end);
      take(next.code, at, at + next.size);
      at += next.size;
    }
  }

  /// Hands out all windows of the buffer and keeps the n - 1 units the next window needs.
  template <class Sink>
  void flush(Sink&& sink) {
    const Run run = windows();
    sink(run);
    first_ += run.hashes.size();
    keep(options_.n - 1);
  }

  Run windows();
  void keep(size_t count);

  ItemOptions options_;
  text::WordScratch words_;
  std::vector<uint64_t> units_, hashes_;
  std::vector<size_t> begins_, ends_;
  size_t used_ = 0;   // of the buffers
  size_t first_ = 0;  // number of the item at their beginning
};

}  // namespace corpusmill::ngram

// term_table: the words of forms, and the steps from one unit of a form to the next, each with all
// that is known of it in one place, so that one look into memory tells. Knows no forms.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/hash.hpp"
#include "core/pages.hpp"
#include "ngram/vocabulary.hpp"

namespace corpusmill::ngram {

/// A sequence of units with which a form begins.
struct TermNode {
  static constexpr uint32_t none = 0xffffffffu;
  static constexpr uint32_t flag = 0x80000000u;

  uint32_t id = 0;         // flag: there are longer ones
  uint32_t output = none;  // the term whose form it is; with flag: the first of a list of them

  bool goes_on() const { return (id & flag) != 0; }
};

/// A salt: calls lay_out(salt), which says how far the longest search goes, with other ones while
/// things crowd under it, as chance does not make them.
template <class LayOut>
uint64_t salt_for(LayOut&& lay_out) {
  constexpr size_t longest_walk = 256;
  uint64_t salt = 0;
  for (int attempt = 0; attempt < 8 && lay_out(salt) > longest_walk; ++attempt) {
    salt = mix(salt + 1);
  }
  return salt;
}

template <class Lines>
size_t place_of(uint64_t hash, const Lines& lines) {
  return (hash >> 32) * lines.size() >> 32;
}

template <class Lines>
size_t after(size_t place, const Lines& lines) {
  return place + 1 < lines.size() ? place + 1 : 0;
}

/// Words in a table of lines of memory, of which at most half is used: nearly all are found, or
/// found missing, in the line where they are looked for, and without a branch. Fixed once made;
/// many threads may look up.
class TermWords {
 public:
  struct Entry {
    uint64_t half[2] = {};  // as a Word has them; of a long one, its number is half[0]
    uint32_t unit = TermNode::none;
    TermNode node;  // the word by itself

    bool is_free() const { return (half[0] | half[1]) == 0; }
    bool is(const Word& word) const {
      return ((half[0] ^ word.half[0]) | (half[1] ^ word.half[1])) == 0;
    }
  };

  explicit TermWords(std::span<const Entry> words = {}) : lines_(words.size() * 3 / 2 + 1) {
    salt_ = salt_for([&](uint64_t salt) {
      std::fill(lines_.begin(), lines_.end(), Line{});
      salt_ = salt;
      size_t longest = 0;
      for (const Entry& word : words) {
        size_t at = place(word.half), walk = 0;
        for (; lines_[at].is_full(); at = after(at, lines_)) ++walk;
        lines_[at].entries[lines_[at].entries[0].is_free() ? 0 : 1] = word;
        longest = std::max(longest, walk);
      }
      return longest;
    });
  }

  /// What to prefetch before a find. (A function that does it is dropped by GCC 12 as one that has
  /// no effect.)
  const void* line(const Word& word) const { return &lines_[place(word.half)]; }

  /// Another one for a word that is not there.
  const Entry& find(const Word& word) const {
    for (size_t at = place(word.half);; at = after(at, lines_)) {
      const Line& line = lines_[at];
      const Entry& found = line.entries[line.entries[1].is(word)];
      if (found.is(word) || !line.is_full()) return found;
    }
  }

 private:
  struct alignas(64) Line {
    Entry entries[2];

    bool is_full() const { return !entries[1].is_free(); }
  };

  size_t place(const uint64_t (&half)[2]) const {
    return place_of(
        multiply_fold(half[0] ^ 0x9e3779b97f4a7c15u, half[1] ^ 0xd6e8feb86659fd93u ^ salt_),
        lines_);
  }

  TableVector<Line> lines_;
  uint64_t salt_ = 0;
};

/// Steps in a table of lines of memory, of which at most half is used: nearly all are found, or
/// found missing, in the line where they are looked for, and without a branch. Fixed once made.
class TermSteps {
 public:
  struct Step {
    uint32_t from;  // the id of a node that goes on
    uint32_t unit;
    TermNode to;
  };

  explicit TermSteps(std::span<const Step> steps = {}) : lines_(steps.size() * 3 / 4 + 1) {
    salt_ = salt_for([&](uint64_t salt) {
      std::fill(lines_.begin(), lines_.end(), Line{});
      salt_ = salt;
      size_t longest = 0;
      for (const Step& step : steps) {
        size_t at = place(step.from, step.unit), walk = 0;
        for (; lines_[at].is_full(); at = after(at, lines_)) ++walk;
        const auto free = std::ranges::find(lines_[at].keys, uint64_t{0}) - lines_[at].keys;
        lines_[at].keys[free] = key(step.from, step.unit);
        lines_[at].to[free] = step.to;
        longest = std::max(longest, walk);
      }
      return longest;
    });
  }

  /// What to prefetch before a find.
  const void* line(uint32_t from, uint32_t unit) const { return &lines_[place(from, unit)]; }

  /// Where the step leads to; a node without forms if there is none.
  TermNode find(uint32_t from, uint32_t unit) const {
    const uint64_t wanted = key(from, unit);
    for (size_t at = place(from, unit);; at = after(at, lines_)) {
      const Line& line = lines_[at];
      size_t there = line.keys[0] == wanted, found = 0;
      for (size_t i = 1; i < per_line; ++i) {
        const size_t same = line.keys[i] == wanted;
        found += i * same;  // no branch, as a choice would be
        there += same;
      }
      const TermNode to = line.to[found];
      const auto all = -static_cast<uint32_t>(there);
      if (there != 0 || !line.is_full()) return {to.id & all, to.output | ~all};
    }
  }

 private:
  static constexpr size_t per_line = 4;

  struct alignas(64) Line {
    uint64_t keys[per_line] = {};  // 0: free
    TermNode to[per_line];

    bool is_full() const { return keys[per_line - 1] != 0; }
  };

  static uint64_t key(uint32_t from, uint32_t unit) { return uint64_t{from} << 32 | unit; }
  size_t place(uint32_t from, uint32_t unit) const {
    return place_of(mix(key(from, unit) ^ salt_), lines_);
  }

  TableVector<Line> lines_;
  uint64_t salt_ = 0;
};

}  // namespace corpusmill::ngram

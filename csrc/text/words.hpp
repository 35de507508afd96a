// words: the words of a document, in order, lower-cased, and where in it they stand. This is what
// "word" means everywhere. Knows no n-grams and no columns.
//
// A word is a maximal run of letters, marks, numbers (categories L, M, N) and U+005F, lower-cased
// by Unicode's simple one-to-one mapping. A letter or number of a script without spaces between
// words (kind_standalone) is a word of its own, with the marks that follow it. Everything else
// separates, and so does each invalid byte.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace corpusmill::text {

/// Room for walking documents, reused between those of one thread; what is touched of it stays in
/// the nearest cache. Grows only by words that cross a chunk border, to the longest of them.
struct WordScratch {
  static constexpr size_t chunk_size = 4096;
  static constexpr size_t num_blocks = chunk_size / 64 + 1;  // one more, for bits just past the end

  alignas(64) char lower[chunk_size + 64];  // the chunk, lower-cased in place
  uint64_t word[num_blocks];                // bit per byte: belongs to a word character
  uint64_t high[num_blocks];                // bit per byte: is 0x80 or more
  uint64_t breaks[num_blocks];              // bit per byte: no word goes on into it from the left
  uint16_t bounds[2 * chunk_size + 2];      // begin, end, begin, end... of the words in lower
  std::vector<char> open;                   // a word from earlier stretches, and readable bytes
};

/// Walks a document stretch by stretch: a chunk, or the part of one up to a character whose lower
/// case has another length ("odd"). Made for for_each_word_span.
class WordWalk {
 public:
  WordWalk(std::string_view document, WordScratch& scratch) : rest_(document), scratch_(scratch) {}

  /// Goes to the next stretch; false at the end of the document.
  bool next();

  /// The word that began before this stretch and ends in it; empty if there is none.
  std::string_view carried() const { return {scratch_.open.data(), carried_size_}; }

  /// Where in the document the carried word begins.
  size_t carried_begin() const { return open_begin_; }

  /// What to add to bounds for places in the document; the carried word ends at the first end.
  size_t origin() const { return origin_; }

  /// The words that lie within this stretch are those from first() to before last() in bounds.
  size_t first() const { return carried_size_ != 0 ? 1 : 0; }
  size_t last() const { return num_bounds_ / 2; }

 private:
  void load();
  size_t mark();
  bool mark_block(size_t block, uint64_t high);
  bool lower_in_place(char* at, char32_t lowered, uint32_t size);
  void split(size_t end, bool closed);
  void keep(const char* bytes, size_t size, size_t place);

  std::string_view rest_;  // text after this chunk
  WordScratch& scratch_;
  size_t origin_ = 0;         // where in the document this chunk begins
  size_t size_ = 0;           // of this chunk
  size_t at_ = 0;             // where in it the next stretch begins
  size_t marked_ = 0;         // where in it the characters not yet marked begin
  uint64_t break_ahead_ = 0;  // 1: the next chunk begins with a break
  size_t num_bounds_ = 0;     // odd if the last word runs on
  size_t open_size_ = 0;      // of the word that runs on from before, 0 if none does
  size_t open_begin_ = 0;     // where in the document it, or the one carried, begins
  size_t carried_size_ = 0;
  uint32_t odd_size_ = 0;  // of the character at which the stretch ended, 0 if none
  uint32_t odd_lower_size_ = 0;
  char odd_lower_[4] = {};  // its lower case
};

/// Calls sink(const char* word, size_t size, size_t begin, size_t end) for each word in order: it
/// is lower-cased UTF-8, valid during the call only, and stands in the document from byte begin to
/// before byte end, which may be more or fewer than size. At least 16 bytes after the word can be
/// read; their content is arbitrary. Linear time, memory for the longest word.
template <class Sink>
void for_each_word_span(std::string_view document, WordScratch& scratch, Sink&& sink) {
  for (WordWalk walk(document, scratch); walk.next();) {
    const size_t origin = walk.origin();
    const std::string_view carried = walk.carried();
    if (!carried.empty()) {
      sink(carried.data(), carried.size(), walk.carried_begin(), origin + scratch.bounds[1]);
    }
    for (size_t i = walk.first(), last = walk.last(); i < last; ++i) {
      const size_t begin = scratch.bounds[2 * i], end = scratch.bounds[2 * i + 1];
      const char* const word = scratch.lower + begin;
      sink(word, end - begin, origin + begin, origin + end);
    }
  }
}

/// The same for sink(const char* word, size_t size).
template <class Sink>
void for_each_word(std::string_view document, WordScratch& scratch, Sink&& sink) {
  for_each_word_span(document, scratch,
                     [&](const char* word, size_t size, size_t, size_t) { sink(word, size); });
}

}  // namespace corpusmill::text

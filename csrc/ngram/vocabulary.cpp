// vocabulary: short words lie in their entry, long ones beside it.
#include "ngram/vocabulary.hpp"

#include <bit>
#include <stdexcept>

namespace corpusmill::ngram {

static_assert(std::endian::native == std::endian::little, "a word's halves are read as its bytes");

size_t Vocabulary::bytes() const {
  return slots_.bytes() + entries_.capacity() * sizeof(Word) +
         long_words_.capacity() * sizeof(std::string) + long_bytes_;
}

uint32_t Vocabulary::add(const Word& word, std::string_view bytes) {
  if (entries_.size() == none - 1) throw std::length_error("more than 2**32 - 2 different words");
  const uint32_t id = slots_.find_or_add(
      word.hash, [&](uint32_t other) { return is(other, word, bytes); },
      [&](uint32_t other) { return other < entries_.size() ? entries_[other].hash : word.hash; });
  if (id < entries_.size()) return id;
  entries_.push_back(word);
  if (word.is_long()) {
    entries_.back().half[0] = long_words_.size();
    long_words_.emplace_back(bytes);
    long_bytes_ += bytes.size();
  }
  return id;
}

}  // namespace corpusmill::ngram

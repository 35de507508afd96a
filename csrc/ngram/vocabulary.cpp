// vocabulary: short words lie in their entry, long ones beside it.
#include "ngram/vocabulary.hpp"

#include <bit>
#include <stdexcept>
#include <utility>

namespace corpusmill::ngram {

static_assert(std::endian::native == std::endian::little, "a word's halves are read as its bytes");

size_t Vocabulary::bytes() const {
  return slots_.bytes() + entries_.capacity() * sizeof(Word) +
         long_words_.capacity() * sizeof(std::string) + long_bytes_;
}

// Whoever looks up sees a number only after its word stands there.
uint32_t Vocabulary::add(const Word& word, std::string_view bytes, const Alone& alone) {
  if (const uint32_t id = find(word, bytes); id != none) return id;
  if (entries_.size() == none - 1) throw std::length_error("more than 2**32 - 2 different words");
  const auto id = static_cast<uint32_t>(entries_.size());
  const auto push = [&](auto& items, auto&& item) {
    if (items.size() == items.capacity()) alone([&] { items.reserve(2 * items.size() + 1); });
    items.push_back(std::forward<decltype(item)>(item));
  };
  Word entry = word;
  if (word.is_long()) {
    entry.half[0] = long_words_.size();
    push(long_words_, std::string(bytes));
    long_bytes_ += bytes.size();
  }
  push(entries_, entry);
  slots_.add(word.hash, [&](uint32_t other) { return hash(other); }, alone);
  return id;
}

}  // namespace corpusmill::ngram

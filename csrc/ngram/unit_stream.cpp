// unit_stream: a batch's words are looked up side by side with others', and the few that are new
// are then added by one thread, while others still look up.
#include "ngram/unit_stream.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>

namespace corpusmill::ngram {

namespace {

constexpr size_t ahead = 48;  // words between the wish for a slot, that for its entry, and its use

}  // namespace

UnitStream::UnitStream(Unit unit, TokenType tokens, size_t overlap, SharedVocabulary& vocabulary)
    : unit_(unit), tokens_(tokens), overlap_(overlap), vocabulary_(&vocabulary) {}

// Its place among the long words stands in the word until it is looked up.
void UnitStream::keep_long(const char* word, size_t size) {
  words_.back().half[0] = long_ends_.size();
  long_bytes_.insert(long_bytes_.end(), word, word + size);
  long_ends_.push_back(long_bytes_.size());
}

void UnitStream::close_document() {
  if (hashes_.empty() || (!ends_.empty() && ends_.back() == hashes_.size())) return;
  ends_.push_back(hashes_.size());
}

void UnitStream::number_units() {
  // Not the size of ids_: it is that of hashes_ already if an earlier call ended by an exception.
  const size_t known = unit_ == Unit::word ? hashes_.size() - words_.size() : ids_.size();
  ids_.resize(hashes_.size());
  if (unit_ != Unit::word) {
    std::transform(hashes_.begin() + static_cast<std::ptrdiff_t>(known), hashes_.end(),
                   ids_.begin() + static_cast<std::ptrdiff_t>(known),
                   [](uint64_t code) { return static_cast<uint32_t>(code); });
    return;
  }
  const auto bytes_of = [&](const Word& word) -> std::string_view {
    if (!word.is_long()) return {};
    const size_t i = word.half[0], begin = i == 0 ? 0 : long_ends_[i - 1];
    return {long_bytes_.data() + begin, long_ends_[i] - begin};
  };
  Vocabulary& vocabulary = vocabulary_->words;
  unknown_.clear();
  {
    const std::shared_lock together(vocabulary_->moving);
    for (size_t i = 0; i < words_.size(); ++i) {
      if (i + 2 * ahead < words_.size()) vocabulary.prefetch(words_[i + 2 * ahead]);
      if (i + ahead < words_.size()) vocabulary.prefetch_entry(words_[i + ahead]);
      ids_[known + i] = vocabulary.find(words_[i], bytes_of(words_[i]));
      if (ids_[known + i] == Vocabulary::none) unknown_.push_back(i);
    }
  }
  if (!unknown_.empty()) {
    const std::scoped_lock one(vocabulary_->adding);
    const auto alone = [&](const auto& work) {
      const std::scoped_lock lock(vocabulary_->moving);
      work();
    };
    for (const size_t i : unknown_) {
      ids_[known + i] = vocabulary.add(words_[i], bytes_of(words_[i]), alone);
    }
    vocabulary_->bytes = vocabulary.bytes();
    if (vocabulary_->bytes > vocabulary_->most_bytes) {
      throw std::length_error("memory: " + std::to_string(vocabulary.size()) +
                              " different words do not fit into half of it; allow more");
    }
  }
  words_.clear();
  long_bytes_.clear();
  long_ends_.clear();
}

// What is kept are the last units of a document that goes on.
void UnitStream::restart(size_t begin) {
  begin = std::max(begin, hashes_.size() - std::min(hashes_.size(), overlap_));
  const auto gone = static_cast<std::ptrdiff_t>(begin);
  hashes_.erase(hashes_.begin(), hashes_.begin() + gone);
  ids_.erase(ids_.begin(), ids_.begin() + gone);
  ends_.clear();
  seen_ = hashes_.size();
}

}  // namespace corpusmill::ngram

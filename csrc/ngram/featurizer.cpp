// featurizer: units in a buffer, and windows of each order over it.
#include "ngram/featurizer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "simd/loops.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t piece = 4096;          // units hashed at once: the buffers stay in the L2 cache
constexpr size_t text_piece = 1 << 15;  // bytes of tokens

}  // namespace

Featurizer::Featurizer(const FeatureOptions& options, Sink sink)
    : options_(options),
      sink_(std::move(sink)),
      tokens_(options.tokenizer == Tokenizer::wordpunct ? text::PythonCut::wordpunct
                                                        : text::PythonCut::whitespace),
      units_(std::max(piece, 4 * options.orders.back())),
      hashes_(units_.size()),
      found_(units_.size()),
      sha256_(options.buckets),
      joined_(2 * text_piece) {}

size_t Featurizer::operator()(std::string_view document) {
  num_units_ = carried_ = 0;
  if (options_.hash == FeatureHash::fast) {
    hash_units(document);
  } else {
    hash_texts(document);
  }
  return num_units_;
}

void Featurizer::hash_units(std::string_view document) {
  used_ = 0;
  if (options_.unit == Unit::word && options_.tokenizer != Tokenizer::words) {
    text::for_each_token(document, tokens_, [this](const char* token, size_t size) {
      add_unit(word_hash(token, size));
    });
  } else {
    for_each_unit(document, options_.unit, options_.tokens, words_,
                  [this](uint64_t unit) { add_unit(unit); });
  }
  flush_units();
  num_units_ += used_;
}

void Featurizer::add_unit(uint64_t unit) {
  units_[used_++] = unit;
  if (used_ != units_.size()) return;
  flush_units();
  carried_ = options_.orders.back() - 1;
  num_units_ += used_ - carried_;
  std::copy(units_.end() - static_cast<std::ptrdiff_t>(carried_), units_.end(), units_.begin());
  used_ = carried_;
}

void Featurizer::flush_units() {
  for (const size_t order : options_.orders) {
    const size_t first = first_new(order);
    if (first + order > used_) continue;
    const size_t count = used_ - first - order + 1;
    simd::loops().windows(units_.data() + first, used_ - first, order, hashes_.data());
    for (size_t i = 0; i < count; ++i) {
      found_[i] = static_cast<uint32_t>((hashes_[i] >> 32) * options_.buckets >> 32);
    }
    sink_({found_.data(), count});
  }
}

void Featurizer::hash_texts(std::string_view document) {
  begins_.assign(1, 0);
  flush_at_ = text_piece;
  const auto add = [this](const char* token, size_t size) { add_text(token, size); };
  if (options_.tokenizer == Tokenizer::words) {
    text::for_each_word(document, words_, add);
  } else {
    text::for_each_token(document, tokens_, add);
  }
  flush_texts();
  num_units_ += begins_.size() - 1;
}

void Featurizer::add_text(const char* text, size_t size) {
  const size_t begin = begins_.back(), end = begin + size;
  if (end + 1 + Sha256Buckets::readable_after > joined_.size()) {
    joined_.resize(2 * (end + 1 + Sha256Buckets::readable_after));
  }
  std::memcpy(joined_.data() + begin, text, size);
  joined_[end] = ' ';
  begins_.push_back(end + 1);
  if (end < flush_at_) return;
  flush_texts();
  const size_t num = begins_.size() - 1;
  carried_ = std::min(num, options_.orders.back() - 1);
  num_units_ += num - carried_;
  const size_t dropped = begins_[num - carried_], kept = begins_[num] - dropped;
  std::memmove(joined_.data(), joined_.data() + dropped, kept);
  begins_.erase(begins_.begin(), begins_.end() - static_cast<std::ptrdiff_t>(carried_ + 1));
  for (size_t& at : begins_) at -= dropped;
  flush_at_ = kept + std::max(text_piece, kept);  // so that what is kept is moved seldom enough
}

void Featurizer::flush_texts() {
  const size_t num = begins_.size() - 1;
  for (const size_t order : options_.orders) {
    for (size_t i = first_new(order); i + order <= num; ++i) {
      sha256_.add(joined_.data() + begins_[i], begins_[i + order] - 1 - begins_[i], order == 1);
      if (sha256_.is_full()) sink_(sha256_.take());
    }
  }
  sink_(sha256_.take());
}

}  // namespace corpusmill::ngram

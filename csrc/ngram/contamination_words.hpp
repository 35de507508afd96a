// contamination_words: what a rule of decontamination takes for the words of a text: their hashes
// and the bytes they stand in. Knows no n-grams.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "ngram/shingles.hpp"
#include "text/words.hpp"

namespace corpusmill::ngram {

enum class WordForm : uint8_t {
  words,  // as text/words.hpp has them
  zeros,  // the same, each run of the digits 0-9 in a word taken for one 0
  ascii,  // runs without ASCII white space; in them A-Z lowered, ASCII punctuation deleted
};

/// Room for the words of a text, reused between those of one thread.
class WordHasher {
 public:
  explicit WordHasher(WordForm form) : form_(form) {}

  /// Calls sink(uint64_t hash, size_t begin, size_t end) for each word in order. Linear time.
  template <class Sink>
  void operator()(std::string_view document, Sink&& sink) {
    switch (form_) {
      case WordForm::words:
        text::for_each_word_span(document, scratch_,
                                 [&](const char* word, size_t size, size_t begin, size_t end) {
                                   sink(word_hash(word, size), begin, end);
                                 });
        break;
      case WordForm::zeros:
        text::for_each_word_span(document, scratch_,
                                 [&](const char* word, size_t size, size_t begin, size_t end) {
                                   sink(hash_of_zeroed({word, size}), begin, end);
                                 });
        break;
      case WordForm::ascii: for_each_ascii(document, sink); break;
    }
  }

  /// The hash of a word that came in parts.
  uint64_t hash_of(std::string_view word) {
    bytes_.assign(word);
    return hash_of_bytes();
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  static bool is_punctuation(char c) {
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= '~');
  }

  uint64_t hash_of_bytes() {
    const size_t size = bytes_.size();
    bytes_.append(16, '\0');  // word_hash may read so far
    return word_hash(bytes_.data(), size);
  }

  uint64_t hash_of_zeroed(std::string_view word) {
    bytes_.clear();
    for (const char c : word) {
      if (!is_digit(c)) {
        bytes_ += c;
      } else if (bytes_.empty() || bytes_.back() != '0') {
        bytes_ += '0';
      }
    }
    return hash_of_bytes();
  }

  template <class Sink>
  void for_each_ascii(std::string_view document, Sink&& sink) {
    for (size_t at = 0; at < document.size();) {
      if (is_white(document[at])) {
        ++at;
        continue;
      }
      const size_t begin = at;
      bytes_.clear();
      for (; at < document.size() && !is_white(document[at]); ++at) {
        const char c = document[at];
        if (!is_punctuation(c)) bytes_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      }
      if (!bytes_.empty()) sink(hash_of_bytes(), begin, at);
    }
  }

  WordForm form_;
  text::WordScratch scratch_;
  std::string bytes_;
};

}  // namespace corpusmill::ngram

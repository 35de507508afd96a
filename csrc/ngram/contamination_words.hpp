// contamination_words: what a rule of decontamination takes for the words of a text: their hashes
// and the bytes they stand in. Knows no n-grams.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "ngram/shingles.hpp"
#include "text/unicode_tables.hpp"
#include "text/utf8.hpp"
#include "text/words.hpp"

namespace corpusmill::ngram {

enum class WordForm : uint8_t {
  words,    // as text/words.hpp has them
  zeros,    // the same, each run of the digits 0-9 in a word taken for one 0
  ascii,    // runs without white space; in them A-Z lowered, ASCII punctuation deleted
  janitor,  // the same; a run of nothing else is a word of documents, and of no text
};

/// Room for the words of a text, reused between those of one thread.
class WordHasher {
 public:
  WordHasher(WordForm form, bool of_documents)
      : form_(form), takes_empty_(form == WordForm::janitor && of_documents) {}

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
      case WordForm::ascii:
      case WordForm::janitor: for_each_ascii(document, sink); break;
    }
  }

  /// The hash of a word that came in parts.
  uint64_t hash_of(std::string_view word) {
    bytes_.assign(word);
    return hash_of_bytes();
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  /// Bytes of the white space at `at`, as Python's str.split has it; 0 if there is none.
  static size_t white_space(std::string_view document, size_t at) {
    const char c = document[at];
    if (static_cast<uint8_t>(c) < 0x80) {
      return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
    }
    if (static_cast<uint8_t>(c) < 0xC0) return 0;
    const auto [code, size] = text::decode(&document[at], document.data() + document.size());
    return (text::properties(code).flags & text::flag_white_space) != 0 ? size : 0;
  }
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
      if (const size_t size = white_space(document, at); size > 0) {
        at += size;
        continue;
      }
      const size_t begin = at;
      bytes_.clear();
      for (; at < document.size() && white_space(document, at) == 0; ++at) {
        const char c = document[at];
        if (!is_punctuation(c)) bytes_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      }
      if (takes_empty_ || !bytes_.empty()) sink(hash_of_bytes(), begin, at);
    }
  }

  WordForm form_;
  bool takes_empty_;
  text::WordScratch scratch_;
  std::string bytes_;
};

}  // namespace corpusmill::ngram

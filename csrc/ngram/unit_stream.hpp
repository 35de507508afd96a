// unit_stream: documents as numbered units in batches, so that many words are looked up at once.
// Forms no n-grams.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "core/token_ids.hpp"
#include "ngram/shingles.hpp"
#include "ngram/vocabulary.hpp"
#include "text/utf8.hpp"
#include "text/words.hpp"

namespace corpusmill::ngram {

/// A vocabulary to which several threads add.
struct SharedVocabulary {
  explicit SharedVocabulary(size_t memory) : most_bytes(memory) {}

  size_t most_bytes;             // std::length_error beyond
  std::atomic<size_t> bytes{0};  // of words
  Vocabulary words;
  std::shared_mutex moving;  // held together to look up, alone while what is there moves
  std::mutex adding;         // held to add
};

/// Units of one thread's documents. The number of a word is its number in the vocabulary; of a
/// character its code, of a byte its value, of a token its id, and the vocabulary stays empty.
class UnitStream {
 public:
  /// Consecutive units of one document. The first `seen` of them were the last of its run before.
  struct Run {
    const uint32_t* ids;
    const uint64_t* hashes;  // definition 1's
    size_t size;
    size_t seen;
  };

  /// overlap: how many units of a long document its next run begins with again.
  UnitStream(Unit unit, TokenType tokens, size_t overlap, SharedVocabulary& vocabulary);

  /// Calls sink(Run) for runs of this document and of those before; for all of them after end().
  template <class Sink>
  void operator()(std::string_view document, Sink&& sink) {
    for_each_unit(document, [&](uint64_t hash) {
      hashes_.push_back(hash);
      if (hashes_.size() >= batch) flush(sink);
    });
    close_document();
    if (hashes_.size() >= batch) flush(sink);
  }

  template <class Sink>
  void end(Sink&& sink) {
    flush(sink);
  }

 private:
  static constexpr size_t batch = 2048;

  template <class Take>
  void for_each_unit(std::string_view document, Take&& take) {
    switch (unit_) {
      case Unit::word:
        text::for_each_word(document, scratch_, [&](const char* word, size_t size) {
          words_.push_back(Word::of(word, size));
          if (size > 16) keep_long(word, size);
          take(words_.back().hash);
        });
        break;
      case Unit::character: {
        const char* const end = document.data() + document.size();
        for (const char* at = document.data(); at < end;) {
          const text::Decoded next = text::decode(at, end);
          at += next.size;
          take(next.code);
        }
        break;
      }
      case Unit::byte:
        for (const char byte : document) take(static_cast<uint8_t>(byte));
        break;
      case Unit::token: for_each_token_id(document, tokens_, take); break;
    }
  }

  template <class Sink>
  void flush(Sink&& sink) {
    number_units();
    size_t begin = 0;
    for (const size_t end : ends_) {
      if (end > begin)
        sink(Run{&ids_[begin], &hashes_[begin], end - begin, begin == 0 ? seen_ : 0});
      begin = end;
    }
    if (hashes_.size() > begin) {
      const size_t size = hashes_.size() - begin;
      sink(Run{&ids_[begin], &hashes_[begin], size, begin == 0 ? seen_ : 0});
    }
    restart(begin);
  }

  void keep_long(const char* word, size_t size);
  void close_document();
  void number_units();
  void restart(size_t begin);

  Unit unit_;
  TokenType tokens_;
  size_t overlap_;
  SharedVocabulary* vocabulary_;
  text::WordScratch scratch_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> ids_;
  std::vector<size_t> ends_;  // of the documents that end in the batch
  size_t seen_ = 0;           // units at the front that an earlier run had
  std::vector<Word> words_;   // those of the batch that have no number yet
  std::vector<size_t> unknown_;
  std::vector<char> long_bytes_;
  std::vector<size_t> long_ends_;
};

}  // namespace corpusmill::ngram

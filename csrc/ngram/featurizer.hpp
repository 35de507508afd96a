// featurizer: a document's n-grams of several orders, hashed into buckets. Counts nothing.
// Definition 1:
//
//   n-grams   of order m: every m consecutive units; fewer than m units have none
//   fast      floor(high 32 bits of the n-gram's hash of shingles.hpp * buckets / 2**32); the unit
//             of a text is its word_hash, whichever the tokenizer
//   sha256    int(SHA-256 of the tokens joined by one space, 16) % buckets, as DSIR published it
//
// Oracle: tests/oracles_features.py::features.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "ngram/sha256_buckets.hpp"
#include "ngram/units.hpp"
#include "text/python_tokens.hpp"
#include "text/words.hpp"

namespace corpusmill::ngram {

enum class Tokenizer : uint8_t { words, wordpunct, whitespace };
enum class FeatureHash : uint8_t { fast, sha256 };

struct FeatureOptions {
  std::vector<size_t> orders;  // ascending
  uint32_t buckets = 10'000;   // at most 2**24
  Unit unit = Unit::word;
  TokenType tokens = {};                   // of Unit::token
  Tokenizer tokenizer = Tokenizer::words;  // of Unit::word
  FeatureHash hash = FeatureHash::fast;    // sha256 is for Unit::word alone
};

/// Turns documents into buckets with buffers that it keeps; one per thread. Memory is that of as
/// many tokens as an n-gram has, not of a document.
class Featurizer {
 public:
  using Sink = std::function<void(std::span<const uint32_t>)>;

  /// sink gets the buckets of a document's n-grams in runs, in an order that depends on nothing but
  /// the document and the options.
  Featurizer(const FeatureOptions& options, Sink sink);

  /// Gives the number of units.
  size_t operator()(std::string_view document);

 private:
  void hash_units(std::string_view document);
  void hash_texts(std::string_view document);
  void add_unit(uint64_t unit);
  void add_text(const char* text, size_t size);
  void flush_units();
  void flush_texts();

  /// The first of the units at hand with which an n-gram begins that is not yet taken.
  size_t first_new(size_t order) const { return carried_ < order ? 0 : carried_ + 1 - order; }

  FeatureOptions options_;
  Sink sink_;
  text::WordScratch words_;
  text::PythonTokens tokens_;
  size_t num_units_ = 0;  // before those at hand
  size_t carried_ = 0;    // of those at hand, taken already: the next n-grams begin with them

  // fast: hashes of the units at hand, of their windows, and the windows' buckets
  std::vector<uint64_t> units_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> found_;
  size_t used_ = 0;

  // sha256: the tokens at hand with a space after each, so that every n-gram is a part of the text
  Sha256Buckets sha256_;
  std::vector<char> joined_;
  std::vector<size_t> begins_;  // one more: where the next will begin
  size_t flush_at_ = 0;         // bytes
};

}  // namespace corpusmill::ngram

// contamination: n-grams of all texts are gathered, sorted and laid out.
#include "ngram/contamination.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>

#include "simd/loops.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t most = std::numeric_limits<uint32_t>::max() - 1;

uint32_t counted(size_t value) {
  if (value > most)
    throw std::invalid_argument("texts: more than 2**32 - 2 of them or words of one");
  return static_cast<uint32_t>(value);
}

// Only punctuation, symbols and the like lie there: the words were one if those were deleted.
bool joins(std::string_view between, bool ascii_only) {
  const auto separates = [&](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte <= ' ' || (ascii_only && byte >= 0x80);
  };
  return !between.empty() && std::none_of(between.begin(), between.end(), separates);
}

}  // namespace

ContaminationIndex::ContaminationIndex(const ContaminationRule& rule)
    : rule_(rule), n_(rule.n), hasher_(rule.form, false) {}

void ContaminationIndex::add(const Column& texts) {
  n_ = rule_.quantile > 0 ? n_of(texts) : rule_.n;
  for (size_t row = 0; row < texts.size(); ++row) {
    counted(num_words_.size());
    add_text(texts[row]);
  }
}

// The nearest rank: the least length that at least this share of the texts does not exceed.
size_t ContaminationIndex::n_of(const Column& texts) {
  std::vector<size_t> lengths;
  for (size_t row = 0; row < texts.size(); ++row) {
    size_t length = 0;
    hasher_(texts[row], [&](uint64_t, size_t, size_t) { ++length; });
    if (length > 0) lengths.push_back(length);
  }
  if (lengths.empty()) return rule_.n;
  const double rank = std::ceil(rule_.quantile * static_cast<double>(lengths.size()));
  const auto place = lengths.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::nth_element(lengths.begin(), place, lengths.end());
  return std::clamp(*place, rule_.min_words, rule_.n);
}

void ContaminationIndex::add_text(std::string_view text) {
  words_.clear();
  starts_.clear();
  hasher_(text, [&](uint64_t hash, size_t, size_t) {
    starts_.push_back(static_cast<uint32_t>(words_.size()));
    words_.push_back(hash);
  });
  num_words_.push_back(counted(words_.size()));
  add_words(words_, starts_);
  if (!rule_.joined) return;
  for (const bool ascii_only : {true, false}) {
    join_words(text, ascii_only);
    if (joined_ != words_) add_words(joined_, joined_starts_);
  }
}

// The words as they are if punctuation is deleted, of ASCII or of all kinds; '_' is ASCII's.
void ContaminationIndex::join_words(std::string_view text, bool ascii_only) {
  joined_.clear();
  joined_starts_.clear();
  std::string open;
  size_t before = 0;
  uint32_t word = 0, first = 0;
  const auto close = [&] {
    if (open.empty()) return;
    joined_.push_back(hasher_.hash_of(open));
    joined_starts_.push_back(first);
    open.clear();
  };
  text::for_each_word_span(
      text, scratch_, [&](const char* at, size_t size, size_t begin, size_t end) {
        if (word > 0 && !joins(text.substr(before, begin - before), ascii_only)) close();
        if (open.empty()) first = word;
        std::copy_if(at, at + size, std::back_inserter(open), [](char c) { return c != '_'; });
        before = end;
        ++word;
      });
  close();
}

// The n-grams of the last text, of which words[i] begins with its word starts[i].
void ContaminationIndex::add_words(std::span<const uint64_t> words,
                                   std::span<const uint32_t> starts) {
  if (words.size() < (rule_.quantile > 0 ? n_ : rule_.min_words)) return;
  const size_t n = std::min(words.size(), n_);
  windows_.resize(words.size());
  simd::loops().windows(words.data(), words.size(), n, windows_.data());
  const uint32_t text = static_cast<uint32_t>(num_words_.size()) - 1;
  for (size_t i = 0; i + n <= words.size(); ++i) {
    const uint32_t end = i + n < words.size() ? starts[i + n] : num_words_.back();
    entries_.push_back({windows_[i], {text, starts[i], end - starts[i]}});
  }
  if (n < rule_.n) add_openings(words, n);
}

void ContaminationIndex::add_openings(std::span<const uint64_t> words, size_t n) {
  simd::loops().windows(words.data(), words.size(), rule_.min_words, windows_.data());
  for (size_t i = 0; i + n <= words.size(); ++i) {
    opened_.push_back({windows_[i], uint64_t{1} << (n - rule_.min_words)});
  }
}

void ContaminationIndex::build() {
  std::sort(entries_.begin(), entries_.end());
  entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
  std::vector<uint64_t> hashes;
  for (size_t i = 0; i < entries_.size();) {
    const uint64_t hash = entries_[i].hash;
    size_t end = i, num_texts = 0;
    for (uint32_t text = 0; end < entries_.size() && entries_[end].hash == hash; ++end) {
      num_texts += num_texts == 0 || entries_[end].place.text != text;
      text = entries_[end].place.text;
    }
    first_.push_back(counted(places_.size()));
    hashes.push_back(hash);
    const bool is_nobodys = rule_.threshold > 0 && num_texts > max_texts;
    for (; i < end; ++i) {
      if (!is_nobodys) places_.push_back(entries_[i].place);
    }
  }
  first_.push_back(counted(places_.size()));
  entries_ = {};
  hashes.shrink_to_fit();
  places_.shrink_to_fit();
  ngrams_ = HashSet(std::move(hashes));
  build_openings();
  count_own();
}

void ContaminationIndex::ignore(std::span<const int64_t> ngrams) {
  std::vector<bool> is_ignored(ngrams_.size());
  for (const int64_t ngram : ngrams) is_ignored.at(static_cast<size_t>(ngram)) = true;
  uint32_t begin = 0, kept = 0;
  for (size_t ngram = 0; ngram < is_ignored.size(); ++ngram) {
    const uint32_t end = first_[ngram + 1];
    for (; begin < end; ++begin) {
      if (!is_ignored[ngram]) places_[kept++] = places_[begin];
    }
    first_[ngram + 1] = kept;
  }
  places_.resize(kept);
  count_own();
}

std::span<const NgramPlace> ContaminationIndex::named_places(size_t ngram) const {
  const auto all = places(ngram);
  if (all.size() <= max_texts) return all;
  size_t num_texts = 1, end = 1;
  for (; end < all.size(); ++end) {
    num_texts += all[end].text != all[end - 1].text;
    if (num_texts > max_texts) break;
  }
  return all.first(end);
}

std::vector<uint32_t> ContaminationIndex::longest_places(std::span<const int64_t> ngrams) const {
  std::vector<uint32_t> longest(num_words_.size());
  for (const int64_t ngram : ngrams) {
    if (ngram < 0 || static_cast<size_t>(ngram) >= ngrams_.size()) {
      throw std::out_of_range("n-gram " + std::to_string(ngram) + " is not in the index");
    }
    for (const NgramPlace& place : places(static_cast<size_t>(ngram))) {
      longest[place.text] = std::max(longest[place.text], place.length);
    }
  }
  return longest;
}

void ContaminationIndex::build_openings() {
  std::sort(opened_.begin(), opened_.end(),
            [](const Opening& a, const Opening& b) { return a.hash < b.hash; });
  std::vector<uint64_t> hashes;
  for (const Opening& opening : opened_) {
    if (hashes.empty() || hashes.back() != opening.hash) {
      hashes.push_back(opening.hash);
      lengths_.push_back(0);
    }
    lengths_.back() |= opening.lengths;
  }
  opened_ = {};
  openings_ = HashSet(std::move(hashes));
}

void ContaminationIndex::count_own() {
  num_own_.assign(num_words_.size(), 0);
  std::vector<NgramPlace> places = places_;
  std::sort(places.begin(), places.end());
  uint32_t text = 0, done = 0;
  for (const NgramPlace& place : places) {
    if (place.text != text) done = 0;
    text = place.text;
    const uint32_t end = place.at + place.length;
    if (end > done) num_own_[text] += end - std::max(done, place.at);
    done = std::max(done, end);
  }
}

size_t ContaminationIndex::num_bytes() const {
  return ngrams_.num_bytes() + openings_.num_bytes() + sizeof(NgramPlace) * places_.size() +
         sizeof(uint32_t) * (first_.size() + 2 * num_words_.size()) + 8 * lengths_.size();
}

}  // namespace corpusmill::ngram

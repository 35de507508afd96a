// contamination_scan: hits of a document, then the texts they are of, then their places.
#include "ngram/contamination_scan.hpp"

#include <algorithm>
#include <bit>
#include <string_view>

#include "core/parallel.hpp"
#include "simd/loops.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t rows_per_block = 64;
constexpr size_t piece = 4096;

struct Hit {
  uint32_t ngram;
  uint64_t begin, end;
};

/// The n-grams of one document that are in the index.
class Finder {
 public:
  explicit Finder(const ContaminationIndex& index)
      : index_(index),
        hasher_(index.rule().form, true),
        words_(std::max(piece, 4 * index.rule().n)),
        windows_(words_.size()),
        begins_(words_.size()),
        ends_(words_.size()) {}

  void operator()(std::string_view document) {
    hits.clear();
    num_ngrams = 0;
    used_ = 0;
    looked_up_ = false;
    hasher_(document, [&](uint64_t hash, size_t begin, size_t end) {
      words_[used_] = hash;
      begins_[used_] = begin;
      ends_[used_] = end;
      if (++used_ == words_.size()) flush(used_ - index_.rule().n + 1);
    });
    const size_t n = index_.rule().n;
    if (used_ > 0 && !looked_up_ && used_ < n) num_ngrams = 1;
    flush(used_);
  }

  std::vector<Hit> hits;
  int64_t num_ngrams = 0;

 private:
  /// Looks up what begins with the first `count` words in the buffer, and keeps the others.
  void flush(size_t count) {
    const ContaminationRule& rule = index_.rule();
    find_openings(count);
    if (used_ >= rule.n) {
      const size_t num_windows = used_ - rule.n + 1;
      simd::loops().windows(words_.data(), used_, rule.n, windows_.data());
      index_.ngrams().find_all({windows_.data(), num_windows},
                               [&](size_t i, size_t ngram) { add(ngram, i, rule.n); });
      num_ngrams += static_cast<int64_t>(num_windows);
    }
    const size_t left = used_ - count;
    for (auto* buffer : {&words_, &begins_, &ends_}) {
      std::copy(buffer->begin() + static_cast<std::ptrdiff_t>(count),
                buffer->begin() + static_cast<std::ptrdiff_t>(used_), buffer->begin());
    }
    looked_up_ = true;
    used_ = left;
  }

  /// Texts of fewer than n words.
  void find_openings(size_t count) {
    const ContaminationRule& rule = index_.rule();
    if (index_.openings().size() == 0 || used_ < rule.min_words) return;
    simd::loops().windows(words_.data(), used_, rule.min_words, windows_.data());
    const size_t num_windows = std::min(count, used_ - rule.min_words + 1);
    index_.openings().find_all({windows_.data(), num_windows}, [&](size_t i, size_t opening) {
      for (uint64_t left = index_.lengths(opening); left != 0; left &= left - 1) {
        const size_t size = rule.min_words + static_cast<size_t>(std::countr_zero(left));
        if (i + size > used_) return;
        simd::loops().windows(&words_[i], size, size, window_.data());
        const size_t ngram = index_.ngrams().find(window_[0]);
        if (ngram != HashSet::none) add(ngram, i, size);
      }
    });
  }

  void add(size_t ngram, size_t i, size_t size) {
    hits.push_back({static_cast<uint32_t>(ngram), begins_[i], ends_[i + size - 1]});
  }

  const ContaminationIndex& index_;
  WordHasher hasher_;
  std::vector<uint64_t> words_, windows_, begins_, ends_;
  std::vector<uint64_t> window_ = std::vector<uint64_t>(64);
  size_t used_ = 0;         // words in the buffer
  bool looked_up_ = false;  // whether words before those were
};

void take_distinct(std::span<const Hit> hits, std::vector<uint32_t>& ngrams) {
  ngrams.clear();
  for (const Hit& hit : hits) ngrams.push_back(hit.ngram);
  std::sort(ngrams.begin(), ngrams.end());
  ngrams.erase(std::unique(ngrams.begin(), ngrams.end()), ngrams.end());
}

struct FoundText {
  uint32_t text;
  uint32_t covered;
};

struct Span {
  uint64_t begin, end;
};

/// The texts of the hits of one document, and their spans in it.
class Matcher {
 public:
  explicit Matcher(const ContaminationIndex& index)
      : index_(index), is_found_(index.num_words().size()) {}

  void operator()(std::span<Hit> hits) {
    found.clear();
    spans.clear();
    gather_places(hits);
    for (size_t i = 0; i < places_.size();) i = judge(i);
    if (!found.empty()) gather_spans(hits);
  }

  std::vector<FoundText> found;  // ascending by text
  std::vector<Span> spans;       // ascending

 private:
  void gather_places(std::span<const Hit> hits) {
    take_distinct(hits, ngrams_);
    places_.clear();
    for (const uint32_t ngram : ngrams_) {
      const auto places = index_.places(ngram);
      places_.insert(places_.end(), places.begin(), places.end());
    }
    std::sort(places_.begin(), places_.end());
  }

  /// Decides on the text of places_[i]; returns where those of the next begin.
  size_t judge(size_t i) {
    const uint32_t text = places_[i].text;
    uint32_t covered = 0, done = 0;
    for (; i < places_.size() && places_[i].text == text; ++i) {
      const uint32_t end = places_[i].at + places_[i].length;
      if (end > done) covered += end - std::max(done, places_[i].at);
      done = std::max(done, end);
    }
    const double least = index_.rule().threshold * index_.num_own()[text];
    if (covered >= least) found.push_back({text, covered});
    return i;
  }

  /// The hits that are of a text found, those that touch or overlap as one.
  void gather_spans(std::span<Hit> hits) {
    for (const FoundText& one : found) is_found_[one.text] = true;
    std::sort(hits.begin(), hits.end(),
              [](const Hit& a, const Hit& b) { return a.begin < b.begin; });
    for (const Hit& hit : hits) {
      const auto places = index_.places(hit.ngram);
      const auto of_found = [&](const NgramPlace& place) { return is_found_[place.text]; };
      if (!spans.empty() && hit.end <= spans.back().end) continue;
      if (std::none_of(places.begin(), places.end(), of_found)) continue;
      if (!spans.empty() && hit.begin <= spans.back().end) {
        spans.back().end = hit.end;
      } else {
        spans.push_back({hit.begin, hit.end});
      }
    }
    for (const FoundText& one : found) is_found_[one.text] = false;
  }

  const ContaminationIndex& index_;
  std::vector<bool> is_found_;
  std::vector<uint32_t> ngrams_;
  std::vector<NgramPlace> places_;
};

/// Of one block of documents; lists without their leading zeros.
void append_document(const Finder& finder, const Matcher& matcher, Contamination& out) {
  out.num_ngrams.push_back(finder.num_ngrams);
  out.num_hits.push_back(static_cast<int64_t>(finder.hits.size()));
  for (const auto& [text, covered] : matcher.found) {
    out.text.push_back(text);
    out.covered.push_back(covered);
  }
  for (const auto& [begin, end] : matcher.spans) {
    out.begin.push_back(static_cast<int64_t>(begin));
    out.end.push_back(static_cast<int64_t>(end));
  }
  out.lists.push_back(static_cast<int64_t>(out.text.size()));
  out.span_lists.push_back(static_cast<int64_t>(out.begin.size()));
}

void append(std::vector<int64_t>& all, const std::vector<int64_t>& part, int64_t base = 0) {
  for (const int64_t value : part) all.push_back(base + value);
}

Contamination joined(std::vector<Contamination>& parts) {
  Contamination all;
  all.lists.push_back(0);
  all.span_lists.push_back(0);
  for (Contamination& part : parts) {
    append(all.lists, part.lists, static_cast<int64_t>(all.text.size()));
    append(all.span_lists, part.span_lists, static_cast<int64_t>(all.begin.size()));
    append(all.num_ngrams, part.num_ngrams);
    append(all.num_hits, part.num_hits);
    append(all.text, part.text);
    append(all.covered, part.covered);
    append(all.begin, part.begin);
    append(all.end, part.end);
    part = {};
  }
  return all;
}

}  // namespace

Contamination scan(const Column& docs, const ContaminationIndex& index, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  const size_t workers = num_workers(blocks.size(), threads);
  std::vector<Finder> finders(workers, Finder(index));
  std::vector<Matcher> matchers(workers, Matcher(index));
  std::vector<Contamination> parts(blocks.size());
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    for (size_t row = blocks[b].begin; row < blocks[b].end; ++row) {
      finders[worker]((*blocks[b].strings)[row]);
      matchers[worker](finders[worker].hits);
      append_document(finders[worker], matchers[worker], parts[b]);
    }
  });
  return joined(parts);
}

std::vector<uint32_t> ngrams_by_document(const Column& docs, const ContaminationIndex& index,
                                         int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<Finder> finders(num_workers(blocks.size(), threads), Finder(index));
  std::vector<std::vector<uint32_t>> parts(blocks.size());
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    std::vector<uint32_t> distinct;
    for (size_t row = blocks[b].begin; row < blocks[b].end; ++row) {
      finders[worker]((*blocks[b].strings)[row]);
      take_distinct(finders[worker].hits, distinct);
      parts[b].insert(parts[b].end(), distinct.begin(), distinct.end());
    }
  });
  std::vector<uint32_t> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace corpusmill::ngram

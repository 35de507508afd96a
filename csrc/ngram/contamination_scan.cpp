// contamination_scan: hits of a document, then the texts they are of, then their places.
#include "ngram/contamination_scan.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/parallel.hpp"
#include "ngram/contamination_finder.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t rows_per_block = 64;

void take_distinct(std::span<const NgramHit> hits, std::vector<uint32_t>& ngrams) {
  ngrams.clear();
  for (const NgramHit& hit : hits) ngrams.push_back(hit.ngram);
  std::sort(ngrams.begin(), ngrams.end());
  ngrams.erase(std::unique(ngrams.begin(), ngrams.end()), ngrams.end());
}

struct FoundText {
  uint32_t text;
  uint32_t covered;
  friend auto operator<=>(const FoundText&, const FoundText&) = default;
};

struct Span {
  uint64_t begin, end;
};

/// The texts of the hits of one document, and their spans in it; and what all documents so far
/// have of the texts.
class Matcher {
 public:
  explicit Matcher(const ContaminationIndex& index)
      : index_(index), is_found_(index.num_words().size()), most_(is_found_.size()) {}

  void operator()(std::span<NgramHit> hits) {
    found.clear();
    spans.clear();
    gather_places(hits);
    for (size_t i = 0; i < places_.size();) i = judge(i);
    if (!found.empty()) gather_spans(hits);
  }

  /// Of each text seen in any document, the most that one covers; in no order.
  void append_seen(std::vector<FoundText>& out) const {
    for (const uint32_t text : seen_) out.push_back({text, most_[text]});
  }

  std::vector<FoundText> found;         // ascending by text
  std::vector<Span> spans;              // ascending
  std::unordered_set<uint32_t> shared;  // of all documents: n-grams that do not name all texts

 private:
  void gather_places(std::span<const NgramHit> hits) {
    take_distinct(hits, ngrams_);
    places_.clear();
    unnamed_.clear();
    for (const uint32_t ngram : ngrams_) {
      const auto all = index_.places(ngram), named = index_.named_places(ngram);
      places_.insert(places_.end(), named.begin(), named.end());
      if (named.size() == all.size()) continue;
      unnamed_.push_back(all.subspan(named.size()));
      shared.insert(ngram);
    }
    std::sort(places_.begin(), places_.end());
    if (!unnamed_.empty()) add_unnamed();
  }

  /// A text that one n-gram names is covered by those that name only others, too.
  void add_unnamed() {
    texts_.clear();
    for (const NgramPlace& place : places_) {
      if (texts_.empty() || texts_.back() != place.text) texts_.push_back(place.text);
    }
    const size_t named = places_.size();
    for (const auto places : unnamed_) {
      auto text = std::lower_bound(texts_.begin(), texts_.end(), places.front().text);
      for (auto at = places.begin(); text != texts_.end() && at != places.end(); ++text) {
        at = std::lower_bound(at, places.end(), NgramPlace{*text, 0, 0});
        for (; at != places.end() && at->text == *text; ++at) places_.push_back(*at);
      }
    }
    if (places_.size() != named) std::sort(places_.begin(), places_.end());
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
    if (most_[text] == 0) seen_.push_back(text);
    most_[text] = std::max(most_[text], covered);
    const double least = index_.rule().threshold * index_.num_own()[text];
    if (covered >= least) found.push_back({text, covered});
    return i;
  }

  /// The hits that are of a text found, those that touch or overlap as one.
  void gather_spans(std::span<NgramHit> hits) {
    for (const FoundText& one : found) is_found_[one.text] = true;
    std::sort(hits.begin(), hits.end(),
              [](const NgramHit& a, const NgramHit& b) { return a.begin < b.begin; });
    for (const NgramHit& hit : hits) {
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
  std::vector<uint32_t> most_;  // by text; 0: not seen
  std::vector<uint32_t> seen_, ngrams_, texts_;
  std::vector<NgramPlace> places_;
  std::vector<std::span<const NgramPlace>> unnamed_;
};

/// Of one block of documents; lists without their leading zeros.
void append_document(const NgramFinder& finder, const Matcher& matcher, Contamination& out) {
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

/// What the documents of all threads have of the texts: the same however they were shared out.
void append_seen(std::span<const Matcher> matchers, Contamination& all) {
  std::vector<FoundText> seen;
  for (const Matcher& matcher : matchers) {
    matcher.append_seen(seen);
    all.shared.insert(all.shared.end(), matcher.shared.begin(), matcher.shared.end());
  }
  std::sort(seen.begin(), seen.end());
  for (size_t i = 0; i < seen.size(); ++i) {
    if (i + 1 < seen.size() && seen[i + 1].text == seen[i].text) continue;  // covers no less
    all.seen_text.push_back(seen[i].text);
    all.seen_covered.push_back(seen[i].covered);
  }
  std::sort(all.shared.begin(), all.shared.end());
  all.shared.erase(std::unique(all.shared.begin(), all.shared.end()), all.shared.end());
}

}  // namespace

Contamination scan(const Column& docs, const ContaminationIndex& index, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  const size_t workers = num_workers(blocks.size(), threads);
  std::vector<NgramFinder> finders(workers, NgramFinder(index));
  std::vector<Matcher> matchers(workers, Matcher(index));
  std::vector<Contamination> parts(blocks.size());
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    for (size_t row = blocks[b].begin; row < blocks[b].end; ++row) {
      finders[worker]((*blocks[b].strings)[row]);
      matchers[worker](finders[worker].hits);
      append_document(finders[worker], matchers[worker], parts[b]);
    }
  });
  Contamination all = joined(parts);
  append_seen(matchers, all);
  return all;
}

std::vector<uint32_t> ngrams_by_document(const Column& docs, const ContaminationIndex& index,
                                         int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<NgramFinder> finders(num_workers(blocks.size(), threads), NgramFinder(index));
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

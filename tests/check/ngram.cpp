// ngram: features of hostile documents, and what of them is found in each other.
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "areas.hpp"
#include "ngram/contamination.hpp"
#include "ngram/contamination_scan.hpp"
#include "ngram/features.hpp"
#include "text/cut.hpp"

namespace corpusmill::check {

namespace {

constexpr int threads = 4;

}  // namespace

/// Features by every hash, tokenizer and unit; the same however many threads count.
size_t check_features(const Column& docs) {
  using ngram::FeatureHash, ngram::Tokenizer, ngram::Unit;
  size_t found = 0;
  const auto count = [&](const ngram::FeatureOptions& options) {
    const ngram::Features all = ngram::features(docs, options, threads);
    const std::vector<int64_t> totals = ngram::feature_totals(docs, options, threads);
    const std::vector<double> ones(options.buckets, 1);
    const ngram::FeatureSums sums = ngram::feature_sums(docs, options, ones, threads);
    const auto of_all = std::accumulate(all.count.view().begin(), all.count.view().end(), 0.0);
    const auto of_totals = std::accumulate(totals.begin(), totals.end(), 0.0);
    const auto of_sums = std::accumulate(sums.sum.begin(), sums.sum.end(), 0.0);
    if (of_all != of_totals || of_all != of_sums) {
      throw std::logic_error("n-grams are counted differently");
    }
    found += all.bucket.size();
  };
  for (const auto tokenizer : {Tokenizer::words, Tokenizer::wordpunct, Tokenizer::whitespace}) {
    for (const auto hash : {FeatureHash::fast, FeatureHash::sha256}) {
      count({{1, 2, 5}, 1000, Unit::word, {}, tokenizer, hash});
    }
  }
  for (const auto unit : {Unit::character, Unit::byte}) count({{1, 3}, 1 << 20, unit});
  for (const auto& tokens : {TokenType{1, false}, TokenType{1, true}}) {
    count({{2}, 7, Unit::token, tokens});
  }
  return found;
}

/// Every document is a text that is looked for in all.
size_t check_contamination(const Column& docs) {
  size_t found = 0;
  using Form = ngram::WordForm;
  for (const auto form : {Form::words, Form::zeros, Form::ascii, Form::janitor}) {
    for (const double threshold : {0.0, 0.7}) {
      const bool joined = form == Form::words;
      ngram::ContaminationIndex index(
          {6, 2, form, joined, threshold, form == Form::ascii ? 0.3 : 0});
      index.add(docs);
      index.build();
      found += ngram::ngrams_by_document(docs, index, threads).size();
      const std::vector<int64_t> frequent{0};
      if (index.num_ngrams() > 0) index.ignore(frequent);
      const ngram::Contamination of = ngram::scan(docs, index, threads);
      found += of.text.size();
      const ngram::Contamination alone = ngram::scan(docs, index, 1);
      if (of.seen_text != alone.seen_text || of.seen_covered != alone.seen_covered ||
          index.longest_places(of.shared) != index.longest_places(alone.shared)) {
        throw std::logic_error("threads see different texts");
      }
      const text::SpansView spans{of.span_lists, of.begin, of.end};
      const text::Spans wide = text::widen(docs, spans, {20, 19, 21, 20, 20, joined}).spans;
      found += text::cut(docs, {wide.lists, wide.begin, wide.end}).data.size();
    }
  }
  return found;
}

}  // namespace corpusmill::check

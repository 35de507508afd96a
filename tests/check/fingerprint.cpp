// fingerprint: answers to bytes to one hash each. Little-endian, as is the library.
#include "fingerprint.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "areas.hpp"
#include "core/columns.hpp"
#include "core/hash.hpp"
#include "dedup/contents.hpp"
#include "dedup/decide.hpp"
#include "dedup/passages.hpp"
#include "dedup/sketch.hpp"
#include "documents.hpp"
#include "jsonl/lines.hpp"
#include "jsonl/scan.hpp"
#include "ngram/contamination.hpp"
#include "ngram/contamination_scan.hpp"
#include "ngram/features.hpp"
#include "ngram/shingles.hpp"
#include "simd/hash.hpp"
#include "text/columns.hpp"

namespace corpusmill::check {

namespace {

constexpr int threads = 4;

void print_text(const Column& docs) {
  const text::FlatLists words = text::words(docs, threads);
  print("words", words.strings.data);
  print("word ends", words.strings.offsets);
  print("word lists", words.lists);
  constexpr std::array forms = {"nfc", "nfd", "nfkc", "nfkd"};
  for (size_t i = 0; i < forms.size(); ++i) {
    const auto form = static_cast<text::Form>(i);
    print(forms[i], text::normalize(docs, {form, false, false}, threads).data);
    const auto folded = text::normalize(docs, {form, true, true}, threads);
    print(std::string(forms[i]) + " folded", folded.data);
    print(std::string(forms[i]) + " folded ends", folded.offsets);
  }
}

void print_dedup(const Column& docs) {
  print("content hashes", dedup::content_hashes(docs, threads));
  constexpr std::array units = {"words", "characters", "bytes"};
  for (size_t unit = 0; unit < units.size(); ++unit) {
    for (const size_t n : {1U, 3U, 8U}) {
      const ngram::ShingleOptions shingles{n, static_cast<ngram::Unit>(unit)};
      print(std::to_string(n) + " " + units[unit], ngram::hashes(docs, shingles, threads).values);
      for (const uint64_t seed : {0U, 7U}) {
        print("  signatures, seed " + std::to_string(seed),
              dedup::signatures(docs, {shingles, 112, seed}, threads));
      }
    }
  }
}

void print_features(const Column& docs) {
  using ngram::FeatureHash, ngram::Tokenizer;
  for (const auto tokenizer : {Tokenizer::words, Tokenizer::wordpunct, Tokenizer::whitespace}) {
    for (const auto hash : {FeatureHash::fast, FeatureHash::sha256}) {
      const ngram::FeatureOptions options{{1, 2}, 10'000, ngram::Unit::word, {}, tokenizer, hash};
      std::vector<double> table(options.buckets);
      for (size_t i = 0; i < table.size(); ++i) table[i] = 1 / static_cast<double>(i + 1);
      const auto sums = ngram::feature_sums(docs, options, table, threads);
      print("feature totals", ngram::feature_totals(docs, options, threads));
      print("feature sums", sums.sum);
      print("feature units", sums.units);
      print("feature bytes", sums.bytes);
    }
  }
}

void print_passages(const Column& docs) {
  for (const bool keep_first : {true, false}) {
    const text::Spans spans = dedup::passages(docs, {16, keep_first}, threads);
    print(keep_first ? "passages, first kept" : "passages", spans.begin);
    print("passage ends", spans.end);
  }
}

/// Every document looked for in all.
void print_contamination(const Column& docs) {
  for (const double threshold : {0.0, 0.7}) {
    ngram::ContaminationIndex index({6, 2, ngram::WordForm::words, true, threshold, 0});
    index.add(docs);
    index.build();
    const ngram::Contamination found = ngram::scan(docs, index, threads);
    print("contamination", found.text);
    print("  covered", found.covered);
    print("  hits", found.num_hits);
    print("  spans", found.begin);
    print("  span ends", found.end);
    print("  seen", found.seen_covered);
  }
}

void print_jsonl() {
  jsonl::Scan all;
  std::string texts;
  for (const auto& block : hostile_blocks()) {
    const jsonl::Scan scan = jsonl::scan(as_view(block), {"text", "id", "id"});
    const auto append = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(all.rows.offset, scan.rows.offset);
    append(all.rows.length, scan.rows.length);
    append(all.rejected.offset, scan.rejected.offset);
    append(all.rejected.length, scan.rejected.length);
    append(all.reason, scan.reason);
    append(all.order, scan.order);
    append(all.id.data, scan.id.data);
    append(all.text.offsets, scan.text.offsets);
    texts.append(reinterpret_cast<const char*>(scan.text.data.get()),
                 static_cast<size_t>(scan.text.offsets.back()));
  }
  print("rows at", all.rows.offset);
  print("row lengths", all.rows.length);
  print("texts", texts);
  print("text ends", all.text.offsets);
  print("ids", all.id.data);
  print("orders", all.order);
  print("rejected at", all.rejected.offset);
  print("rejected lengths", all.rejected.length);
  print("reasons", all.reason);
}

}  // namespace

void print_fingerprint(const Column& docs) {
  print_text(docs);
  print_dedup(docs);
  print_features(docs);
  print_passages(docs);
  print_contamination(docs);
  print_jsonl();
  print_membership(docs);
}

}  // namespace corpusmill::check

// text: words, forms and cuts of hostile documents.
#include <cstddef>

#include "areas.hpp"
#include "core/columns.hpp"
#include "core/prefixed.hpp"
#include "dedup/contents.hpp"
#include "text/columns.hpp"
#include "text/cut.hpp"

namespace corpusmill::check {

namespace {

constexpr int threads = 4;

/// Every second word cut out.
size_t check_cut(const Column& docs) {
  text::Spans spans = text::word_spans(docs, threads);
  for (size_t i = 1; i < spans.begin.size(); i += 2) spans.end[i] = spans.begin[i];
  return text::cut(docs, {spans.lists, spans.begin, spans.end}).data.size();
}

/// Documents as pages of strings: lengths that no page of that size has.
size_t check_prefixed(const Column& docs) {
  size_t done = 0;
  for (const auto& block : docs.blocks(1)) {
    if (!block.strings->is_null(block.begin)) {
      done += longest_prefixed((*block.strings)[block.begin]);
    }
  }
  return done;
}

}  // namespace

size_t check_text(const Column& docs) {
  size_t done = text::words(docs, threads).strings.offsets.size();
  done += text::word_spans(docs, threads).begin.size();
  for (const auto form : {text::Form::nfc, text::Form::nfd, text::Form::nfkc, text::Form::nfkd}) {
    done += text::normalize(docs, {form, true, true}, threads).offsets.size();
  }
  done += check_cut(docs) + check_prefixed(docs);
  done += text::counts(docs, threads).words.size();
  return done + validity(docs).size() + dedup::content_hashes(docs, threads).size();
}

}  // namespace corpusmill::check

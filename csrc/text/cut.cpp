// cut: checks the spans of all documents, then copies what lies between them.
#include "text/cut.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "text/utf8.hpp"

namespace corpusmill::text {

namespace {

[[noreturn]] void refuse(size_t row, const char* what) {
  throw std::invalid_argument("spans: those of document " + std::to_string(row) + " " + what);
}

// Whether a character begins before `at` and ends behind it: then one of the three bytes before it
// is the first of one that is well formed.
bool is_inside_character(std::string_view document, size_t at) {
  const char* const end = document.data() + document.size();
  for (size_t back = 1; back <= 3 && back <= at; ++back) {
    if (decode(document.data() + at - back, end).size > back) return true;
  }
  return false;
}

/// Calls take(begin, end) for each span of a document; negative numbers come out huge.
template <class Take>
void for_each_span(const SpansView& spans, size_t row, Take&& take) {
  const auto first = static_cast<size_t>(spans.lists[row]);
  const auto last = static_cast<size_t>(spans.lists[row + 1]);
  for (size_t i = first; i < last; ++i) {
    take(static_cast<size_t>(spans.begin[i]), static_cast<size_t>(spans.end[i]));
  }
}

void check_spans(std::string_view document, size_t row, const SpansView& spans) {
  size_t done = 0;
  for_each_span(spans, row, [&](size_t begin, size_t end) {
    if (begin < done || end < begin) refuse(row, "are not ascending");
    if (end > document.size()) refuse(row, "reach past its end");
    if (is_inside_character(document, begin) || is_inside_character(document, end)) {
      refuse(row, "cut a character in two");
    }
    done = end;
  });
}

// Before anything is read by them.
void check_lists(const SpansView& spans, size_t num_docs) {
  bool good = spans.lists.size() == num_docs + 1 && spans.begin.size() == spans.end.size();
  for (size_t row = 0; good && row <= num_docs; ++row) {
    good = spans.lists[row] >= (row == 0 ? 0 : spans.lists[row - 1]);
  }
  if (!good || static_cast<size_t>(spans.lists[num_docs]) > spans.begin.size()) {
    throw std::invalid_argument("spans: expected a list for each of " + std::to_string(num_docs) +
                                " documents");
  }
}

}  // namespace

FlatStrings cut(const Column& docs, const SpansView& spans) {
  check_lists(spans, docs.size());
  FlatStrings out;
  out.offsets.reserve(docs.size() + 1);
  out.offsets.push_back(0);
  for (size_t row = 0; row < docs.size(); ++row) {
    const std::string_view document = docs[row];
    check_spans(document, row, spans);
    size_t done = 0;
    const auto keep = [&](size_t end) {
      const std::string_view part = document.substr(done, end - done);
      out.data.insert(out.data.end(), part.begin(), part.end());
    };
    for_each_span(spans, row, [&](size_t begin, size_t end) {
      keep(begin);
      done = end;
    });
    keep(document.size());
    out.offsets.push_back(static_cast<int64_t>(out.data.size()));
  }
  return out;
}

Spans widen(const Column& docs, const SpansView& spans, size_t margin) {
  check_lists(spans, docs.size());
  Spans out;
  out.lists.push_back(0);
  for (size_t row = 0; row < docs.size(); ++row) {
    const std::string_view document = docs[row];
    check_spans(document, row, spans);
    const size_t first = out.begin.size();
    for_each_span(spans, row, [&](size_t begin, size_t end) {
      begin -= std::min(begin, margin);
      end += std::min(document.size() - end, margin);
      while (is_inside_character(document, begin)) --begin;
      while (is_inside_character(document, end)) ++end;
      if (out.begin.size() > first && std::cmp_less_equal(begin, out.end.back())) {
        out.end.back() = static_cast<int64_t>(end);
      } else {
        out.begin.push_back(static_cast<int64_t>(begin));
        out.end.push_back(static_cast<int64_t>(end));
      }
    });
    out.lists.push_back(static_cast<int64_t>(out.begin.size()));
  }
  return out;
}

}  // namespace corpusmill::text

// cut: checks the spans of all documents, then copies what lies between them.
#include "text/cut.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

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

/// What goes of one document. Windows end where the next span begins: each byte is passed once.
class Widener {
 public:
  Widener(std::string_view document, const Window& window, Spans& out)
      : document_(document), window_(window), out_(out) {}

  void operator()(std::span<const int64_t> begins, std::span<const int64_t> ends) {
    size_t done = 0;
    for (size_t i = 0; i < begins.size(); ++i) {
      const auto begin = static_cast<size_t>(begins[i]), end = static_cast<size_t>(ends[i]);
      take_piece(done, before(begin, window_.before, done), window_.shortest);
      const bool is_last = i + 1 == begins.size();
      const size_t limit = is_last ? document_.size() : static_cast<size_t>(begins[i + 1]);
      done = after(end, is_last ? window_.after_last : window_.after, limit);
    }
    const bool stays = begins.empty() && !window_.is_for_all;
    take_piece(done, document_.size(), stays ? 0 : window_.shortest_last);
    cut_to(document_.size());
  }

  int64_t num_pieces = 0;

 private:
  size_t before(size_t at, size_t characters, size_t limit) const {
    for (; characters > 0 && at > limit; --characters) at = character_begin(document_, at - 1);
    return at;
  }

  size_t after(size_t at, size_t characters, size_t limit) const {
    const char* const end = document_.data() + document_.size();
    for (; characters > 0 && at < limit; --characters)
      at += decode(document_.data() + at, end).size;
    return at;
  }

  void take_piece(size_t begin, size_t end, size_t shortest) {
    if (begin == end) return;
    ++num_pieces;
    // Whether it has so many characters.
    const size_t enough = shortest > 0 ? after(begin, shortest - 1, end) : begin;
    if (enough >= end) return;
    cut_to(begin);
    cut_ = end;
  }

  void cut_to(size_t end) {
    if (cut_ == end) return;
    out_.begin.push_back(static_cast<int64_t>(cut_));
    out_.end.push_back(static_cast<int64_t>(end));
  }

  std::string_view document_;
  const Window& window_;
  Spans& out_;
  size_t cut_ = 0;  // all before it is decided on
};

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

Windows widen(const Column& docs, const SpansView& spans, const Window& window) {
  check_lists(spans, docs.size());
  Windows out;
  out.spans.lists.push_back(0);
  for (size_t row = 0; row < docs.size(); ++row) {
    check_spans(docs[row], row, spans);
    const auto first = static_cast<size_t>(spans.lists[row]);
    const auto size = static_cast<size_t>(spans.lists[row + 1]) - first;
    Widener widener(docs[row], window, out.spans);
    widener(spans.begin.subspan(first, size), spans.end.subspan(first, size));
    out.spans.lists.push_back(static_cast<int64_t>(out.spans.begin.size()));
    out.pieces.push_back(widener.num_pieces);
  }
  return out;
}

}  // namespace corpusmill::text

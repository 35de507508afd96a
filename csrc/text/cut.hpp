// cut: documents without some of their bytes; what goes with those of what lies around them. Knows
// no words.
#pragma once
#include <cstdint>
#include <span>

#include "core/strings.hpp"
#include "text/columns.hpp"

namespace corpusmill::text {

/// Spans of many documents, in place: as text::Spans has them.
struct SpansView {
  std::span<const int64_t> lists;
  std::span<const int64_t> begin;
  std::span<const int64_t> end;
};

/// Each document without the bytes of its spans; an empty string for a null. Throws
/// std::invalid_argument, naming the document, if spans are not ascending, overlap, reach past its
/// end or cut a well-formed character.
FlatStrings cut(const Column& docs, const SpansView& spans);

/// What goes with spans. Characters are code points and invalid bytes; a piece is what is left
/// before, between or behind windows.
struct Window {
  size_t before, after;  // characters around a span that go with it
  size_t shortest;       // a piece before a window of fewer characters goes too
  size_t after_last;     // of the last span, in place of `after`
  size_t shortest_last;  // of the piece behind it, in place of `shortest`
  bool is_for_all;       // a document without spans is such a piece; else it stays as it is
};

struct Windows {
  Spans spans;                  // all that goes; those that touch or overlap are one
  std::vector<int64_t> pieces;  // per document, whether they go or not; empty ones are none
};

/// What goes with the spans of each document. O(spans + bytes). Throws as `cut`.
Windows widen(const Column& docs, const SpansView& spans, const Window& window);

}  // namespace corpusmill::text

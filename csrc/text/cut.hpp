// cut: documents without some of their bytes; more of the bytes around those. Knows no words.
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

/// Spans longer by `margin` bytes on each side, within their document and to whole characters;
/// those that then touch or overlap are one. Throws as `cut`.
Spans widen(const Column& docs, const SpansView& spans, size_t margin);

}  // namespace corpusmill::text

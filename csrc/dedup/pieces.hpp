// pieces: the lines or paragraphs of documents that were seen before, in the order of the
// documents and of the pieces in them: all but the first of each is found, or all are.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/growing.hpp"
#include "core/strings.hpp"
#include "dedup/content_set.hpp"
#include "ngram/bloom.hpp"
#include "text/pieces.hpp"

namespace corpusmill::dedup {

struct PieceOptions {
  text::Piece piece = text::Piece::line;
  size_t min_bytes = 1;    // pieces whose content is shorter take no part
  bool keep_first = true;  // else a piece is found, too, if its content comes later
};

/// As text::Spans, in memory that grows without being copied.
struct PieceSpans {
  std::vector<int64_t> lists;
  Growing<int64_t> begin;
  Growing<int64_t> end;
};

/// The spans (text/pieces.hpp) of the pieces whose content came before, in these documents or in
/// what is in the set; that then holds theirs too. Does not depend on the number of threads. Memory
/// beyond the set and the result: 100 bytes for each piece of 256 KiB of documents a thread. Unless
/// the first stay, also a set of the contents found; the documents are then walked over twice.
PieceSpans repeated_pieces(const Column& docs, const PieceOptions& options, ContentSet& seen,
                           int threads);

/// The same with a filter that is open and held alone; it takes some pieces for others that were
/// seen, as often as it has false positives. Adds the number of pieces that took part to count.
/// Unless the first stay, also a filter as large. It has no bit that the other has not, so that of
/// pieces that stand once no more are found than the other has false positives in the end.
PieceSpans repeated_pieces(const Column& docs, const PieceOptions& options, ngram::Bloom& seen,
                           uint64_t& count, int threads);

}  // namespace corpusmill::dedup

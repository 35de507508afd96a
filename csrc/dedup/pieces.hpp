// pieces: the lines or paragraphs of documents that were seen before, in the order of the
// documents and of the pieces in them. The first stays, the others are found.
#pragma once
#include <cstddef>

#include "core/strings.hpp"
#include "dedup/content_set.hpp"
#include "ngram/bloom.hpp"
#include "text/columns.hpp"
#include "text/pieces.hpp"

namespace corpusmill::dedup {

struct PieceOptions {
  text::Piece piece = text::Piece::line;
  size_t min_bytes = 1;  // pieces whose content is shorter take no part
};

/// The spans (text/pieces.hpp) of the pieces whose content came before, in these documents or in
/// what is in the set; that then holds theirs too. Does not depend on the number of threads. Memory
/// beyond the set and the result: some 4 MiB of documents a thread and 50 bytes for each of their
/// pieces.
text::Spans repeated_pieces(const Column& docs, const PieceOptions& options, ContentSet& seen,
                            int threads);

/// The same with a filter that is open and held alone; it takes some pieces for others that were
/// seen, as often as it has false positives. Adds the number of pieces that took part to count.
text::Spans repeated_pieces(const Column& docs, const PieceOptions& options, ngram::Bloom& seen,
                            uint64_t& count, int threads);

}  // namespace corpusmill::dedup

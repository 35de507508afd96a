// encoder: cutting the next pieces, and asking early for the memory that tells their ids.
#include "tokenizer/encoder.hpp"

namespace corpusmill::tokenizer {

Encoder::Encoder(const Bpe& bpe, Pattern pattern, size_t cache_bytes)
    : piece_end_(tokenizer::piece_end(pattern)),
      categories_(&Categories::get()),
      merger_(bpe),
      short_(cache_bytes / 3 * 2),
      long_(cache_bytes / 3) {
  pieces_.reserve(batch);
}

const char* Encoder::cut(const char* at, const char* end) {
  pieces_.clear();
  while (at != end && pieces_.size() < batch) {
    const char* const behind = piece_end_(*categories_, at, end);
    Piece& piece = pieces_.emplace_back();
    piece.text = {at, static_cast<size_t>(behind - at)};
    if (piece.text.size() <= Short::Key::longest && !short_.empty()) {
      piece.key = Short::Key::of(piece.text, end);
      piece.hash = piece.key.hash();
      short_.prefetch(piece.hash);
    }
    at = behind;
  }
  return at;
}

}  // namespace corpusmill::tokenizer

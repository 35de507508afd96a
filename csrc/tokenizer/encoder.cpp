// encoder: cutting the next pieces, and asking early for the memory that tells their ids.
#include "tokenizer/encoder.hpp"

namespace corpusmill::tokenizer {

namespace {

bool remembers(const Model& model, bool by_text) {
  return !by_text && model.size() <= PackedIds::largest + size_t{1};
}

}  // namespace

Encoder::Encoder(const Model& model, size_t cache_bytes)
    : model_(&model),
      text_encoder_(model.text_encoder(cache_bytes)),
      piece_encoder_(model.piece_encoder()),
      short_(remembers(model, text_encoder_ != nullptr) ? cache_bytes / 3 * 2 : 0),
      long_(remembers(model, text_encoder_ != nullptr) ? cache_bytes / 3 : 0) {}

void Encoder::let_go() {
  if (scratch_.capacity() > most_kept) std::string().swap(scratch_);
  if (longest_ <= most_kept) return;
  longest_ = 0;
  if (text_encoder_) {
    text_encoder_->let_go();
  } else {
    piece_encoder_ = model_->piece_encoder();
  }
}

const char* Encoder::cut(const char* at, const char* end) {
  const char* ends[most_pieces];
  num_pieces_ = model_->cut(at, end, ends);
  for (size_t i = 0; i < num_pieces_; ++i) {
    const char* const behind = ends[i];
    Piece& piece = pieces_[i];
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

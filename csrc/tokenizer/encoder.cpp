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

const char* Encoder::look_up(const char* at, const char* end) {
  bounds_[0] = at;
  num_pieces_ = model_->cut(at, end, {bounds_.data() + 1, most_pieces});
  for (size_t i = 0; i < num_pieces_; ++i) {
    const std::string_view text = piece(i);
    keys_[i] = {};
    known_[i] = nullptr;
    if (text.size() <= Short::Key::longest) {
      keys_[i] = Short::Key::of(text, end);
      known_[i] = short_.line(keys_[i].hash());
      __builtin_prefetch(known_[i]);
    } else if (text.size() <= Long::Key::longest) {
      known_[i] = long_.line(Long::Key::of(text, end).hash());
      __builtin_prefetch(known_[i]);
    }
  }
  find_known(end);
  if (!unknown_.empty()) encode_unknown();
  return bounds_[num_pieces_];
}

void Encoder::find_known(const char* end) {
  unknown_.clear();
  for (size_t i = 0; i < num_pieces_; ++i) {
    if (keys_[i] != Short::Key{}) {
      known_[i] = Short::find(keys_[i], known_[i]);
    } else if (known_[i] != nullptr) {
      known_[i] = Long::find(Long::Key::of(piece(i), end), known_[i]);
    } else {
      continue;  // too long to be remembered
    }
    if (known_[i] == nullptr) unknown_.push_back(piece(i));
  }
}

void Encoder::encode_unknown() {
  ids_.clear();
  ends_.clear();
  piece_encoder_->encode_each(unknown_, ids_, ends_);
  ids_.insert(ids_.end(), 3, 0);  // which may be read
}

void Encoder::remember(const char* end) {
  size_t begin = 0;
  for (size_t i = 0; i < unknown_.size(); ++i) {
    const std::span<const uint32_t> ids(ids_.data() + begin, ends_[i] - begin);
    begin = ends_[i];
    const auto add = [&]<size_t words>(PieceCache<words>& cache) {
      const auto key = PieceKey<words>::of(unknown_[i], end);
      const uint64_t hash = key.hash();
      if (PieceCache<words>::find(key, cache.line(hash)) == nullptr) cache.add(key, hash, ids);
    };
    if (unknown_[i].size() <= Short::Key::longest) {
      add(short_);
    } else {
      add(long_);
    }
  }
}

}  // namespace corpusmill::tokenizer

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
    std::vector<uint32_t>().swap(ids_);
  }
}

const char* Encoder::look_up(std::string_view all, const char* at) {
  const char* const end = all.data() + all.size();
  bounds_[0] = at;
  num_pieces_ = model_->cut(all, at, {bounds_.data() + 1, at_once});
  for (size_t i = 0; i < num_pieces_; ++i) {
    const std::string_view text = piece(i);
    if (text.size() <= Short::Key::longest) {
      keys_[i] = Short::Key::of(text, end);
      lines_[i] = short_.line(keys_[i].hash());
      __builtin_prefetch(lines_[i]);
    } else if (text.size() <= Long::Key::longest) {
      lines_[i] = long_.line(Long::Key::of(text, end).hash());
      __builtin_prefetch(lines_[i]);
    }
  }
  unknown_.clear();
  gaps_.clear();
  return bounds_[num_pieces_];
}

const char* Encoder::find_further(size_t i, const char* end) const {
  const size_t size = piece(i).size();
  if (size <= Short::Key::longest) return short_.find(keys_[i], lines_[i]);
  if (size <= Long::Key::longest) return long_.find(Long::Key::of(piece(i), end), lines_[i]);
  return nullptr;
}

void Encoder::encode_unknown() {
  ids_.clear();
  ends_.clear();
  piece_encoder_->encode_each(unknown_, ids_, ends_);
  size_t begin = 0;
  for (size_t i = 0; i < gaps_.size(); ++i) {
    gaps_[i].ids = {ids_.data() + begin, ends_[i] - begin};
    begin = ends_[i];
  }
}

void Encoder::remember(const char* end) {
  const auto add = [&]<size_t words>(PieceCache<words>& cache, size_t i) {
    const auto key = PieceKey<words>::of(unknown_[i], end);
    const uint64_t hash = key.hash();
    if (cache.find(key, cache.line(hash)) == nullptr) {
      cache.add(key, hash, gaps_[i].ids);
    }
  };
  for (size_t i = 0; i < unknown_.size(); ++i) {
    if (unknown_[i].size() <= Short::Key::longest) {
      add(short_, i);
    } else if (unknown_[i].size() <= Long::Key::longest) {
      add(long_, i);
    }
  }
}

}  // namespace corpusmill::tokenizer

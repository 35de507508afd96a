// encoder: documents as ids, piece by piece, by what one thread keeps between them. Several pieces
// are under way at once, so that looking one up does not wait for memory.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/model.hpp"
#include "tokenizer/piece_cache.hpp"

namespace corpusmill::tokenizer {

class Encoder {
 public:
  /// cache_bytes: for pieces to be remembered; 0: none is.
  Encoder(const Model& model, size_t cache_bytes);

  /// The text of a document that is cut; good until the next call.
  std::string_view normalized(std::string_view document) {
    return model_->normalized(document, scratch_);
  }

  /// Calls sink(ids, num) with the ids of each piece of a normalized text; three can be read,
  /// however few are good. Stops soon after `enough()`, and returns whether it did not.
  template <class Sink, class Enough>
  bool operator()(std::string_view text, Sink&& sink, Enough&& enough) {
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
      if (enough()) return false;
      at = cut(at, end);
      for (const Piece& piece : pieces_) encode(piece, sink);
    }
    return true;
  }

 private:
  static constexpr size_t batch = 128;  // pieces under way

  using Short = PieceCache<2, 3>;  // two entries fill a cache line
  using Long = PieceCache<5, 5>;

  struct Piece {
    std::string_view text;
    Short::Key key;
    uint64_t hash;
  };

  /// Fills pieces_ with the next ones; returns where they end.
  const char* cut(const char* at, const char* end);

  template <class Sink>
  void encode(const Piece& piece, Sink&& sink) {
    if (piece.text.size() <= Short::Key::longest && !short_.empty()) {
      if (const auto* found = short_.find(piece.key, piece.hash)) {
        sink(found->id, found->num_ids);
        return;
      }
      const auto ids = (*piece_encoder_)(piece.text);
      if (ids.size() <= Short::most_ids) short_.add(piece.key, piece.hash, ids);
      sink(ids.data(), ids.size());
    } else if (piece.text.size() <= Long::Key::longest && !long_.empty()) {
      const auto key = Long::Key::of(piece.text, nullptr);
      const uint64_t hash = key.hash();
      if (const auto* found = long_.find(key, hash)) {
        sink(found->id, found->num_ids);
        return;
      }
      const auto ids = (*piece_encoder_)(piece.text);
      if (ids.size() <= Long::most_ids) long_.add(key, hash, ids);
      sink(ids.data(), ids.size());
    } else {
      const auto ids = (*piece_encoder_)(piece.text);
      sink(ids.data(), ids.size());
    }
  }

  const Model* model_;
  std::unique_ptr<PieceEncoder> piece_encoder_;
  std::string scratch_;  // of a document that is normalized
  Short short_;
  Long long_;
  std::vector<Piece> pieces_;
};

/// Encoders of one model, kept from call to call with what they remember.
class Encoders {
 public:
  Encoders(const Model& model, size_t cache_bytes) : model_(&model), cache_bytes_(cache_bytes) {}

  /// One that nobody else has.
  std::unique_ptr<Encoder> take() {
    const std::unique_lock lock(mutex_, std::try_to_lock);  // a forked child may find it locked
    if (!lock || idle_.empty()) return std::make_unique<Encoder>(*model_, cache_bytes_);
    auto last = std::move(idle_.back());
    idle_.pop_back();
    return last;
  }

  void give_back(std::unique_ptr<Encoder> encoder) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock) idle_.push_back(std::move(encoder));
  }

 private:
  const Model* model_;
  size_t cache_bytes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Encoder>> idle_;
};

}  // namespace corpusmill::tokenizer

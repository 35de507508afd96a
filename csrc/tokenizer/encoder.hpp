// encoder: documents as ids, piece by piece, by what one thread keeps between them. Several pieces
// are under way at once, so that looking one up does not wait for memory.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
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

  /// The text of a document, or of its first or a later part, that is cut; good until the next
  /// call.
  std::string_view normalized(std::string_view document, bool is_first = true) {
    return is_first ? model_->normalized(document, scratch_)
                    : model_->normalized_later(document, scratch_);
  }

  /// Calls sink(ids, num) with the ids of each piece of a normalized text; three can be read,
  /// however few are good. Stops soon after `enough()`, and returns whether it did not.
  template <class Sink, class Enough>
  bool operator()(std::string_view text, Sink&& sink, Enough&& enough) {
    longest_ = std::max(longest_, text.size());
    if (text_encoder_) {
      text_encoder_->begin(text);
      for (auto ids = text_encoder_->more(); !ids.empty(); ids = text_encoder_->more()) {
        sink(ids.data(), ids.size());
        if (enough()) return false;
      }
      return true;
    }
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
      if (enough()) return false;
      at = look_up(at, end);
      size_t unknown = 0;
      for (size_t i = 0; i < num_pieces_; ++i) {
        if (known_[i] != nullptr) {
          give(PackedIds(known_[i]), sink);
        } else if (piece(i).size() <= Long::Key::longest) {
          const size_t begin = unknown == 0 ? 0 : ends_[unknown - 1];
          sink(ids_.data() + begin, ends_[unknown++] - begin);
        } else {
          give((*piece_encoder_)(piece(i)), sink);
        }
      }
      if (unknown > 0) remember(end);
    }
    return true;
  }

  /// Frees the buffers that a text of more than 1 MiB took; what is remembered stays.
  void let_go();

 private:
  static constexpr size_t most_kept = 1 << 20;

  using Short = PieceCache<2>;
  using Long = PieceCache<4>;

  /// Cuts the next pieces and finds out what is known of each; returns where they end.
  const char* look_up(const char* at, const char* end);
  void find_known(const char* end);
  void encode_unknown();
  /// Remembers what was unknown of them.
  void remember(const char* end);

  std::string_view piece(size_t i) const {
    return {bounds_[i], static_cast<size_t>(bounds_[i + 1] - bounds_[i])};
  }

  template <class Sink>
  static void give(const PackedIds& known, Sink&& sink) {
    uint32_t all[std::max(Short::most_ids, Long::most_ids)];
    const size_t num = known.size();
    for (size_t i = 0; i < 3; ++i) all[i] = known[i];  // how many it is cannot be foretold
    for (size_t i = 3; i < num; ++i) all[i] = known[i];
    sink(all, num);
  }

  template <class Sink>
  static void give(std::span<const uint32_t> ids, Sink&& sink) {
    if (ids.size() >= 3) return sink(ids.data(), ids.size());
    uint32_t few[3] = {};
    std::copy(ids.begin(), ids.end(), few);
    sink(few, ids.size());
  }

  const Model* model_;
  std::unique_ptr<TextEncoder> text_encoder_;  // instead of all below but `scratch_`
  std::unique_ptr<PieceEncoder> piece_encoder_;
  std::string scratch_;  // of a document that is normalized
  size_t longest_ = 0;   // bytes of a text, since buffers were freed
  Short short_;
  Long long_;
  // Of the pieces under way:
  size_t num_pieces_ = 0;
  std::array<const char*, most_pieces + 1> bounds_{};
  std::array<Short::Key, most_pieces> keys_{};    // of short ones; all zeros: it is longer
  std::array<const char*, most_pieces> known_{};  // packed ids; first the line they may be in
  std::vector<std::string_view> unknown_;
  std::vector<uint32_t> ids_;  // of the unknown ones
  std::vector<size_t> ends_;
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
    encoder->let_go();
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

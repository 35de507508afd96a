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

#include "tokenizer/id_buffer.hpp"
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

  /// Puts the ids of a normalized text into an IdBuffer or IdCount. Stops soon after `enough()`,
  /// and returns whether it did not.
  template <class Ids, class Enough>
  bool operator()(std::string_view text, Ids& all, Enough&& enough) {
    longest_ = std::max(longest_, text.size());
    if (text_encoder_) {
      text_encoder_->begin(text);
      for (auto ids = text_encoder_->more(); !ids.empty(); ids = text_encoder_->more()) {
        all.add(ids);
        if (enough()) return false;
      }
      return true;
    }
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
      if (enough()) return false;
      at = look_up(text, at);
      all.make_room(num_pieces_ * most_known);
      for (size_t i = 0; i < num_pieces_; ++i) {
        const char* const known = find(i, end);
        if (known != nullptr) {
          all.add(PackedIds(known));
        } else {
          unknown_.push_back(piece(i));
          gaps_.push_back({all.size(), {}});
        }
      }
      if (unknown_.empty()) continue;
      encode_unknown();
      all.fill(gaps_);
      remember(end);
    }
    return true;
  }

  /// Frees the buffers that a text of more than 1 MiB took; what is remembered stays.
  void let_go();

 private:
  static constexpr size_t most_kept = 1 << 20;
  // Pieces: the more, the more often a new one is among them twice.
  static constexpr size_t at_once = most_pieces / 2;
  static_assert(at_once >= least_pieces);

  using Short = PieceCache<2>;
  using Long = PieceCache<4>;
  static constexpr size_t most_known = std::max(Short::most_ids, Long::most_ids);

  /// Cuts the next pieces and asks for the memory that may know them; returns where they end.
  const char* look_up(std::string_view all, const char* at);
  void encode_unknown();
  void remember(const char* end);

  std::string_view piece(size_t i) const {
    return {bounds_[i], static_cast<size_t>(bounds_[i + 1] - bounds_[i])};
  }

  /// The packed ids of a piece if they are remembered, else null.
  const char* find(size_t i, const char* end) const {
    if (piece(i).size() <= Short::Key::longest) {
      const char* const known = Short::find_in(keys_[i], lines_[i]);
      if (known != nullptr) return known;
    }
    return find_further(i, end);
  }
  const char* find_further(size_t i, const char* end) const;

  const Model* model_;
  std::unique_ptr<TextEncoder> text_encoder_;  // instead of all below but `scratch_`
  std::unique_ptr<PieceEncoder> piece_encoder_;
  std::string scratch_;  // of a document that is normalized
  size_t longest_ = 0;   // bytes of a text, since buffers were freed
  Short short_;
  Long long_;
  // Of the pieces under way:
  size_t num_pieces_ = 0;
  std::array<const char*, at_once + 1> bounds_{};
  std::array<Short::Key, at_once> keys_{};    // of short ones
  std::array<const char*, at_once> lines_{};  // that may know them; of those not too long
  // Of those that are not known:
  std::vector<std::string_view> unknown_;
  std::vector<Gap> gaps_;
  std::vector<uint32_t> ids_;
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

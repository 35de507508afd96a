// sentencepiece: what its two families share: the pieces, how a document is normalized, and how
// pieces become text again. Encodes nothing.
// Source: google/sentencepiece 0.2.3, whose answers it gives.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/model.hpp"
#include "tokenizer/piece_normalizer.hpp"
#include "tokenizer/sentencepiece_file.hpp"
#include "tokenizer/word_cut.hpp"

namespace corpusmill::tokenizer {

/// The pieces of a file by their ids. Where U+0020 is free for that it stands for U+2581, in pieces
/// and in text that is encoded: texts are shorter by two bytes for each word.
class Pieces {
 public:
  /// Throws std::invalid_argument if they do not make a model.
  explicit Pieces(const SentencePieceFile& file);

  size_t size() const { return texts_.size(); }
  std::string_view operator[](uint32_t id) const { return texts_[id]; }
  float score(uint32_t id) const { return scores_[id]; }
  PieceType type(uint32_t id) const { return types_[id]; }
  uint32_t unknown() const { return unknown_; }
  std::string_view space() const { return space_; }  // U+2581, or what stands for it

  /// Of a piece as the file has it.
  size_t num_bytes(uint32_t id) const;

  /// Whether text is ever encoded as it: controls, bytes and what is unknown are not found in text.
  bool is_text(uint32_t id) const;

  /// Those pieces in ascending order of their bytes, or those of one type.
  std::vector<uint32_t> in_order() const { return sorted_; }
  std::vector<std::string_view> in_order(PieceType type) const;

  uint32_t id_of_byte(char byte) const { return byte_ids_[static_cast<uint8_t>(byte)]; }

  /// The byte that an id of type `byte` stands for.
  uint8_t byte(uint32_t id) const { return byte_of_[id]; }
  bool falls_back_to_bytes() const { return byte_fallback_; }
  bool fuses_unknown() const { return fuses_unknown_; }

 private:
  void add_byte(uint32_t id);

  std::vector<std::string> texts_;
  std::vector<float> scores_;
  std::vector<PieceType> types_;
  std::vector<uint32_t> sorted_;
  bool byte_fallback_, fuses_unknown_;
  std::string_view space_;
  uint32_t unknown_ = no_id;
  std::array<uint32_t, 256> byte_ids_;
  std::vector<uint8_t> byte_of_;
};

/// The ids of a text, and, if asked for, of how many of its bytes each is.
class PieceIds {
 public:
  explicit PieceIds(const Pieces& pieces, bool with_sizes = false)
      : pieces_(&pieces), with_sizes_(with_sizes) {}

  /// Of a new text.
  void begin() {
    clear_ids();
    sizes_.clear();
    unknown_ = false;
  }
  void clear_ids() { num_ = 0; }

  /// Frees what a long text took, too.
  void let_go() {
    ids_ = std::vector<uint32_t>();
    sizes_ = std::vector<size_t>();
    begin();
  }

  void put(uint32_t id) {
    add(id);
    if (with_sizes_) sizes_.push_back((*pieces_)[id].size());
    unknown_ = false;
  }

  /// Where `num` pieces go whose sizes are not told.
  uint32_t* room(size_t num) {
    if (ids_.size() < num_ + num) ids_.resize(2 * (num_ + num));
    return ids_.data() + num_;
  }

  /// So many of them were written there; at least one, and none is unknown.
  void wrote(size_t num) {
    num_ += num;
    unknown_ = false;
  }

  /// A character that no piece has: its bytes, or one id for all such characters in a row.
  void put_unknown(std::string_view character);

  /// One that becomes no bytes and whose size is not told.
  void put_unknown() {
    if (!unknown_) add(pieces_->unknown());
    unknown_ = true;
  }

  std::span<const uint32_t> ids() const { return {ids_.data(), num_}; }
  const std::vector<size_t>& sizes() const { return sizes_; }  // since `begin`

 private:
  void add(uint32_t id) {
    *room(1) = id;
    ++num_;
  }

  const Pieces* pieces_;
  bool with_sizes_;
  bool unknown_ = false;       // what was put last
  std::vector<uint32_t> ids_;  // and room
  size_t num_ = 0;
  std::vector<size_t> sizes_;
};

class SentencePiece : public Model {
 public:
  size_t size() const override { return pieces_.size(); }
  std::string_view normalized(std::string_view document, std::string& scratch) const override {
    return normalizer_(document, scratch);
  }
  std::string_view aligned(std::string_view document, bool /*is_first*/, std::string& scratch,
                           Origins& origins) const override {
    origins.clear();
    return normalizer_(document, scratch, origins.begins);
  }
  size_t cut(std::string_view text, const char* at, std::span<const char*> ends) const override;
  size_t decode(std::span<const uint32_t> ids, bool is_first,
                std::vector<uint8_t>& bytes) const override;

  const Pieces& pieces() const { return pieces_; }

 protected:
  /// Throws std::invalid_argument if the file does not make a model.
  explicit SentencePiece(const SentencePieceFile& file);

  void cut_nowhere() { words_ = {}; }

  /// Appends those of so many ids of these sizes, the first of which begins at `at`.
  static void append_spans(std::span<const size_t> sizes, size_t& at, std::vector<Span>& spans);

 private:
  /// at_start: nothing was decoded yet. Returns whether it is so no longer, whatever came of it.
  bool decode_piece(uint32_t id, bool at_start, std::vector<uint8_t>& bytes) const;

  Pieces pieces_;
  WordCut words_;
  PieceNormalizer normalizer_;
  std::optional<PieceNormalizer> denormalizer_;
  bool drops_first_space_, drops_first_spaces_;  // of what is decoded
  std::string unknown_surface_;
};

/// Of whichever family the file is.
std::unique_ptr<SentencePiece> sentencepiece(const SentencePieceFile& file);

}  // namespace corpusmill::tokenizer

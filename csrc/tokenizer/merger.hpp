// merger: byte-pair encoding of one piece: its bytes as tokens, merged pair by pair in the order of
// the merges. Cuts no text into pieces.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer/bpe.hpp"
#include "tokenizer/model.hpp"

namespace corpusmill::tokenizer {

/// Encodes pieces with buffers that it keeps; one per thread. O(bytes * log bytes) a piece, and up
/// to 40 bytes of memory for each byte of the longest.
class Merger final : public PieceEncoder {
 public:
  explicit Merger(const Bpe& bpe) : bpe_(&bpe) {}

  std::span<const uint32_t> operator()(std::string_view piece) override;

  /// The same of a piece that is not for `whole`.
  std::span<const uint32_t> merge(std::string_view piece);
  /// What the bytes of a token become by all merges but those that make it.
  std::span<const uint32_t> parts_of(uint32_t token);

 private:
  std::span<const uint32_t> merge_short(std::string_view piece);
  std::span<const uint32_t> merge_long(std::string_view piece);
  void begin_long(std::string_view piece);
  bool look_at(uint32_t at, uint32_t behind);
  void push(uint32_t at, uint32_t behind);
  uint64_t pop();
  uint64_t entry_of(uint32_t at) const { return uint64_t{merges_[at].rank} << 32 | at; }

  const Bpe* bpe_;
  uint32_t without_ = no_id;  // this token is not made
  std::vector<uint32_t> ids_;
  std::vector<Merge> merges_;  // of the token at a place with the one behind it
  std::vector<uint32_t> before_, behind_;
  std::vector<uint64_t> heap_;
  std::vector<uint64_t> first_;  // pairs of bytes, the least rank first
  size_t first_at_ = 0;          // of these: the next one
};

}  // namespace corpusmill::tokenizer

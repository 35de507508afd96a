// short_merger: byte-pair encoding of several short pieces at once: while memory is asked what two
// tokens of one merge to, the others go on.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer/bpe.hpp"

namespace corpusmill::tokenizer {

/// Needs bpe.is_ordered(): ranks are below 2**24. One per thread.
class ShortMerger {
 public:
  static constexpr size_t longest = 30;  // bytes of a piece
  static constexpr size_t at_once = 8;

  explicit ShortMerger(const Bpe& bpe) : bpe_(&bpe) {}

  /// Merges up to at_once pieces, none of them empty or too long, nor for Bpe::whole.
  void operator()(std::span<const std::string_view> pieces);

  /// Appends the ids of one of them.
  void append_ids(size_t piece, std::vector<uint32_t>& ids) const;

 private:
  /// A piece. Its first byte has place 1; before the first token and behind the last one stands an
  /// id that merges with none.
  struct Lane {
    std::array<uint32_t, longest + 2> ids;    // of the token that begins at a place
    std::array<int32_t, longest + 2> orders;  // of its merge with the one behind it
    uint32_t begins;      // a bit for each place at which a token begins, and for what is behind
    uint32_t at, before;  // where the last merge was, and the token before that; none: 0
    std::array<uint64_t, 2> asked;  // of these two: what they merge to with those behind them
    bool is_half;                   // all of it is in the first half of the places
  };

  void begin(std::string_view piece, Lane& lane) const;
  bool merge(Lane& lane) const;

  const Bpe* bpe_;
  std::array<Lane, at_once> lanes_{};
};

}  // namespace corpusmill::tokenizer

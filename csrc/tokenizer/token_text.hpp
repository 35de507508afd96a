// token_text: pieces as tokens that are merged in place, each step in constant time. Chooses no
// pairs and knows no bytes but how many each token has.
#pragma once
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "core/pages.hpp"

namespace corpusmill::tokenizer {

/// A token is known by its place, which is that of its first byte. Its id stands there, its size at
/// its last byte, if that is another: so its neighbours are found on both sides.
class TokenText {
 public:
  static constexpr uint32_t none = 0xffffffffu;  // no place

  /// Room for so many pieces and their bytes. Throws std::length_error if places cannot be
  /// numbered.
  TokenText(size_t num_pieces, size_t num_bytes) {
    if (num_bytes >= none - 1 || num_pieces >= no_piece) {
      throw std::length_error("docs: more than 4 GiB of different pieces; take fewer documents");
    }
    counts_.reserve(num_pieces);
    places_.reserve(num_bytes + 2);
    places_.push_back({inner, no_piece});
  }

  /// Of a token whose id has not been seen.
  void set_size(uint32_t id, size_t size) {
    if (sizes_.size() <= id) sizes_.resize(id + size_t{1});
    sizes_[id] = static_cast<uint32_t>(size);
  }
  uint32_t size_of(uint32_t id) const { return sizes_[id]; }

  /// A piece that came so often.
  void add(std::span<const uint32_t> ids, uint64_t count) {
    const auto piece = static_cast<uint32_t>(counts_.size());
    counts_.push_back(count);
    for (const uint32_t id : ids) {
      const auto at = static_cast<uint32_t>(places_.size());
      places_.resize(at + sizes_[id], {inner, piece});
      put(at, id);
    }
  }

  /// Behind the last piece.
  void end() { places_.push_back({inner, no_piece}); }

  /// Calls visit(at, next) for each two adjacent tokens of a piece, in order.
  template <class Visit>
  void for_each_pair(Visit&& visit) const {
    const auto last = static_cast<uint32_t>(places_.size() - 1);
    for (uint32_t at = 1; at < last; at += sizes_[places_[at].id]) {
      if (const uint32_t next = this->next(at); next != none) visit(at, next);
    }
  }

  void prefetch(uint32_t at) const { __builtin_prefetch(&places_[at]); }

  /// Of the token at a place; no id if none begins there any more.
  uint32_t id(uint32_t at) const { return places_[at].id; }
  /// Of the piece that a place is in.
  uint64_t count(uint32_t at) const { return counts_[places_[at].piece]; }

  /// The token after that at a place; none if the piece ends.
  uint32_t next(uint32_t at) const {
    const uint32_t next = at + sizes_[places_[at].id];
    return places_[next].piece == places_[at].piece ? next : none;
  }

  uint32_t before(uint32_t at) const {
    const Place last = places_[at - 1];
    if (last.piece != places_[at].piece) return none;
    return (last.id & inner) == 0 ? at - 1 : at - (last.id & ~inner);
  }

  /// The tokens at two adjacent places become one.
  void merge(uint32_t at, uint32_t next, uint32_t id) {
    places_[next].id = inner;
    put(at, id);
  }

 private:
  static constexpr uint32_t inner = 0x80000000u;  // and the size, at the last byte
  static constexpr uint32_t no_piece = 0xffffffffu;

  struct Place {
    uint32_t id;
    uint32_t piece;
  };

  void put(uint32_t at, uint32_t id) {
    places_[at + sizes_[id] - 1].id = inner | sizes_[id];
    places_[at].id = id;
  }

  PageVector<Place> places_;  // before the first piece and behind the last is one of none
  std::vector<uint64_t> counts_;
  std::vector<uint32_t> sizes_;  // of tokens, by id
};

}  // namespace corpusmill::tokenizer

// short_merger: a visit to a piece takes in what the last one asked for, does the next merge, and
// asks for what the new token may merge to.
#include "tokenizer/short_merger.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace corpusmill::tokenizer {

namespace {

constexpr int32_t never = std::numeric_limits<int32_t>::max();
constexpr uint32_t places = ShortMerger::longest + 2;
static_assert(places == 32);

/// The least one is merged first.
int32_t order_of(uint32_t rank, uint32_t place) {
  return rank == no_rank ? never : static_cast<int32_t>(rank * places + place);
}

uint32_t behind(uint32_t begins, uint32_t place) {
  const uint32_t later = begins >> place >> 1;
  return place + 1 + static_cast<uint32_t>(std::countr_zero(later));
}

uint32_t before(uint32_t begins, uint32_t place) {
  return static_cast<uint32_t>(std::bit_width(begins & ((1u << place) - 1))) - 1;
}

}  // namespace

void ShortMerger::begin(std::string_view piece, Lane& lane) const {
  const auto size = static_cast<uint32_t>(piece.size());
  lane.orders.fill(never);
  lane.ids[0] = lane.ids[size + 1] = bpe_->merges().stranger();
  for (uint32_t i = 0; i < size; ++i) lane.ids[i + 1] = bpe_->id_of_byte(piece[i]);
  for (uint32_t i = 0; i + 1 < size; ++i) {
    lane.orders[i + 1] = order_of(bpe_->merge_of_bytes(piece[i], piece[i + 1]).rank, i + 1);
  }
  lane.begins = static_cast<uint32_t>((uint64_t{4} << size) - 1);
  lane.is_half = size < places / 2;
  lane.at = lane.before = 0;
}

/// Whether there is more to be done. The two answers are compared before they are written: what was
/// just written by fours could not be read by sixteens yet.
bool ShortMerger::merge(Lane& lane) const {
  const PairRanks& merges = bpe_->merges();
  int32_t least = never;  // of all but the two that were asked for
  for (size_t i = 0; i < places / 2; ++i) least = std::min(least, lane.orders[i]);
  if (!lane.is_half) {
    for (size_t i = places / 2; i < places; ++i) least = std::min(least, lane.orders[i]);
  }
  if (lane.at != 0) {
    const int32_t with_before = order_of(merges.answer(lane.asked[0]), lane.before);
    const int32_t with_behind = order_of(merges.answer(lane.asked[1]), lane.at);
    least = std::min({least, with_before, with_behind});
    lane.orders[lane.before] = with_before;
    lane.orders[lane.at] = with_behind;
  }
  if (least == never) return false;
  const uint32_t at = static_cast<uint32_t>(least) % places;
  const uint32_t gone = behind(lane.begins, at);
  lane.ids[at] = merges.id_of(static_cast<uint32_t>(least) / places);
  lane.begins &= ~(1u << gone);
  lane.at = at;
  lane.before = before(lane.begins, at);
  lane.orders[lane.before] = lane.orders[at] = lane.orders[gone] = never;
  lane.asked[0] = merges.ask(lane.ids[lane.before], lane.ids[at]);
  lane.asked[1] = merges.ask(lane.ids[at], lane.ids[behind(lane.begins, at)]);
  return true;
}

void ShortMerger::operator()(std::span<const std::string_view> pieces) {
  for (size_t i = 0; i < pieces.size(); ++i) begin(pieces[i], lanes_[i]);
  for (uint32_t open = (1u << pieces.size()) - 1; open != 0;) {
    for (uint32_t left = open; left != 0; left &= left - 1) {
      const auto i = static_cast<size_t>(std::countr_zero(left));
      if (!merge(lanes_[i])) open &= ~(1u << i);
    }
  }
}

void ShortMerger::append_ids(size_t piece, std::vector<uint32_t>& ids) const {
  const Lane& lane = lanes_[piece];
  for (uint32_t place = 1; lane.ids[place] != bpe_->merges().stranger();
       place = behind(lane.begins, place)) {
    ids.push_back(lane.ids[place]);
  }
}

}  // namespace corpusmill::tokenizer

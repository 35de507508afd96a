// merges: filling the table.
#include "tokenizer/merges.hpp"

#include <bit>

namespace corpusmill::tokenizer {

Merges::Merges(size_t expected)
    : slots_(std::bit_ceil(2 * expected + 16)), bits_(bits_per_slot * slots_.size() / 64) {}

void Merges::add(uint32_t left, uint32_t right, Merge merge) {
  if (2 * (size_ + 1) > slots_.size()) grow();
  const uint64_t pair = key(left, right);
  size_t at = place(pair);
  while (slots_[at].pair != pair && slots_[at].pair != free_slot)
    at = (at + 1) & (slots_.size() - 1);
  if (slots_[at].pair == free_slot) {
    slots_[at] = {pair, merge};
    set_bit(pair);
    ++size_;
  } else if (merge.rank < slots_[at].merge.rank) {
    slots_[at].merge = merge;
  }
}

void Merges::set_bit(uint64_t pair) {
  const size_t at = bit(mix(pair));
  bits_[at / 64] |= uint64_t{1} << at % 64;
}

void Merges::grow() {
  TableVector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  bits_.assign(bits_per_slot * slots_.size() / 64, 0);
  for (const Slot& slot : old) {
    if (slot.pair == free_slot) continue;
    size_t at = place(slot.pair);
    while (slots_[at].pair != free_slot) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
    set_bit(slot.pair);
  }
}

}  // namespace corpusmill::tokenizer

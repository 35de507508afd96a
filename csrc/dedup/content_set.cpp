// content_set: open addressing, a table doubled when three quarters of it are used.
#include "dedup/content_set.hpp"

#include <algorithm>

namespace corpusmill::dedup {

namespace {

constexpr size_t least_slots = 64;
constexpr size_t ahead = 12;  // hashes between asking for a slot and reading it

}  // namespace

void ContentSet::insert(std::span<const Hash128> hashes, uint8_t* there) {
  for (size_t i = 0; i < hashes.size(); ++i) {
    fetch(hashes[std::min(i + ahead, hashes.size() - 1)]);
    there[i] = !tables_[share_of(hashes[i], most_shares)].insert(hashes[i]);
  }
}

void ContentSet::contains(std::span<const Hash128> hashes, uint8_t* there) const {
  for (size_t i = 0; i < hashes.size(); ++i) {
    fetch(hashes[std::min(i + ahead, hashes.size() - 1)]);
    there[i] = tables_[share_of(hashes[i], most_shares)].contains(hashes[i]);
  }
}

/// Has the hash's slot brought near.
void ContentSet::fetch(const Hash128& hash) const {
  const Table& table = tables_[share_of(hash, most_shares)];
  if (!table.slots.empty()) __builtin_prefetch(&table.slots[hash.low & (table.slots.size() - 1)]);
}

uint64_t ContentSet::size() const {
  uint64_t sum = 0;
  for (const Table& table : tables_) sum += table.used;
  return sum;
}

uint64_t ContentSet::bytes() const {
  uint64_t sum = 0;
  for (const Table& table : tables_) sum += table.slots.size() * sizeof(Hash128);
  return sum;
}

/// Whether the hash is new.
bool ContentSet::Table::insert(Hash128 hash) {
  if (4 * used >= 3 * slots.size()) grow();
  if (hash == Hash128{}) hash.low = 1;
  const size_t at = slot_of(hash);
  if (slots[at] == hash) return false;
  slots[at] = hash;
  ++used;
  return true;
}

bool ContentSet::Table::contains(Hash128 hash) const {
  if (slots.empty()) return false;
  if (hash == Hash128{}) hash.low = 1;
  return slots[slot_of(hash)] == hash;
}

/// Where the hash is, or would be.
size_t ContentSet::Table::slot_of(const Hash128& hash) const {
  size_t at = hash.low & (slots.size() - 1);
  while (slots[at] != Hash128{} && slots[at] != hash) at = (at + 1) & (slots.size() - 1);
  return at;
}

void ContentSet::Table::grow() {
  PageVector<Hash128> old(std::max(least_slots, 2 * slots.size()));
  old.swap(slots);
  used = 0;
  for (const Hash128& hash : old) {
    if (hash != Hash128{}) insert(hash);
  }
}

}  // namespace corpusmill::dedup

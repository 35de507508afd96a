// set_hash: one bit per shingle finds what may be a repeat, counting says whether it is.
#include "dedup/set_hash.hpp"

#include <algorithm>

#include "simd/loops.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t short_document = 2048;  // shingles; more would crowd the bits
constexpr size_t few = 32;               // repeats worth counting one by one

struct Sums {
  uint64_t sum = 0;
  uint64_t image = 0;
  uint64_t count = 0;

  void add(uint64_t shingle, uint64_t times = 1) {
    sum += times * shingle;
    image += times * ((shingle & 0xffffffffu) * (shingle >> 32));
    count += times;
  }
};

Sums sums_of(std::span<const uint64_t> shingles) {
  Sums sums;
  for (const uint64_t shingle : shingles) sums.add(shingle);
  return sums;
}

Hash128 hash_of(const Sums& sums) { return {mix(sums.sum), mix(sums.image ^ sums.count)}; }

}  // namespace

void SetHasher::clear() {
  whole_.clear();
  set_.clear();
}

void SetHasher::add(std::span<const uint64_t> shingles) {
  if (set_.empty() && whole_.size() + shingles.size() <= short_document) {
    whole_.insert(whole_.end(), shingles.begin(), shingles.end());
    return;
  }
  set_.insert(whole_);
  whole_.clear();
  set_.insert(shingles);
}

Hash128 SetHasher::hash() {
  if (!set_.empty()) return hash_of(sums_of(set_.values()));
  if (!find_repeats()) {
    set_.insert(whole_);
    return hash_of(sums_of(set_.values()));
  }
  Sums sums = sums_of(whole_);
  for (auto first = repeats_.begin(); first != repeats_.end();) {
    const auto last = std::upper_bound(first, repeats_.end(), *first);
    // If the first occurrence is here too, another shingle had set its bit.
    const auto here = static_cast<uint64_t>(last - first);
    const bool all = simd::loops().count_value(whole_.data(), whole_.size(), *first) == here;
    sums.add(*first, 0 - (here - uint64_t{all}));
    first = last;
  }
  return hash_of(sums);
}

/// Puts every shingle that found its bit set into repeats_, sorted; false if they are not few.
bool SetHasher::find_repeats() {
  std::fill(bits_.begin(), bits_.end(), 0);
  repeats_.resize(whole_.size());
  uint64_t* const bits = bits_.data();
  uint64_t* repeat = repeats_.data();
  for (const uint64_t shingle : whole_) {
    uint64_t& word = bits[shingle & 1023];
    const uint64_t before = word >> (shingle >> 10 & 63) & 1;
    word |= uint64_t{1} << (shingle >> 10 & 63);
    *repeat = shingle;
    repeat += before;
  }
  repeats_.resize(static_cast<size_t>(repeat - repeats_.data()));
  if (repeats_.size() > few) return false;
  std::sort(repeats_.begin(), repeats_.end());
  return true;
}

}  // namespace corpusmill::dedup

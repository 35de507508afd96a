// signature: rounds and last resort.
#include "dedup/signature.hpp"

#include <algorithm>

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "simd/loops.hpp"

namespace corpusmill::dedup {

namespace {

constexpr uint32_t round_size = 1u << 30;
constexpr size_t block_rows = 64;

}  // namespace

Sketcher::Sketcher(size_t num_hashes, uint64_t seed) : num_hashes_(num_hashes) {
  if (seed != 0) seed_salt_ = mix(seed);
  Random random(seed);
  for (size_t j = 0; j < num_hashes; ++j) {
    slot_salts_.push_back(static_cast<uint32_t>(random.next()));
  }
}

void Sketcher::add(std::span<const uint64_t> shingles, uint32_t* slots) {
  if (seed_salt_ == 0) {
    throw_in(shingles, slots);
    return;
  }
  seeded_.resize(shingles.size());
  for (size_t i = 0; i < shingles.size(); ++i) seeded_[i] = mix(shingles[i] ^ seed_salt_);
  throw_in(seeded_, slots);
}

void Sketcher::throw_in(std::span<const uint64_t> shingles, uint32_t* slots) {
  for (uint32_t round = 0; round < simd::Loops::num_rounds; ++round) {
    const uint32_t largest =
        simd::loops().bucket_round[round](shingles.data(), shingles.size(), num_hashes_, slots);
    // Later rounds can only fill slots that earlier ones left open.
    if (largest < (round + 1) * round_size) return;
  }
  compete(shingles, slots);
}

void Sketcher::compete(std::span<const uint64_t> shingles, uint32_t* slots) {
  constexpr size_t group = simd::Loops::slot_group;
  open_.clear();
  for (size_t j = 0; j < num_hashes_; ++j) {
    if (slots[j] >= 3 * round_size) open_.push_back(static_cast<uint32_t>(j));
  }
  const size_t num_groups = (open_.size() + group - 1) / group;
  salts_.assign(num_groups * group, 0);
  values_.assign(num_groups * group, open_slot);
  for (size_t i = 0; i < open_.size(); ++i) {
    salts_[i] = slot_salts_[open_[i]];
    values_[i] = slots[open_[i]];
  }
  simd::loops().compete(shingles.data(), shingles.size(), salts_.data(), num_groups,
                        values_.data());
  for (size_t i = 0; i < open_.size(); ++i) slots[open_[i]] = values_[i];
}

std::vector<uint32_t> signatures(std::span<const int64_t> offsets, std::span<const uint64_t> values,
                                 size_t num_hashes, uint64_t seed, int threads) {
  const size_t rows = offsets.size() - 1;
  std::vector<uint32_t> slots(rows * num_hashes, open_slot);
  const size_t num_blocks = (rows + block_rows - 1) / block_rows;
  std::vector<Sketcher> sketchers(num_workers(num_blocks, threads), Sketcher(num_hashes, seed));
  parallel_for(num_blocks, threads, [&](size_t block, size_t worker) {
    const size_t end = std::min(rows, (block + 1) * block_rows);
    for (size_t row = block * block_rows; row < end; ++row) {
      const auto begin = static_cast<size_t>(offsets[row]);
      const auto size = static_cast<size_t>(offsets[row + 1]) - begin;
      if (size > 0) sketchers[worker].add(values.subspan(begin, size), &slots[row * num_hashes]);
    }
  });
  return slots;
}

std::vector<double> similarity(std::span<const uint32_t> left, std::span<const uint32_t> right,
                               size_t num_hashes) {
  std::vector<double> out;
  for (size_t at = 0; at < left.size(); at += num_hashes) {
    const size_t equal = simd::loops().count_equal(&left[at], &right[at], num_hashes);
    out.push_back(static_cast<double>(equal) / static_cast<double>(num_hashes));
  }
  return out;
}

}  // namespace corpusmill::dedup

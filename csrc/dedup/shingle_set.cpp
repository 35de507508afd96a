// shingle_set: linear probing; the shingle's own low bits are the place, as it is a hash already.
#include "dedup/shingle_set.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/parallel.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t pairs_per_block = 256;
constexpr size_t longest_walk = 128;  // places; at half load, chance stays below
constexpr size_t most_in_table = size_t{1} << 18;

}  // namespace

void ShingleSet::clear() {
  std::fill_n(table_.begin(), mask_ == 0 ? 0 : mask_ + 1, 0);
  mask_ = 0;
  has_zero_ = crowded_ = false;
  size_ = 0;
}

void ShingleSet::expect(size_t most) {
  if (most > most_in_table) values_.reserve(most);
}

void ShingleSet::reserve(size_t count) {
  if (values_.size() < count) values_.resize(count);
  crowded_ |= count > most_in_table;
  // Sparse while the table fits a first-level cache, where space is cheaper than collisions.
  const size_t size = std::bit_ceil(std::max<size_t>(count <= 1024 ? 4 * count : 2 * count, 64));
  if (size <= mask_ + 1 || crowded_) return;
  std::fill_n(table_.begin(), empty() ? 0 : mask_ + 1, 0);
  if (table_.size() < size) table_.resize(size);
  mask_ = size - 1;
  for (const uint64_t shingle : std::span(values_.data(), size_)) {
    crowded_ |= place(shingle) == Placed::nowhere;
  }
}

ShingleSet::Placed ShingleSet::place(uint64_t shingle) {
  if (shingle == 0) return std::exchange(has_zero_, true) ? Placed::present : Placed::added;
  for (size_t step = 0; step < longest_walk; ++step) {
    uint64_t& there = table_[(shingle + step) & mask_];
    if (there == shingle) return Placed::present;
    if (there != 0) continue;
    there = shingle;
    return Placed::added;
  }
  return Placed::nowhere;
}

// First all that find their place free, without a branch; then the few others.
void ShingleSet::insert(std::span<const uint64_t> shingles) {
  reserve(size_ + shingles.size());
  if (crowded_) {
    append(shingles);
    return;
  }
  if (met_.size() < shingles.size()) met_.resize(shingles.size());
  // Locals, as the compiler must think that every store may change the members.
  uint64_t* const table = table_.data();
  uint64_t* added = values_.data() + size_;
  uint64_t* met = met_.data();
  const size_t mask = mask_;
  for (const uint64_t shingle : shingles) {
    const uint64_t there = table[shingle & mask];
    const auto free = uint64_t{there == 0} & uint64_t{shingle != 0};
    table[shingle & mask] = there | (shingle & (0 - free));
    *added = shingle;
    added += free;
    *met = shingle;
    met += 1 - free;
  }
  size_ = static_cast<size_t>(added - values_.data());
  for (const uint64_t* shingle = met_.data(); shingle < met; ++shingle) {
    const Placed placed = place(*shingle);
    crowded_ |= placed == Placed::nowhere;
    if (placed != Placed::present) values_[size_++] = *shingle;
  }
}

void ShingleSet::append(std::span<const uint64_t> shingles) {
  std::copy(shingles.begin(), shingles.end(), values_.data() + size_);
  size_ += shingles.size();
}

std::span<const uint64_t> ShingleSet::values() {
  const auto begin = values_.begin();
  if (crowded_) {
    std::sort(begin, begin + static_cast<std::ptrdiff_t>(size_));
    size_ =
        static_cast<size_t>(std::unique(begin, begin + static_cast<std::ptrdiff_t>(size_)) - begin);
  }
  return {values_.data(), size_};
}

bool ShingleSet::contains(uint64_t shingle) const {
  if (crowded_) return std::binary_search(values_.data(), values_.data() + size_, shingle);
  if (shingle == 0) return has_zero_;
  for (size_t step = 0; step < longest_walk; ++step) {
    const uint64_t there = table_[(shingle + step) & mask_];
    if (there == shingle) return true;
    if (there == 0) return false;
  }
  return false;
}

size_t ShingleSet::count_common(std::span<const uint64_t> distinct) const {
  if (empty()) return 0;
  size_t common = 0;
  for (const uint64_t shingle : distinct) common += contains(shingle);
  return common;
}

Hash128 set_hash(std::span<const uint64_t> distinct) {
  uint64_t sum = 0;
  uint64_t image = 0;
  for (const uint64_t shingle : distinct) {
    sum += shingle;
    image += (shingle & 0xffffffffu) * (shingle >> 32);
  }
  return {mix(sum), mix(image ^ distinct.size())};
}

double jaccard(ShingleSet& left, std::span<const uint64_t> right) {
  const size_t size = left.values().size();
  const size_t common = left.count_common(right);
  const size_t all = size + right.size() - common;
  return all == 0 ? 0.0 : static_cast<double>(common) / static_cast<double>(all);
}

std::vector<double> jaccard(const Column& docs, std::span<const int64_t> left,
                            std::span<const int64_t> right, const ngram::ShingleOptions& options,
                            int threads) {
  const size_t num_blocks = (left.size() + pairs_per_block - 1) / pairs_per_block;
  const size_t workers = num_workers(num_blocks, threads);
  std::vector<ngram::Shingler> shinglers(workers, ngram::Shingler(options));
  std::vector<ShingleSet> lefts(workers);
  std::vector<ShingleSet> rights(workers);
  std::vector<double> out(left.size());
  const auto fill = [&](ShingleSet& set, ngram::Shingler& shingler, int64_t row) {
    set.clear();
    if (docs.is_null(static_cast<size_t>(row))) return;
    shingler(docs[static_cast<size_t>(row)], [&](auto shingles) { set.insert(shingles); });
  };
  parallel_for(num_blocks, threads, [&](size_t block, size_t w) {
    const size_t begin = block * pairs_per_block;
    const size_t end = std::min(left.size(), begin + pairs_per_block);
    for (size_t i = begin; i < end; ++i) {
      if (i == begin || left[i] != left[i - 1]) fill(lefts[w], shinglers[w], left[i]);
      fill(rights[w], shinglers[w], right[i]);
      out[i] = jaccard(lefts[w], rights[w].values());
    }
  });
  return out;
}

}  // namespace corpusmill::dedup

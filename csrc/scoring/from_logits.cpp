// from_logits: rows to threads, a row to its sums: as it lies, or through a buffer of final logits.
#include "scoring/from_logits.hpp"

#include <algorithm>
#include <vector>

#include "core/parallel.hpp"

namespace corpusmill::scoring {

namespace {

using simd::LogitSums;

class Folder {
 public:
  Folder(const Matrix& logits, int level, const Transform& transform)
      : logits_(logits),
        transform_(transform),
        through_buffer_(transform.changes() || logits.type == Type::float16) {
    const bool narrow = !through_buffer_ && logits.type == Type::bfloat16;
    fold_ = (narrow ? loops_.fold_bfloat16 : loops_.fold)[level];
  }

  LogitSums sums(size_t token, size_t target) const {
    const std::byte* const row = logits_.row(token);
    LogitSums sums;
    float buffer[at_once];
    sums.target = *final_logits(row, target, 1, buffer);
    if (!through_buffer_) {
      fold_(row, logits_.columns, 0, &sums);
      return sums;
    }
    for (size_t first = 0; first < logits_.columns; first += at_once) {
      const size_t count = std::min(at_once, logits_.columns - first);
      fold_(final_logits(row, first, count, buffer), count, first, &sums);
    }
    return sums;
  }

 private:
  static constexpr size_t at_once = 4096;  // a multiple of every panel

  const float* final_logits(const std::byte* row, size_t first, size_t count, float* to) const {
    const size_t padded = (count + loops_.panel - 1) / loops_.panel * loops_.panel;
    widen(row + first * size_of(logits_.type), logits_.type, count, to);
    std::fill(to + count, to + padded, 0.0F);
    if (transform_.changes()) {
      loops_.finish(to, nullptr, padded, transform_.scale, transform_.softcap);
    }
    return to;
  }

  const simd::ScoreLoops& loops_ = simd::score_loops();
  const Matrix& logits_;
  const Transform& transform_;
  bool through_buffer_;
  simd::ScoreLoops::Fold fold_;
};

}  // namespace

Statistics from_logits(const Matrix& logits, std::span<const int64_t> targets, int level,
                       const Transform& transform, int threads) {
  constexpr size_t rows_at_once = 8;
  Statistics statistics(targets.size(), level);
  const Folder folder(logits, level, transform);
  const size_t num_blocks = (targets.size() + rows_at_once - 1) / rows_at_once;
  parallel_for(num_blocks, threads, [&](size_t block, size_t) {
    const size_t end = std::min(targets.size(), (block + 1) * rows_at_once);
    for (size_t token = block * rows_at_once; token < end; ++token) {
      if (targets[token] < 0) continue;
      statistics.set(token, folder.sums(token, static_cast<size_t>(targets[token])), level);
    }
  });
  return statistics;
}

}  // namespace corpusmill::scoring

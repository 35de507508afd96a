// batch: some tokens through all of a head's weight. Tokens are packed once, the weight by chunks
// that a cache shares among threads. A task takes some tokens through a chunk, tile after tile:
// products, then what they come to. While threads are at one chunk, the next is packed, and a
// thread that is done with a chunk goes on with the next.
#pragma once
#include <array>
#include <span>
#include <vector>

#include "scoring/products.hpp"
#include "scoring/statistics.hpp"

namespace corpusmill::scoring {

/// What is scored, and how.
struct Job {
  const Matrix& hidden;
  const Matrix& weight;
  std::span<const int64_t> targets;
  std::vector<float> bias;  // as many as the weight has rows, and a panel more; or none
  const Transform& transform;
  int level;
  int threads;
  Products products;
};

class Batch {
 public:
  /// As many tokens as are packed into 16 MiB, and at least a task's.
  static size_t most_tokens(const Job& job);

  /// tokens: rows of the hidden states whose targets are scored.
  Batch(const Job& job, std::span<const size_t> tokens);

  /// Puts them into the result.
  void score(Statistics& result);

 private:
  using Tile = PageVector<float>;

  void fold_chunks(std::vector<Tile>& tiles);
  Groups strips_of(size_t task) const;
  void pack_tokens(const Groups& strips);
  void pack_weight(size_t chunk, size_t block);
  void find_targets(const Groups& strips, float* tile);
  void fold_chunk(const Groups& strips, size_t chunk, float* tile);
  void finish(float* logits, const float* bias, size_t count) const;

  const Job& job_;
  std::span<const size_t> tokens_;
  const simd::ScoreLoops& loops_ = simd::score_loops();
  size_t chunk_;  // columns, whole panels
  size_t num_chunks_;
  size_t task_strips_;
  size_t num_tasks_ = 0;
  size_t num_packs_;  // parts of a chunk that are packed one by one
  Packed rows_;
  std::array<Packed, 2> columns_;  // of chunks, in turn
  std::vector<simd::LogitSums> sums_;
};

}  // namespace corpusmill::scoring

// batch: the order of the work. A token's numbers are added in one order, whatever else is scored
// with it and however many threads there are.
#include "scoring/batch.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <latch>

#include "core/parallel.hpp"

namespace corpusmill::scoring {

namespace {

constexpr size_t task_tokens = 48;         // at most; a multiple of every strip
constexpr size_t panels_at_once = 4;       // that a thread packs
constexpr size_t chunk_bytes = 6 << 20;    // of packed weights
constexpr size_t tokens_bytes = 16 << 20;  // of packed hidden states

size_t row_bytes(const Job& job) { return job.products.units().depth * sizeof(float); }

size_t chunk_columns(const Job& job, size_t panel) {
  return std::max<size_t>(1, chunk_bytes / row_bytes(job) / panel) * panel;
}

}  // namespace

size_t Batch::most_tokens(const Job& job) {
  return std::max(task_tokens, tokens_bytes / row_bytes(job));
}

Batch::Batch(const Job& job, std::span<const size_t> tokens)
    : job_(job),
      tokens_(tokens),
      chunk_(std::min(chunk_columns(job, loops_.panel), job.weight.rows)),
      num_chunks_(groups(job.weight.rows, chunk_)),
      task_strips_(task_tokens / loops_.strip),
      num_packs_(groups(groups(chunk_, loops_.panel), panels_at_once)),
      rows_(job.products.rows(tokens.size())),
      columns_{{job.products.columns(chunk_), job.products.columns(chunk_)}},
      sums_(tokens.size()) {
  const auto workers = static_cast<size_t>(resolve_threads(job.threads));
  const size_t share = groups(tokens.size(), 4 * workers * loops_.strip);  // for all to have some
  task_strips_ = std::clamp<size_t>(share, 1, task_strips_);
  num_tasks_ = groups(tokens.size(), task_strips_ * loops_.strip);
}

Groups Batch::strips_of(size_t task) const {
  const size_t first = task * task_strips_;
  return {rows_, first, std::min(task_strips_, groups(tokens_.size(), loops_.strip) - first)};
}

void Batch::score(Statistics& result) {
  std::vector<Tile> tiles(num_workers(num_packs_ + num_tasks_, job_.threads));
  for (Tile& tile : tiles) tile.resize(Products::stride * task_strips_ * loops_.strip);
  parallel_for(num_packs_ + num_tasks_, job_.threads, [&](size_t block, size_t worker) {
    if (block < num_packs_) {
      pack_weight(0, block);
    } else {
      pack_tokens(strips_of(block - num_packs_));
      find_targets(strips_of(block - num_packs_), tiles[worker].data());
    }
  });
  fold_chunks(tiles);
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (job_.level >= 0) result.set(tokens_[i], sums_[i], job_.level);
  }
}

// All in one loop, whose blocks are handed out in order, so what a block waits for is under way or
// done: chunk after chunk its tasks, and behind the first few the packing of the next chunk. That
// goes where the chunk before lay, whose last tasks are done by then. Nothing in it throws: a
// thread would wait for ever for what another gave up.
void Batch::fold_chunks(std::vector<Tile>& tiles) {
  std::deque<std::latch> packed, folded;  // of a chunk, how much is not yet
  for (size_t chunk = 0; chunk < num_chunks_; ++chunk) {
    packed.emplace_back(static_cast<ptrdiff_t>(chunk == 0 ? 0 : num_packs_));
    folded.emplace_back(static_cast<ptrdiff_t>(num_tasks_));
  }
  std::vector<std::atomic<uint32_t>> chunks_done(num_tasks_);
  const size_t first_tasks = std::min(num_tasks_, tiles.size());
  const size_t blocks = num_tasks_ + num_packs_;  // of a chunk
  parallel_for(num_chunks_ * blocks, static_cast<int>(tiles.size()), [&](size_t i, size_t worker) {
    const size_t chunk = i / blocks, block = i % blocks;
    if (block >= first_tasks && block < first_tasks + num_packs_) {
      if (chunk + 1 == num_chunks_) return;
      if (chunk > 0) folded[chunk - 1].wait();
      pack_weight(chunk + 1, block - first_tasks);
      packed[chunk + 1].count_down();
      return;
    }
    const size_t task = block < first_tasks ? block : block - num_packs_;
    std::atomic<uint32_t>& done = chunks_done[task];
    packed[chunk].wait();
    for (uint32_t so_far; (so_far = done.load()) < chunk;) done.wait(so_far);
    fold_chunk(strips_of(task), chunk, tiles[worker].data());
    done.store(static_cast<uint32_t>(chunk) + 1);
    done.notify_one();
    folded[chunk].count_down();
  });
}

void Batch::pack_tokens(const Groups& strips) {
  for (size_t strip = strips.first; strip < strips.first + strips.count; ++strip) {
    const auto row = [&](size_t i) {
      const size_t token = strip * loops_.strip + i;
      return token < tokens_.size() ? job_.hidden.row(tokens_[token]) : nullptr;
    };
    rows_.pack(strip, row, job_.hidden);
  }
}

void Batch::pack_weight(size_t chunk, size_t block) {
  const size_t end = std::min((block + 1) * panels_at_once, groups(chunk_, loops_.panel));
  for (size_t panel = block * panels_at_once; panel < end; ++panel) {
    const auto row = [&](size_t i) {
      const size_t column = chunk * chunk_ + panel * loops_.panel + i;
      return column < job_.weight.rows ? job_.weight.row(column) : nullptr;
    };
    columns_[chunk % 2].pack(panel, row, job_.weight);
  }
}

// The targets' logits by the same products as all others, so that they are the same to the last
// bit: of a strip's tokens with their targets' columns the diagonal is kept.
void Batch::find_targets(const Groups& strips, float* tile) {
  Packed columns = job_.products.columns(loops_.strip);
  const size_t panels = groups(loops_.strip, loops_.panel);
  std::vector<float> logits(panels * loops_.panel), bias(job_.bias.empty() ? 0 : logits.size());
  for (size_t strip = strips.first; strip < strips.first + strips.count; ++strip) {
    const size_t first = strip * loops_.strip;
    const size_t count = std::min(loops_.strip, tokens_.size() - first);
    const auto target = [&](size_t i) {
      return static_cast<size_t>(job_.targets[tokens_[first + i]]);
    };
    for (size_t panel = 0; panel < panels; ++panel) {
      const auto row = [&](size_t i) {
        const size_t column = panel * loops_.panel + i;
        return column < count ? job_.weight.row(target(column)) : nullptr;
      };
      columns.pack(panel, row, job_.weight);
    }
    job_.products({rows_, strip, 1}, {columns, 0, panels}, tile);
    for (size_t i = 0; i < count; ++i) {
      logits[i] = tile[i * Products::stride + i];
      if (!bias.empty()) bias[i] = job_.bias[target(i)];
    }
    finish(logits.data(), bias.empty() ? nullptr : bias.data(), count);
    for (size_t i = 0; i < count; ++i) sums_[first + i].target = logits[i];
  }
}

void Batch::fold_chunk(const Groups& strips, size_t chunk, float* tile) {
  const size_t first_token = strips.first * loops_.strip;
  const size_t count = std::min(strips.count * loops_.strip, tokens_.size() - first_token);
  const size_t begin = chunk * chunk_, end = std::min(begin + chunk_, job_.weight.rows);
  for (size_t column = begin; column < end; column += Products::stride) {
    const size_t columns = std::min(Products::stride, end - column);
    const size_t panel = (column - begin) / loops_.panel;
    job_.products(strips, {columns_[chunk % 2], panel, groups(columns, loops_.panel)}, tile);
    if (job_.level < 0) continue;
    const simd::ScoreLoops::Fold fold = loops_.fold[job_.level];
    const float* const bias = job_.bias.empty() ? nullptr : job_.bias.data() + column;
    for (size_t i = 0; i < count; ++i) {
      float* const logits = tile + i * Products::stride;
      finish(logits, bias, columns);
      fold(logits, columns, column, &sums_[first_token + i]);
    }
  }
}

void Batch::finish(float* logits, const float* bias, size_t count) const {
  if (bias == nullptr && !job_.transform.changes()) return;
  const size_t padded = groups(count, loops_.panel) * loops_.panel;
  loops_.finish(logits, bias, padded, job_.transform.scale, job_.transform.softcap);
}

}  // namespace corpusmill::scoring

// seen_pieces: what is known of pieces as threads go over them: what came before, exactly or by a
// filter; what of that came again; and then, what is among it. Knows no documents.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "core/strings.hpp"
#include "dedup/content_set.hpp"
#include "dedup/segments.hpp"
#include "ngram/bloom.hpp"
#include "simd/hash.hpp"
#include "simd/loops.hpp"

namespace corpusmill::dedup {

/// Threads, and the shares of what is known that they take in turn.
struct Shares {
  static constexpr bool in_order = true;  // the answer depends on the order of hashes
  static constexpr bool finds = true;     // the answer is wanted

  Shares(const Column& docs, int threads, size_t workers_a_share)
      : bytes(num_bytes(docs)),
        workers(num_workers(bytes / task_bytes + 1, threads)),
        shares(std::min(std::bit_ceil((workers + workers_a_share - 1) / workers_a_share),
                        ContentSet::most_shares)) {}
  size_t bytes;  // of the documents
  size_t workers;
  size_t shares;
  uint64_t count = 0;  // of pieces
};

struct SeenExactly : Shares {
  using Set = ContentSet;
  using Hash = Hash128;
  SeenExactly(Set& contents, const Column& docs, int threads)
      : Shares(docs, threads, 1), set(&contents) {}
  static void hash(std::span<const simd::Stretch> contents, Hash* out) {
    for (size_t i = 0; i < contents.size(); ++i) {
      out[i] = xxh3_128({contents[i].begin, contents[i].end});
    }
  }
  size_t share_of(const Hash& hash) const { return ContentSet::share_of(hash, shares); }
  void look_up(std::span<Hash> hashes, uint8_t* there) const { set->insert(hashes, there); }
  Set* set;
};

/// A tenth of the work is in the filter, so one share will do for some workers: hashes are then not
/// sorted.
struct SeenByFilter : Shares {
  using Set = ngram::Bloom;
  using Hash = uint64_t;
  SeenByFilter(Set& bloom, const Column& docs, int threads)
      : Shares(docs, threads, 4),
        set(&bloom),
        shift(static_cast<int>(std::bit_width((bloom.num_blocks() - 1) / shares))) {}
  static void hash(std::span<const simd::Stretch> contents, Hash* out) {
    simd::loops().hash_each(contents.data(), contents.size(), out);
  }
  size_t share_of(Hash hash) const { return set->block_of(hash) >> shift; }
  void look_up(std::span<Hash> hashes, uint8_t* there) const { set->insert(hashes, there); }
  Set* set;
  int shift;
};

/// Takes hashes as Seen does. Those that were there it adds to a set of their own, which is as
/// large as Seen's if it is a filter.
template <class Seen>
struct ComingAgain : Seen {
  static constexpr bool finds = false;
  ComingAgain(const Seen& seen, Seen::Set& copies) : Seen(seen), again(&copies) {}
  /// Leaves those that were there at the beginning of hashes.
  void look_up(std::span<typename Seen::Hash> hashes, uint8_t* there) const {
    Seen::look_up(hashes, there);
    size_t found = 0;
    for (size_t i = 0; i < hashes.size(); ++i) {
      hashes[found] = hashes[i];
      found += there[i];
    }
    again->insert(hashes.first(found), there);
  }
  Seen::Set* again;
};

/// Adds nothing, so that no thread waits for another.
template <class Seen>
struct Among : Seen {
  static constexpr bool in_order = false;
  Among(const Seen& seen, const Seen::Set& copies) : Seen(seen), again(&copies) {
    Seen::shares = 1;
  }
  void look_up(std::span<typename Seen::Hash> hashes, uint8_t* there) const {
    again->contains(hashes, there);
  }
  const Seen::Set* again;
};

}  // namespace corpusmill::dedup

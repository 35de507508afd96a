// content_set: which contents were seen before, exactly, as far as 128 bits of hash tell them
// apart.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/hash.hpp"
#include "core/pages.hpp"

namespace corpusmill::dedup {

/// A set of hashes in as many tables as there are shares, each of which one thread may work on.
/// About 22 to 43 bytes a hash; a table that grows needs both sizes for a moment.
class ContentSet {
 public:
  static constexpr size_t most_shares = 64;

  /// Which of so many shares (a power of two, at most most_shares) a hash belongs to.
  static size_t share_of(const Hash128& hash, size_t shares) {
    return (hash.high >> 58) * shares / most_shares;
  }

  /// Adds the hashes one after the other; there[i]: whether hash i was in the set by then. Several
  /// threads may call at once if no two have hashes of one share.
  void insert(std::span<const Hash128> hashes, uint8_t* there);
  /// there[i]: whether hash i is in the set. Several threads may ask at once.
  void contains(std::span<const Hash128> hashes, uint8_t* there) const;

  uint64_t size() const;
  uint64_t bytes() const;

 private:
  struct Table {
    PageVector<Hash128> slots;  // of hash zero: free; that hash counts as one
    size_t used = 0;

    bool insert(Hash128 hash);
    bool contains(Hash128 hash) const;
    size_t slot_of(const Hash128& hash) const;
    void grow();
  };

  void fetch(const Hash128& hash) const;

  std::array<Table, most_shares> tables_;
};

}  // namespace corpusmill::dedup

// shingle_set: the distinct shingles of one document and exact Jaccard similarity. Knows no text
// beyond handing it to a Shingler.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/hash.hpp"
#include "core/strings.hpp"
#include "ngram/shingles.hpp"

namespace corpusmill::dedup {

/// An open-addressing set, reused from document to document. A document of more than 2**18
/// shingles, or one made to crowd the table, which chance does not, is sorted instead: memory is at
/// most 15 MB and 8 bytes per shingle of the longest document, if it was expected, and no document
/// costs more than O(shingles * log shingles).
class ShingleSet {
 public:
  void clear();
  void insert(std::span<const uint64_t> shingles);
  bool empty() const { return size_ == 0; }

  /// Before the first of so many shingles at most: room for many of them is taken once, as growing
  /// would hold them twice, and takes memory only as they come.
  void expect(size_t most);

  /// The distinct shingles, in no particular order.
  std::span<const uint64_t> values();

  /// How many of these distinct shingles are in the set; values() comes first.
  size_t count_common(std::span<const uint64_t> distinct) const;

 private:
  enum class Placed : uint8_t { added, present, nowhere };

  void reserve(size_t count);
  void append(std::span<const uint64_t> shingles);
  Placed place(uint64_t shingle);
  bool contains(uint64_t shingle) const;

  std::vector<uint64_t> table_;  // 0 is an empty place; shingle 0 is kept beside it
  size_t mask_ = 0;
  bool has_zero_ = false;
  bool crowded_ = false;          // values_ is a list to be sorted, and table_ is out of use
  std::vector<uint64_t> values_;  // size_ of them are in use
  size_t size_ = 0;
  std::vector<uint64_t> met_;  // shingles that found their place taken
};

/// A 128-bit hash of a set, the same for every order of its shingles: two sums over well-mixed
/// hashes, one of them of a non-linear image, and their number, so sets that differ agree with
/// probability 2**-128.
Hash128 set_hash(std::span<const uint64_t> distinct);

/// |A & B| / |A | B| for the set and the distinct shingles of another.
double jaccard(ShingleSet& left, std::span<const uint64_t> right);

/// Exact Jaccard similarity of each pair (left[i], right[i]) of rows. A null is like nothing: 0.
/// O(bytes of both) a pair, less where consecutive pairs share their left row.
std::vector<double> jaccard(const Column& docs, std::span<const int64_t> left,
                            std::span<const int64_t> right, const ngram::ShingleOptions& options,
                            int threads);

}  // namespace corpusmill::dedup

// set_store: the shingle sets of some rows of a job, taken in as their texts come by; equal sets
// are held once. Compares nothing.
#pragma once
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/hash.hpp"
#include "core/strings.hpp"
#include "dedup/shingle_set.hpp"
#include "ngram/shingles.hpp"

namespace corpusmill::dedup {

/// Sets are known by their place among the rows asked for.
class SetStore {
 public:
  /// Asks for these rows, ascending; with_values: their shingles, and not the hash of these alone.
  void ask(std::vector<int64_t> rows, bool with_values);

  const std::vector<int64_t>& rows() const { return rows_; }

  /// Takes the sets of some rows asked for: docs[picks[i]] is the text of rows[i]. Several threads
  /// may call at once, with different rows.
  void add(std::span<const int64_t> rows, std::span<const int64_t> picks, const Column& docs,
           const ngram::ShingleOptions& options, int threads);

  /// Throws std::logic_error unless the set of every row asked for was added.
  void check_complete() const;

  /// Equal for equal sets.
  const Hash128& hash(size_t place) const { return hashes_[place]; }

  /// The distinct shingles, in no particular order; with_values alone.
  std::span<const uint64_t> values(size_t place) const { return values_.at(hashes_[place]); }

 private:
  struct LowHalf {
    size_t operator()(const Hash128& hash) const { return hash.low; }
  };

  size_t place_of(int64_t row) const;
  void put(size_t place, std::span<const uint64_t> values);

  bool with_values_ = false;
  std::vector<int64_t> rows_;
  std::vector<Hash128> hashes_;
  std::vector<uint8_t> added_;
  std::mutex values_mutex_;
  std::unordered_map<Hash128, std::vector<uint64_t>, LowHalf> values_;
};

}  // namespace corpusmill::dedup

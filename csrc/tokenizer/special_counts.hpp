// special_counts: which special tokens documents spell, and how often. Encodes nothing.
#pragma once
#include <cstdint>
#include <vector>

#include "core/strings.hpp"
#include "tokenizer/encode.hpp"

namespace corpusmill::tokenizer {

/// Ragged: document i spells token tokens[j], by its number, counts[j] times, for j from offsets[i]
/// to before offsets[i + 1]; tokens ascend.
struct SpecialCounts {
  std::vector<int64_t> offsets;
  std::vector<int32_t> tokens;
  std::vector<int64_t> counts;
};

/// As if all were allowed, `allowed` saying so.
SpecialCounts special_counts(const Tokenizer& tokenizer, const Column& docs, Allowed allowed,
                             int threads);

}  // namespace corpusmill::tokenizer

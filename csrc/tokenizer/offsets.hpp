// offsets: which bytes of its document each token stands for.
#pragma once
#include <cstdint>
#include <vector>

#include "core/strings.hpp"
#include "tokenizer/encode.hpp"

namespace corpusmill::tokenizer {

/// Ragged: token j is ids[j] and stands for the bytes begins[j] to before ends[j] of its document.
template <class Id>
struct Offsets {
  std::vector<int64_t> offsets;
  Growing<Id> ids;
  Growing<int64_t> begins, ends;
};

/// The ids as `encode` gives them. Id as there.
template <class Id>
Offsets<Id> find_offsets(Tokenizer& tokenizer, const Column& docs, Allowed allowed, int threads);

}  // namespace corpusmill::tokenizer

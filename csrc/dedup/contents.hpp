// contents: a hash of each document's bytes, by which equal texts are known.
#pragma once
#include "core/hash.hpp"
#include "core/pages.hpp"
#include "core/strings.hpp"

namespace corpusmill::dedup {

/// XXH3-128 of each row's bytes; a null's is zero.
PageVector<Hash128> content_hashes(const Column& docs, int threads);

}  // namespace corpusmill::dedup

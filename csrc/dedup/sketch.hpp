// sketch: what a decision asks of each document, in one walk over its text: a signature, or the
// buckets in which that lies, and a hash. Keeps no text.
#pragma once
#include <cstdint>
#include <vector>

#include "core/hash.hpp"
#include "core/pages.hpp"
#include "core/strings.hpp"
#include "dedup/bands.hpp"
#include "ngram/shingles.hpp"

namespace corpusmill::dedup {

struct SignatureOptions {
  ngram::ShingleOptions shingles;
  size_t num_hashes = 112;
  uint64_t seed = 0;
};

/// Row-major, docs.size() x num_hashes.
std::vector<uint32_t> signatures(const Column& docs, const SignatureOptions& options, int threads);

/// What documents are known as the same by: equal bytes (XXH3-128), or the same shingles, each as
/// often (ShingleSum).
enum class Same : uint8_t { bytes, shingles };

struct Sketches {
  PageVector<uint32_t> signatures;  // as above
  PageVector<Hash128> hashes;
};

/// Signature and hash of each document. They may stay for long.
Sketches sketch(const Column& docs, const SignatureOptions& options, Same same, int threads);

struct BucketSketches {
  PageVector<uint64_t> buckets;  // row-major, bands.bands wide; 0 of a null document
  PageVector<Hash128> hashes;
};

/// The same where signatures are asked for nothing but their buckets (bands.hpp), which take less
/// room.
BucketSketches sketch(const Column& docs, const SignatureOptions& options, Bands bands, Same same,
                      int threads);

}  // namespace corpusmill::dedup

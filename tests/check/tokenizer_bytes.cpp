// tokenizer_bytes: hostile documents by every pattern, merged from left to right and by a heap; and
// back. Hostile pairs.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "areas.hpp"
#include "tokenizer/byte_bpe.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/pair_ranks.hpp"

namespace corpusmill::check {

namespace {

using namespace tokenizer;  // NOLINT(google-build-using-namespace)

/// The bytes, and tokens of blanks, letters and marks; in order, or with parts behind the whole.
Vocabulary some_tokens(bool ordered) {
  std::string bytes;
  std::vector<int64_t> offsets{0};
  const auto add = [&](const std::string& token) {
    bytes += token;
    offsets.push_back(static_cast<int64_t>(bytes.size()));
  };
  for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)));
  if (!ordered) add("    ");
  for (const char* token : {"  ", "or", " w", " wor", "aa", "aaa", "\xc3\xa9", "--", "xyz"})
    add(token);
  return {bytes, offsets};
}

size_t check_pattern(const Column& docs, Pattern pattern, bool ordered, size_t cache_bytes) {
  Tokenizer tokenizer(std::make_unique<ByteBpe>(Bpe(some_tokens(ordered)), pattern), cache_bytes);
  const Encoded<uint16_t> many = encode<uint16_t>(tokenizer, docs, 4);
  const Encoded<uint32_t> one = encode<uint32_t>(tokenizer, docs, 1);
  const std::vector<int64_t> counts = count(tokenizer, docs, 4);
  std::vector<uint8_t> back;
  size_t bytes = 0;
  for (size_t row = 0; row < docs.size(); ++row) {
    bytes += docs[row].size();
    if (counts[row] != many.offsets[row + 1] - many.offsets[row]) {
      throw std::logic_error("ids are counted differently");
    }
  }
  tokenizer.model->decode(one.ids.view(), true, back);
  const bool same = std::equal(many.ids.view().begin(), many.ids.view().end(),
                               one.ids.view().begin(), one.ids.view().end());
  if (!same || back.size() != bytes) throw std::logic_error("ids depend on threads or lose bytes");
  return one.ids.size();
}

/// What times an odd number is 1 modulo 2^64.
uint64_t inverse(uint64_t odd) {
  uint64_t found = odd;
  for (int bits = 3; bits < 64; bits *= 2) found *= 2 - odd * found;
  return found;
}

/// Pairs that were chosen to lie in the same line are refused before they take all memory.
size_t check_crafted_pairs() {
  constexpr int id_bits = 17;
  constexpr uint64_t mask = (uint64_t{1} << 2 * id_bits) - 1;
  PairRanks ranks((1u << id_bits) - 1, 1000);
  try {
    for (uint32_t i = 0; i < 1000; ++i) {
      uint64_t pair = i * inverse(0x9e3779b97f4a7c15u) & mask;
      pair ^= pair >> id_bits;
      pair = pair * inverse(0xd6e8feb86659fd93u) & mask;
      ranks.add(static_cast<uint32_t>(pair >> id_bits),
                static_cast<uint32_t>(pair & ((1u << id_bits) - 1)), {i, i});
    }
  } catch (const std::invalid_argument&) {
    return 1;
  }
  throw std::logic_error("pairs that fall onto one another are taken");
}

}  // namespace

size_t check_byte_bpe(const Column& docs) {
  constexpr size_t caches[] = {0, size_t{1} << 12, size_t{1} << 22};
  size_t found = check_crafted_pairs(), run = 0;
  for (int pattern = 0; pattern <= static_cast<int>(last_pattern); ++pattern) {
    const bool ordered = pattern % 2 == 0;
    found += check_pattern(docs, static_cast<Pattern>(pattern), ordered, caches[run++ % 3]);
  }
  return found;
}

}  // namespace corpusmill::check

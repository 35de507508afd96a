// vocabulary: tokens are numbered in the order of their ids, leaving out the empty ones.
#include "tokenizer/vocabulary.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace corpusmill::tokenizer {

namespace {

// Bytes of a token; all ways to cut it in two are looked at.
constexpr size_t longest_token = 1 << 16;

}  // namespace

Vocabulary::Vocabulary(std::string_view bytes, std::span<const int64_t> offsets)
    : bytes_(bytes.begin(), bytes.end()), offsets_(offsets.begin(), offsets.end()) {
  by_bytes_.reset(size());
  id_of_.reserve(size());
  for (uint32_t id = 0; id < size(); ++id) {
    const std::string_view token = (*this)[id];
    if (token.empty()) continue;
    if (token.size() > longest_token) {
      throw std::invalid_argument("token " + std::to_string(id) + " has " +
                                  std::to_string(token.size()) + " bytes; expected at most " +
                                  std::to_string(longest_token));
    }
    const auto same = [&](uint32_t other) { return (*this)[id_of_[other]] == token; };
    const auto hash_of = [&](uint32_t other) { return xxh3_64((*this)[id_of_[other]]); };
    const uint32_t number = by_bytes_.find_or_add(xxh3_64(token), same, hash_of);
    if (number < id_of_.size()) {
      throw std::invalid_argument("tokens " + std::to_string(id_of_[number]) + " and " +
                                  std::to_string(id) + " are the same bytes");
    }
    id_of_.push_back(id);
    longest_ = std::max(longest_, token.size());
  }
}

}  // namespace corpusmill::tokenizer

// spellings: the text of each id, one behind the other in one place.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corpusmill::tokenizer {

/// i's are bytes[offsets[i]] to before bytes[offsets[i + 1]].
struct Spellings {
  Spellings(std::string_view all, std::span<const int64_t> begins)
      : bytes(all), offsets(begins.begin(), begins.end()) {}

  size_t size() const { return offsets.size() - 1; }
  std::string_view operator[](uint32_t id) const {
    return std::string_view(bytes).substr(static_cast<size_t>(offsets[id]),
                                          static_cast<size_t>(offsets[id + 1] - offsets[id]));
  }

  std::string bytes;
  std::vector<int64_t> offsets;
};

}  // namespace corpusmill::tokenizer

// characters: one walk along each document.
#include "text/characters.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

#include "core/parallel.hpp"
#include "text/utf8.hpp"

namespace corpusmill::text {

namespace {

constexpr size_t rows_per_block = 64;

/// Walks on to a byte offset; false if no character begins there.
class Walk {
 public:
  explicit Walk(std::string_view document) : document_(document) {}

  bool to(int64_t offset) {
    if (offset < 0 || static_cast<size_t>(offset) > document_.size()) return false;
    const auto goal = static_cast<size_t>(offset);
    while (at_ < goal) {
      if (const size_t ascii = ascii_prefix(document_.substr(at_, goal - at_)); ascii > 0) {
        at_ += ascii, passed_ += static_cast<int64_t>(ascii);
        continue;
      }
      at_ += decode(document_.data() + at_, document_.data() + document_.size()).size;
      ++passed_;
    }
    return at_ == goal;
  }

  int64_t passed() const { return passed_; }

 private:
  std::string_view document_;
  size_t at_ = 0;
  int64_t passed_ = 0;
};

}  // namespace

std::vector<int64_t> character_offsets(const Column& docs, std::span<const int64_t> lists,
                                       std::span<const int64_t> bytes, int threads) {
  std::vector<int64_t> out(bytes.size());
  const auto blocks = docs.blocks(rows_per_block);
  parallel_for(blocks.size(), threads, [&](size_t b, size_t) {
    for (size_t i = blocks[b].begin; i < blocks[b].end; ++i) {
      const size_t row = blocks[b].first + i - blocks[b].begin;
      Walk walk((*blocks[b].strings)[i]);
      const auto last = static_cast<size_t>(lists[row + 1]);
      for (auto k = static_cast<size_t>(lists[row]); k < last; ++k) {
        if (!walk.to(bytes[k])) {
          throw std::invalid_argument("spans: in row " + std::to_string(row) + ", byte " +
                                      std::to_string(bytes[k]) +
                                      " is no beginning of a character after the one before");
        }
        out[k] = walk.passed();
      }
    }
  });
  return out;
}

}  // namespace corpusmill::text

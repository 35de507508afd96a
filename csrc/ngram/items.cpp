// items: windows over a buffer of units.
#include "ngram/items.hpp"

#include <algorithm>

#include "simd/loops.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t piece = 1024;  // units hashed at once: the buffers stay in a near cache

}  // namespace

Items::Items(const ItemOptions& options)
    : options_(options),
      units_(std::max(piece, 4 * options.n)),
      hashes_(units_.size()),
      begins_(units_.size()),
      ends_(units_.size()) {}

Items::Run Items::windows() {
  const bool pieces = is_piece(options_.unit);
  if (!pieces) simd::loops().windows(units_.data(), used_, options_.n, hashes_.data());
  const uint64_t* hashes = pieces ? units_.data() : hashes_.data();
  const size_t after = options_.n - 1;  // units of an item after its first
  return {{hashes, used_ - after}, begins_.data(), ends_.data() + after, first_};
}

void Items::keep(size_t count) {
  const auto move_down = [&](auto& buffer) {
    const auto end = buffer.begin() + static_cast<std::ptrdiff_t>(used_);
    std::copy(end - static_cast<std::ptrdiff_t>(count), end, buffer.begin());
  };
  move_down(units_), move_down(begins_), move_down(ends_);
  used_ = count;
}

}  // namespace corpusmill::ngram

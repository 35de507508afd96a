// footprint: how much of mapped files is in memory because it was read. Counts what is touched, and
// lets go of all of it before it is too much. Reads nothing itself.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/files.hpp"

namespace corpusmill::dedup {

/// Of one thread. Without a limit the parts need not be mapped files.
class Footprint {
 public:
  static constexpr size_t unlimited = SIZE_MAX;

  Footprint(std::vector<std::span<const std::byte>> parts, size_t most_bytes)
      : parts_(std::move(parts)), most_(std::max<size_t>(most_bytes / around, least)) {
    size_t bytes = 0;
    for (const auto part : parts_) bytes += part.size();
    all_fit_ = bytes <= most_bytes;
  }

  /// This place is about to be read.
  void touch(const void* place) {
    if (all_fit_) return;
    const uintptr_t block = reinterpret_cast<uintptr_t>(place) / around;
    if (std::exchange(recent_[block % recent_.size()], block) != block && ++count_ > most_) {
      for (const auto part : parts_) let_go(part);
      recent_ = {};
      count_ = 1;
    }
  }

 private:
  static constexpr size_t around = 64 << 10;  // bytes that Linux maps at once, around a first touch
  static constexpr size_t least = 16;

  std::vector<std::span<const std::byte>> parts_;
  size_t most_;   // blocks
  bool all_fit_;  // so that nothing need be counted
  size_t count_ = 0;
  std::array<uintptr_t, 64> recent_{};  // touched and not counted again, unless others came between
};

}  // namespace corpusmill::dedup

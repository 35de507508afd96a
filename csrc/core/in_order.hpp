// in_order: parts that several threads finish in any order go on in theirs, so that few of them
// wait. Knows no parts.
#pragma once
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace corpusmill {

template <class Part>
class InOrder {
 public:
  explicit InOrder(size_t num_parts) : waiting_(num_parts) {}

  /// Takes part number i; calls take(part) for each that is next in order, one at a time. A part
  /// that must wait is copied, so that its thread may go on with the memory.
  template <class Take>
  void put(size_t i, const Part& part, Take&& take) {
    const std::scoped_lock lock(mutex_);
    if (i != next_) {
      waiting_[i].emplace(part);
      return;
    }
    take(part);
    for (++next_; next_ < waiting_.size(); ++next_) {
      std::optional<Part>& next = waiting_[next_];
      if (!next.has_value()) return;
      take(*next);
      next.reset();
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::optional<Part>> waiting_;
  size_t next_ = 0;
};

}  // namespace corpusmill

// in_order: parts that several threads finish in any order go on in theirs, and no thread waits for
// another one to be done with a part. Knows no parts.
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
  /// that must wait is copied, so that its thread may go on with the memory: no thread waits while
  /// another one takes.
  template <class Take>
  void put(size_t i, const Part& part, Take&& take) {
    std::unique_lock lock(mutex_);
    if (i != next_ || is_taking_) {
      waiting_[i].emplace(part);
      return;
    }
    is_taking_ = true;
    lock.unlock();
    take(part);
    lock.lock();
    for (++next_; next_ < waiting_.size() && waiting_[next_].has_value(); ++next_) {
      lock.unlock();
      take(*waiting_[next_]);
      waiting_[next_].reset();
      lock.lock();
    }
    is_taking_ = false;
  }

 private:
  std::mutex mutex_;
  std::vector<std::optional<Part>> waiting_;
  size_t next_ = 0;         // changed by who takes alone
  bool is_taking_ = false;  // somebody does
};

}  // namespace corpusmill

// in_order: parts that several threads finish in any order go on in theirs, and no thread waits for
// another one to be done with a part. Knows no parts.
#pragma once
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace corpusmill {

template <class Part>
class InOrder {
 public:
  explicit InOrder(size_t num_parts) : waiting_(num_parts) {}

  /// Takes part number i; calls take(part) for each that is next in order, one at a time. A part
  /// that must wait is copied, so that its thread may go on with the memory: no thread waits while
  /// another one takes or copies.
  template <class Take>
  void put(size_t i, const Part& part, Take&& take) {
    std::unique_lock lock(mutex_);
    if (!is_turn(i)) {
      lock.unlock();
      auto copy = std::make_unique<const Part>(part);
      lock.lock();
      waiting_[i] = std::move(copy);
      if (!is_turn(i)) return;
    }
    is_taking_ = true;
    for (const Part* next = &part; next != nullptr;) {
      lock.unlock();
      take(*next);
      waiting_[next_].reset();
      lock.lock();
      ++next_;
      next = next_ < waiting_.size() ? waiting_[next_].get() : nullptr;
    }
    is_taking_ = false;
  }

 private:
  bool is_turn(size_t i) const { return i == next_ && !is_taking_; }

  std::mutex mutex_;
  std::vector<std::unique_ptr<const Part>> waiting_;  // for their turn
  size_t next_ = 0;                                   // changed by who takes alone
  bool is_taking_ = false;                            // somebody does
};

}  // namespace corpusmill

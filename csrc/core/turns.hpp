// turns: numbered tasks that several threads work on at once have things in the order of their
// numbers. Knows neither.
#pragma once
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace corpusmill {

/// Task t may have a thing when the tasks before it have passed that on. Tasks must be taken up in
/// the order of their numbers.
class Turns {
 public:
  explicit Turns(size_t things) : next_(things) {}

  /// False if all were stopped.
  bool wait(size_t thing, size_t task) {
    for (size_t looks = 0;; ++looks) {
      const size_t next = next_[thing].load();
      if (stopped_ || next == task) return !stopped_;
      if (looks < most_looks) {
        rest(looks);
      } else {
        next_[thing].wait(next);
      }
    }
  }
  void pass_on(size_t thing, size_t task) { set(thing, task + 1); }
  /// Nobody waits any more.
  void stop() {
    stopped_ = true;
    for (size_t thing = 0; thing < next_.size(); ++thing) set(thing, ~size_t{0});
  }

 private:
  /// Being woken by the system takes longer than most turns last: first it is looked for a while.
  static constexpr size_t most_looks = 1000;
  /// Where threads are more than cores, whose turn it is may need this one.
  static void rest(size_t looks) {
    if (looks % 32 == 31) std::this_thread::yield();
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
#ifdef __aarch64__
    asm volatile("yield");
#endif
  }

  void set(size_t thing, size_t next) {
    next_[thing].store(next);
    next_[thing].notify_all();
  }

  std::vector<std::atomic<size_t>> next_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace corpusmill

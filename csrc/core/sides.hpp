// sides: a lock that many may hold at once as long as they do the same kind of work.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace corpusmill {

/// Who looks holds it with others who look, who adds with others who add, who is alone with nobody.
class Sides {
 public:
  enum class Side : uint8_t { looking, adding, alone };

  class Hold {
   public:
    Hold(Sides& sides, Side side) : sides_(sides) {
      std::unique_lock lock(sides_.mutex_);
      sides_.left_.wait(
          lock, [&] { return sides_.held_ == 0 || (sides_.side_ == side && side != Side::alone); });
      sides_.side_ = side;
      ++sides_.held_;
    }
    ~Hold() {
      const std::scoped_lock lock(sides_.mutex_);
      if (--sides_.held_ == 0) sides_.left_.notify_all();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Sides& sides_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  Side side_ = Side::looking;
  size_t held_ = 0;
};

}  // namespace corpusmill

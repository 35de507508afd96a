// pool: tools that threads borrow, each for itself, when it is not said beforehand which threads
// come.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace corpusmill {

template <class Tool>
class Pool {
 public:
  /// Before any is borrowed.
  void add(std::unique_ptr<Tool> tool) {
    idle_.push_back(tool.get());
    tools_.push_back(std::move(tool));
  }

  /// Calls use(tool) with one that no other thread has; waits while there is none.
  template <class Use>
  void borrow(Use&& use) {
    const Borrowed borrowed(*this);
    use(*borrowed.tool);
  }

  /// All of them, while none is borrowed.
  const std::vector<std::unique_ptr<Tool>>& tools() const { return tools_; }

 private:
  struct Borrowed {
    explicit Borrowed(Pool& from) : pool(from) {
      std::unique_lock lock(pool.mutex_);
      pool.returned_.wait(lock, [&] { return !pool.idle_.empty(); });
      tool = pool.idle_.back();
      pool.idle_.pop_back();
    }
    ~Borrowed() {
      const std::scoped_lock lock(pool.mutex_);
      pool.idle_.push_back(tool);
      pool.returned_.notify_one();
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

    Pool& pool;
    Tool* tool;
  };

  std::vector<std::unique_ptr<Tool>> tools_;
  std::vector<Tool*> idle_;
  std::mutex mutex_;
  std::condition_variable returned_;
};

}  // namespace corpusmill

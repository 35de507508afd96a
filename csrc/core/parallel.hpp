// parallel: one loop over blocks of work, shared by a few threads that live only for the call. No
// pool, so a forked process is as good as a fresh one. Knows nothing of documents.
#pragma once
#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace corpusmill {

/// How many threads a request for `threads` means; 0 asks for every core this process may use.
inline int resolve_threads(int threads) {
  if (threads > 0) return threads;
#ifdef __linux__
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
#endif
  const unsigned all = std::thread::hardware_concurrency();
  return all == 0 ? 1 : static_cast<int>(all);
}

/// How many workers parallel_for numbers for so many blocks: what needs a tool each, needs as many.
inline size_t num_workers(size_t num_blocks, int threads) {
  return std::min(static_cast<size_t>(resolve_threads(threads)), num_blocks);
}

/// Calls body(block, worker) once for each block in [0, num_blocks); worker is below num_workers.
/// The first exception stops the hand-out of further blocks and is rethrown here.
template <class Body>
void parallel_for(size_t num_blocks, int threads, Body&& body) {
  const size_t workers = num_workers(num_blocks, threads);
  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&](size_t worker) {
    try {
      for (size_t block; (block = next.fetch_add(1)) < num_blocks;) body(block, worker);
    } catch (...) {
      next.store(num_blocks);
      const std::scoped_lock lock(failure_mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    try {
      for (size_t worker = 1; worker < workers; ++worker) others.emplace_back(work, worker);
    } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch)
      // No more threads to be had: those there are do the work.
    }
    work(0);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace corpusmill

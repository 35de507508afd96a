// scratch: a file without a name, for what does not fit in memory. Knows no records.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

namespace corpusmill {

/// Where a computation may put what it cannot hold, and how much it may hold.
struct Room {
  std::string folder;
  size_t memory = SIZE_MAX;  // bytes; by default all is held and nothing written
};

/// Made at the first append; the system takes it away with the process, however that ends.
class ScratchFile {
 public:
  explicit ScratchFile(std::string folder) : folder_(std::move(folder)) {}
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  /// Where the bytes lie from now on. Throws FileError naming the folder, as read does.
  uint64_t append(const void* bytes, size_t size);
  /// The same of pieces that come to lie one behind the other. What is written in one call takes
  /// the system half the time of what is written piece by piece.
  uint64_t append(std::span<const std::span<const std::byte>> pieces);
  void read(uint64_t offset, void* bytes, size_t size) const;
  /// Nothing that was written is read again: its room on the disk and in the system's memory is
  /// there for others.
  void clear();
  uint64_t size() const { return size_; }

 private:
  void open();

  std::string folder_;
  std::once_flag opened_;
  int file_ = -1;
  std::atomic<uint64_t> size_{0};
};

}  // namespace corpusmill

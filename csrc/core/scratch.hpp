// scratch: a file for what does not fit in memory; without a name, unless it is to outlive the
// process. Knows no records.
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

/// Made at the first append; the system takes it away with the process, however that ends. One with
/// a name stays, and what lay under that name goes, but for what is gone on with.
class ScratchFile {
 public:
  explicit ScratchFile(std::string folder, std::string name = {})
      : folder_(std::move(folder)), name_(std::move(name)) {}
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  /// Where the bytes lie from now on. Throws FileError naming the folder, as read does.
  uint64_t append(const void* bytes, size_t size);
  /// The same of pieces that come to lie one behind the other. What is written in one call takes
  /// the system half the time of what is written piece by piece.
  uint64_t append(std::span<const std::span<const std::byte>> pieces);
  void read(uint64_t offset, void* bytes, size_t size) const;
  uint64_t size() const { return size_; }

  /// Of one with a name:
  bool stays() const { return !name_.empty(); }
  /// Before the first append: so many bytes of what lies there are gone on with, and read is good
  /// for those.
  void go_on_at(uint64_t size);
  /// All that was appended is on the disk.
  void sync() const;

 private:
  void open();
  std::string path() const { return folder_ + "/" + (stays() ? name_ : "scratch"); }

  std::string folder_;
  std::string name_;
  std::once_flag opened_;
  int file_ = -1;
  std::atomic<uint64_t> size_{0};
};

}  // namespace corpusmill

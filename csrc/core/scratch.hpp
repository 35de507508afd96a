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
  explicit ScratchFile(std::string folder, const std::string& name = {})
      : folder_(std::move(folder)),
        path_(folder_ + "/" + (name.empty() ? "scratch" : name)),
        stays_(!name.empty()) {}
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  /// Where the bytes lie from now on. Throws FileError naming the folder, as read does.
  uint64_t append(const void* bytes, size_t size);
  /// The same of pieces that come to lie one behind the other. What is written in one call takes
  /// the system half the time of what is written piece by piece.
  uint64_t append(std::span<const std::span<const std::byte>> pieces);
  void read(uint64_t offset, void* bytes, size_t size) const;
  /// What was read is not what was appended: throws FileError of EBADMSG, as file systems say it.
  [[noreturn]] void damaged() const;
  /// Nothing that was written is read again: its room on the disk and in the system's memory is
  /// there for others.
  void clear();
  uint64_t size() const { return size_; }

  /// Of one with a name:
  bool stays() const { return stays_; }
  /// Before the first append: so many bytes of what lies there are gone on with, and read is good
  /// for those.
  void go_on_at(uint64_t size);
  /// All that was appended is on the disk.
  void sync() const;

 private:
  void open();

  std::string folder_;
  std::string path_;  // that errors name
  bool stays_;
  std::once_flag opened_;
  int file_ = -1;
  std::atomic<uint64_t> size_{0};
};

}  // namespace corpusmill

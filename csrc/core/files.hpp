// files: a file to be written anywhere in it, and one mapped to be read. POSIX, with errors that
// carry the path and the system's reason. Knows no format.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace corpusmill {

/// What the system refused; code is its errno.
class FileError : public std::runtime_error {
 public:
  FileError(std::string path, int code);
  const std::string& path() const { return path_; }
  int code() const { return code_; }

 private:
  std::string path_;
  int code_;
};

/// A file that takes its name when it is whole. Until publish() it lies beside that name, as
/// NAME.partial-0 (or -1, ... if another is being written); destroyed before, it is removed.
class NewFile {
 public:
  explicit NewFile(std::string path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  const std::string& partial_path() const { return partial_; }
  /// Several threads may write at once.
  void write(uint64_t offset, std::span<const std::byte> bytes) const;
  /// Cuts it, or fills it up with zeros.
  void resize(uint64_t bytes) const;
  /// Syncs, renames over whatever has the name, and syncs the folder.
  void publish();

 private:
  std::string path_;
  std::string partial_;
  int descriptor_ = -1;
};

/// All that was written to the file system on which the folder lies is on its disk.
void sync_file_system(const std::string& folder);

/// Pages of a mapped file need not be in this process's memory until they are read again. Only of
/// what MappedFile gave; the pages at both ends go as a whole.
void let_go(std::span<const std::byte> mapped);

/// A whole file's bytes, shared with every process that maps it. It must not be cut short while it
/// is mapped; replaced by a rename, the old bytes stay.
class MappedFile {
 public:
  explicit MappedFile(std::string path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::string path_;
  std::span<const std::byte> bytes_;
};

/// Reads places of an open file into room: of each, `sizes[i]` bytes from `offset + starts[i]` on
/// to room + starts[i]. What would lie behind the file's end becomes zeros. FileError without a
/// path.
void read_places(int descriptor, uint64_t offset, std::span<const int64_t> starts,
                 std::span<const int64_t> sizes, char* room);

}  // namespace corpusmill

// files: open, pwrite, fsync, rename, mmap.
#include "core/files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

namespace corpusmill {

namespace {

int checked(int result, const std::string& path) {
  if (result < 0) throw FileError(path, errno);
  return result;
}

/// So that a rename survives a loss of power.
void sync_folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = checked(open(folder.c_str(), O_RDONLY | O_CLOEXEC), folder);
  const int code = fsync(descriptor) < 0 ? errno : 0;
  close(descriptor);
  // Some file systems cannot sync a folder, and say so.
  if (code != 0 && code != EINVAL) throw FileError(folder, code);
}

}  // namespace

FileError::FileError(std::string path, int code)
    : std::runtime_error(path + ": " + std::generic_category().message(code)),
      path_(std::move(path)),
      code_(code) {}

NewFile::NewFile(std::string path) : path_(std::move(path)) {
  for (int i = 0; descriptor_ < 0; ++i) {
    partial_ = path_ + ".partial-" + std::to_string(i);
    descriptor_ = open(partial_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) throw FileError(partial_, errno);
  }
}

NewFile::~NewFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  std::remove(partial_.c_str());
}

void NewFile::write(uint64_t offset, std::span<const std::byte> bytes) const {
  constexpr size_t most = size_t{1} << 30;  // systems refuse more than 2 GiB in one call
  while (!bytes.empty()) {
    const ssize_t written =
        pwrite(descriptor_, bytes.data(), std::min(bytes.size(), most), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw FileError(partial_, errno);
    offset += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void NewFile::resize(uint64_t bytes) const {
  checked(ftruncate(descriptor_, static_cast<off_t>(bytes)), partial_);
}

void NewFile::publish() {
  checked(fsync(descriptor_), partial_);
  checked(std::rename(partial_.c_str(), path_.c_str()), path_);
  close(std::exchange(descriptor_, -1));
  sync_folder_of(path_);
}

void sync_file_system(const std::string& folder) {
#ifdef __linux__
  const int descriptor = checked(open(folder.c_str(), O_RDONLY | O_CLOEXEC), folder);
  const int code = syncfs(descriptor) < 0 ? errno : 0;
  close(descriptor);
  if (code != 0) throw FileError(folder, code);
#else
  sync();
#endif
}

void let_go(std::span<const std::byte> mapped) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(mapped.data()) / page * page;
  const auto end = reinterpret_cast<uintptr_t>(mapped.data() + mapped.size());
  if (mapped.empty()) return;
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

MappedFile::MappedFile(std::string path) : path_(std::move(path)) {
  const int descriptor = checked(open(path_.c_str(), O_RDONLY | O_CLOEXEC), path_);
  struct stat facts{};
  void* start = nullptr;
  int code = fstat(descriptor, &facts) < 0 ? errno : 0;
  if (code == 0 && S_ISDIR(facts.st_mode)) code = EISDIR;
  const auto size = static_cast<size_t>(facts.st_size);
  if (code == 0 && size > 0) {
    start = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
    if (start == MAP_FAILED) code = errno;  // NOLINT(performance-no-int-to-ptr)
  }
  close(descriptor);
  if (code != 0) throw FileError(path_, code);
  bytes_ = {static_cast<const std::byte*>(start), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void read_places(int descriptor, uint64_t offset, std::span<const int64_t> starts,
                 std::span<const int64_t> sizes, char* room) {
  for (size_t i = 0; i < starts.size(); ++i) {
    char* to = room + starts[i];
    auto at = static_cast<off_t>(offset) + starts[i];
    for (auto left = static_cast<size_t>(sizes[i]); left > 0;) {
      const ssize_t got = pread(descriptor, to, left, at);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw FileError("", errno);
      if (got == 0) std::memset(to, 0, left);
      const size_t done = got == 0 ? left : static_cast<size_t>(got);
      to += done;
      at += static_cast<off_t>(done);
      left -= done;
    }
  }
}

}  // namespace corpusmill

// scratch: open, unlink, pwrite, pwritev, pread, fsync.
#include "core/scratch.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include "core/files.hpp"

namespace corpusmill {

namespace {

constexpr size_t most_pieces = 64;  // of a call; more gain nothing

/// Calls transfer(done) until all bytes are through; it gives a count, 0 at the end, or -1.
template <class Transfer>
void all_of(size_t size, const std::string& path, Transfer&& transfer) {
  for (size_t done = 0; done < size;) {
    const ssize_t moved = transfer(done);
    if (moved > 0) {
      done += static_cast<size_t>(moved);
    } else if (moved == 0 || errno != EINTR) {
      throw FileError(path, moved == 0 ? EIO : errno);
    }
  }
}

}  // namespace

ScratchFile::~ScratchFile() {
  if (file_ >= 0) close(file_);
}

void ScratchFile::open() {
  if (stays()) {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0 || ftruncate(file_, static_cast<off_t>(size_)) != 0)
      throw FileError(path_, errno);
    return;
  }
  std::string name = folder_ + "/scratch-XXXXXX";
  file_ = mkstemp(name.data());
  if (file_ < 0) throw FileError(path_, errno);
  unlink(name.c_str());
}

uint64_t ScratchFile::append(const void* bytes, size_t size) {
  std::call_once(opened_, [&] { open(); });
  const uint64_t offset = size_.fetch_add(size);
  all_of(size, path_, [&](size_t done) {
    return pwrite(file_, static_cast<const char*>(bytes) + done, size - done,
                  static_cast<off_t>(offset + done));
  });
  return offset;
}

uint64_t ScratchFile::append(std::span<const std::span<const std::byte>> pieces) {
  std::call_once(opened_, [&] { open(); });
  std::vector<iovec> left;
  size_t size = 0;
  for (const auto piece : pieces) {
    left.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
    size += piece.size();
  }
  const uint64_t offset = size_.fetch_add(size);
  auto next = left.begin();
  all_of(size, path_, [&](size_t done) {
    const auto count = std::min<ptrdiff_t>(left.end() - next, most_pieces);
    const ssize_t moved =
        pwritev(file_, &*next, static_cast<int>(count), static_cast<off_t>(offset + done));
    auto rest = static_cast<size_t>(std::max<ssize_t>(moved, 0));
    for (; rest > 0 && rest >= next->iov_len; ++next) rest -= next->iov_len;
    if (rest > 0) *next = {static_cast<std::byte*>(next->iov_base) + rest, next->iov_len - rest};
    return moved;
  });
  return offset;
}

void ScratchFile::go_on_at(uint64_t size) {
  size_ = size;
  std::call_once(opened_, [&] { open(); });
}

void ScratchFile::sync() const {
  if (file_ >= 0 && fsync(file_) < 0) throw FileError(path_, errno);
}

void ScratchFile::read(uint64_t offset, void* bytes, size_t size) const {
  all_of(size, path_, [&](size_t done) {
    return pread(file_, static_cast<char*>(bytes) + done, size - done,
                 static_cast<off_t>(offset + done));
  });
}

void ScratchFile::damaged() const { throw FileError(path_, EBADMSG); }

void ScratchFile::clear() {
  if (file_ < 0) return;
  if (ftruncate(file_, 0) != 0) throw FileError(path_, errno);
  size_ = 0;
}

}  // namespace corpusmill

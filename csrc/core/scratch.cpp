// scratch: open, unlink, pwrite, pread.
#include "core/scratch.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/files.hpp"

namespace corpusmill {

namespace {

/// Calls transfer(done) until all bytes are through; it gives a count, 0 at the end, or -1.
template <class Transfer>
void all_of(size_t size, const std::string& folder, Transfer&& transfer) {
  for (size_t done = 0; done < size;) {
    const ssize_t moved = transfer(done);
    if (moved > 0) {
      done += static_cast<size_t>(moved);
    } else if (moved == 0 || errno != EINTR) {
      throw FileError(folder + "/scratch", moved == 0 ? EIO : errno);
    }
  }
}

}  // namespace

ScratchFile::~ScratchFile() {
  if (file_ >= 0) close(file_);
}

void ScratchFile::open() {
  std::string name = folder_ + "/scratch-XXXXXX";
  file_ = mkstemp(name.data());
  if (file_ < 0) throw FileError(folder_ + "/scratch", errno);
  unlink(name.c_str());
}

uint64_t ScratchFile::append(const void* bytes, size_t size) {
  std::call_once(opened_, [&] { open(); });
  const uint64_t offset = size_.fetch_add(size);
  all_of(size, folder_, [&](size_t done) {
    return pwrite(file_, static_cast<const char*>(bytes) + done, size - done,
                  static_cast<off_t>(offset + done));
  });
  return offset;
}

void ScratchFile::read(uint64_t offset, void* bytes, size_t size) const {
  all_of(size, folder_, [&](size_t done) {
    return pread(file_, static_cast<char*>(bytes) + done, size - done,
                 static_cast<off_t>(offset + done));
  });
}

}  // namespace corpusmill

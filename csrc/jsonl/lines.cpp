// lines: neighbours that end in '\n' already are copied as one.
#include "jsonl/lines.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "simd/loops.hpp"

namespace corpusmill::jsonl {

size_t count_lines(std::string_view block) {
  const size_t newlines = simd::loops().count_newlines(block.data(), block.size());
  return newlines + (!block.empty() && block.back() != '\n' ? 1 : 0);
}

int64_t last_newline(std::string_view block) {
  const size_t at = block.rfind('\n');
  return at == std::string_view::npos ? -1 : static_cast<int64_t>(at);
}

std::string_view line_at(std::string_view block, int64_t offset, int64_t length) {
  const auto all = static_cast<int64_t>(block.size());
  if (offset < 0 || length < 0 || offset > all || length > all - offset) {
    throw std::invalid_argument("offsets, lengths: a line does not lie inside the block");
  }
  return block.substr(static_cast<size_t>(offset), static_cast<size_t>(length));
}

size_t gathered_size(std::string_view block, const Selection& lines) {
  size_t size = 0;
  for (size_t i = 0; i < lines.keep.size(); ++i) {
    const std::string_view line = line_at(block, lines.offset[i], lines.length[i]);
    if (lines.keep[i]) size += line.size() + 1;
  }
  return size;
}

void gather(std::string_view block, const Selection& lines, char* out) {
  const size_t count = lines.keep.size();
  for (size_t i = 0; i < count; ++i) {
    if (!lines.keep[i]) continue;
    const auto begin = static_cast<size_t>(lines.offset[i]);
    size_t end = begin + static_cast<size_t>(lines.length[i]);
    while (i + 1 < count && lines.keep[i + 1] && end < block.size() && block[end] == '\n' &&
           static_cast<size_t>(lines.offset[i + 1]) == end + 1) {
      ++i;
      end += 1 + static_cast<size_t>(lines.length[i]);
    }
    std::memcpy(out, block.data() + begin, end - begin);
    out += end - begin;
    *out++ = '\n';
  }
}

}  // namespace corpusmill::jsonl

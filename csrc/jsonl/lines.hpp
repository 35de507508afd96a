// lines: cutting bytes at newlines and putting kept lines together again. Knows no JSON.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace corpusmill::jsonl {

/// Lines of a block; a last one without '\n' counts.
size_t count_lines(std::string_view block);

/// Offset of the last '\n', or -1.
int64_t last_newline(std::string_view block);

/// The line at this place. Throws std::invalid_argument if it is not inside the block.
std::string_view line_at(std::string_view block, int64_t offset, int64_t length);

/// Some lines of a block, and for each whether it is kept. All three have one entry per line.
struct Selection {
  std::span<const int64_t> offset;
  std::span<const int64_t> length;
  std::span<const bool> keep;
};

/// Bytes that gather writes. Throws std::invalid_argument if a line is not inside the block.
size_t gathered_size(std::string_view block, const Selection& lines);

/// Writes the kept lines, each followed by '\n'.
void gather(std::string_view block, const Selection& lines, char* out);

}  // namespace corpusmill::jsonl

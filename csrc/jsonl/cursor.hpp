// cursor: a place in a block of lines. Knows the line's end and white space, no other grammar.
#pragma once
#include <cstddef>
#include <cstring>

namespace corpusmill::jsonl {

/// Reads from `at` towards `end`. Behind the end it reads '\n', the one byte that no row contains:
/// whoever asks for any other byte stops there, so the grammar never asks how much is left.
struct Cursor {
  const char* at;
  const char* end;
  bool lone_surrogate = false;  ///< why reading stopped, if not for plain bad grammar

  char peek() const { return at < end ? *at : '\n'; }

  /// Steps over `c`, which is not '\n', if it comes next.
  bool take(char c) {
    if (peek() != c) return false;
    ++at;
    return true;
  }

  /// JSON's white space but '\n', which ends the line.
  void skip_space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') ++at;
  }
};

/// The next '\n' from the cursor on, or the end.
inline const char* find_newline(const Cursor& cursor) {
  if (cursor.peek() == '\n') return cursor.at;
  const void* found = std::memchr(cursor.at, '\n', static_cast<size_t>(cursor.end - cursor.at));
  return found == nullptr ? cursor.end : static_cast<const char*>(found);
}

}  // namespace corpusmill::jsonl

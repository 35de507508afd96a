// depth: strings are stepped over whole, for brackets in them count nothing.
#include "jsonl/depth.hpp"

#include "jsonl/cursor.hpp"
#include "jsonl/string.hpp"

namespace corpusmill::jsonl {

int64_t first_deeper(std::string_view lines, size_t most) {
  int64_t line = 0;
  size_t open = 0;
  Cursor cursor{.at = lines.data(), .end = lines.data() + lines.size()};
  while (cursor.at < cursor.end) {
    switch (*cursor.at++) {
      case '"': skip_string(cursor); break;
      case '[':
      case '{':
        if (++open > most) return line;
        break;
      case ']':
      case '}':
        if (open > 0) --open;
        break;
      case '\n':
        ++line;
        open = 0;
        break;
      default: break;
    }
  }
  return -1;
}

}  // namespace corpusmill::jsonl

// grammar: a loop with a stack of closing brackets instead of recursion.
#include "jsonl/grammar.hpp"

#include <cstdint>

#include "jsonl/number.hpp"
#include "jsonl/string.hpp"

namespace corpusmill::jsonl {

namespace {

bool take_word(Cursor& cursor, std::string_view word) {
  for (const char letter : word) {
    if (!cursor.take(letter)) return false;
  }
  return true;
}

bool skip_scalar(Cursor& cursor) {
  switch (cursor.peek()) {
    case '"': ++cursor.at; return skip_string(cursor);
    case 't': return take_word(cursor, "true");
    case 'f': return take_word(cursor, "false");
    case 'n': return take_word(cursor, "null");
    default: return skip_number(cursor);
  }
}

enum class Step : uint8_t { value, done, bad };

// Behind an opening bracket: to the first value inside, or over the closing one.
Step enter(Cursor& cursor, std::string& open) {
  const char close = *cursor.at++ == '{' ? '}' : ']';
  cursor.skip_space();
  if (cursor.take(close)) return Step::done;
  open.push_back(close);
  return close == ']' || read_key(cursor) ? Step::value : Step::bad;
}

// Behind a value: over closing brackets, to the next value or out of the outermost container.
Step leave(Cursor& cursor, std::string& open) {
  while (!open.empty()) {
    cursor.skip_space();
    if (cursor.take(',')) {
      cursor.skip_space();
      return open.back() == ']' || read_key(cursor) ? Step::value : Step::bad;
    }
    if (!cursor.take(open.back())) return Step::bad;
    open.pop_back();
  }
  return Step::done;
}

}  // namespace

std::optional<std::string_view> read_key(Cursor& cursor) {
  if (!cursor.take('"')) return std::nullopt;
  const char* begin = cursor.at;
  if (!skip_string(cursor)) return std::nullopt;
  const std::string_view key(begin, static_cast<size_t>(cursor.at - 1 - begin));
  cursor.skip_space();
  if (!cursor.take(':')) return std::nullopt;
  cursor.skip_space();
  return key;
}

bool skip_value(Cursor& cursor, std::string& open) {
  open.clear();
  for (;;) {
    Step step = Step::done;
    if (cursor.peek() == '{' || cursor.peek() == '[') {
      step = enter(cursor, open);
    } else if (!skip_scalar(cursor)) {
      return false;
    }
    if (step == Step::done) step = leave(cursor, open);
    if (step != Step::value) return step == Step::done;
  }
}

}  // namespace corpusmill::jsonl

// pretokenize: 64 bytes at once where they are ASCII and long enough to tell, else piece by piece.
#include "tokenizer/pretokenize.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "simd/loops.hpp"
#include "tokenizer/ascii_window.hpp"
#include "tokenizer/part_scanner.hpp"
#include "tokenizer/piece_ends.hpp"
#include "tokenizer/piece_scanner.hpp"
#include "tokenizer/superword_scanner.hpp"

namespace corpusmill::tokenizer {

namespace {

/// Whether a window is worth its while: eight bytes of ASCII.
bool begins_ascii(const char* at, const char* end) {
  uint64_t eight = 0;
  if (end - at < 16) return false;
  std::memcpy(&eight, at, sizeof eight);
  return (eight & 0x8080808080808080u) == 0;
}

template <Pattern pattern>
size_t cut(const Categories& categories, std::string_view text, const char* at,
           std::span<const char*> ends) {
  const char* const end = text.data() + text.size();
  using Window = AsciiWindow<pattern>;
  static_assert(least_room >= Window::size);
  const std::conditional_t<rules_of(pattern).by_parts, PartScanner, PieceScanner<pattern>> scanner(
      categories, end);
  const auto classify = simd::loops().text_classes;
  size_t num = 0;
  while (at != end && num + Window::size <= ends.size()) {
    if (begins_ascii(at, end)) {
      simd::TextClasses classes;
      classify(at, static_cast<size_t>(end - at), &classes);
      const uint64_t begins = Window(classes, at, end).begins() & ~uint64_t{1};
      at = append_ends(begins, at, ends, num);
      if (begins != 0) continue;
    }
    ends[num++] = at = scanner.piece(at);
  }
  return num;
}

/// For Pattern::lines.
size_t cut_lines(const Categories& /*categories*/, std::string_view text, const char* at,
                 std::span<const char*> ends) {
  const char* const end = text.data() + text.size();
  size_t num = 0;
  while (at != end && num < ends.size()) {
    const void* const found = std::memchr(at, '\n', static_cast<size_t>(end - at));
    at = found == nullptr ? end : static_cast<const char*>(found);
    ends[num++] = at = std::find_if(at, end, [](char c) { return c != '\n'; });
  }
  return num;
}

/// For those of long pieces.
template <class Scanner>
size_t cut_by(const Categories& categories, std::string_view text, const char* at,
              std::span<const char*> ends) {
  const Scanner scanner(categories, text);
  const char* const end = text.data() + text.size();
  size_t num = 0;
  while (at != end && num < ends.size()) ends[num++] = at = scanner.piece(at);
  return num;
}

}  // namespace

Cut cutter(Pattern pattern) {
  switch (pattern) {
    case Pattern::gpt2: return cut<Pattern::gpt2>;
    case Pattern::cl100k: return cut<Pattern::cl100k>;
    case Pattern::llama3: return cut<Pattern::llama3>;
    case Pattern::qwen2: return cut<Pattern::qwen2>;
    case Pattern::qwen35: return cut<Pattern::qwen35>;
    case Pattern::o200k: return cut<Pattern::o200k>;
    case Pattern::deepseek: return cut<Pattern::deepseek>;
    case Pattern::lines: return cut_lines;
    case Pattern::superbpe: return cut_by<ThousandsScanner<true>>;
    case Pattern::thousands: return cut_by<ThousandsScanner<false>>;
    case Pattern::superbpe128k: return cut_by<SuperwordScanner>;
    case Pattern::tekken: break;
  }
  return cut<Pattern::tekken>;
}

}  // namespace corpusmill::tokenizer

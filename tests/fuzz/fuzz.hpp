// fuzz: what the fuzz targets share: choices drawn from the fuzzer's bytes, a check that stops it,
// and UTF-8 read by the letter of the standard. Knows no area.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corpusmill::fuzz {

/// Stops the fuzzer, which then keeps the input.
inline void require(bool holds, const char* law) {
  if (holds) return;
  std::fprintf(stderr, "law broken: %s\n", law);
  std::abort();
}

/// A copy of some bytes that ends where they end, so that the address sanitizer sees a byte read
/// behind them.
inline std::vector<char> tight(std::string_view bytes) { return {bytes.begin(), bytes.end()}; }

inline std::string_view as_view(const std::vector<char>& bytes) {
  return {bytes.data(), bytes.size()};
}

/// Choices drawn one after another from the fuzzer's bytes; zeros when they are used up.
class Draw {
 public:
  Draw(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }

  uint8_t byte() {
    const std::string_view taken = bytes(1);
    return taken.empty() ? 0 : static_cast<uint8_t>(taken[0]);
  }

  /// A number below `bound`, which is at most 256.
  size_t below(size_t bound) { return byte() % bound; }

  bool flag() { return below(2) == 1; }

  /// The next bytes, `size` of them if so many are left.
  std::string_view bytes(size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest() { return bytes(rest_.size()); }

 private:
  std::string_view rest_;
};

struct Character {
  char32_t code;
  size_t size;  // bytes
};

/// The character that begins at `at`, none if the bytes there are not well-formed (Unicode 15.0,
/// D92): the code its bits spell, unless it has a shorter form, is a surrogate or too large.
inline std::optional<Character> character(std::string_view bytes, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  size_t size = 0;  // how many ones the first byte begins with
  while (size < 8 && (byte(at) << size & 0x80) != 0) ++size;
  if (size == 0) return Character{byte(at), 1};
  if (size == 1 || size > 4 || bytes.size() - at < size) return std::nullopt;
  char32_t code = byte(at) & (0x7fU >> size);
  for (size_t i = at + 1; i < at + size; ++i) {
    if (byte(i) >> 6 != 2) return std::nullopt;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < smallest[size] || surrogate || code > 0x10ffff) return std::nullopt;
  return Character{code, size};
}

/// Appends a code point to `out`: the inverse of character.
inline void append(char32_t code, std::string& out) {
  const size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  if (size == 1) {
    out += static_cast<char>(code);
    return;
  }
  const auto ones = static_cast<char32_t>(0xff00U >> size & 0xffU);
  out += static_cast<char>(ones | code >> (6 * (size - 1)));
  for (size_t left = size - 1; left-- > 0;) {
    out += static_cast<char>(0x80U | (code >> (6 * left) & 0x3fU));
  }
}

}  // namespace corpusmill::fuzz

// normalize: each step reads one buffer and fills the other.
#include "text/normalize.hpp"

#include <algorithm>
#include <array>

#include "text/utf8.hpp"

namespace corpusmill::text {

namespace {

void append_code(char32_t code, std::string& out) {
  std::array<char, 4> bytes;
  out.append(bytes.data(), encode(code, bytes.data()));
}

void append_folded(char32_t code, std::string& out) {
  const Properties& is = properties(code);
  if ((is.flags & flag_folds_to_many) == 0) {
    append_code(code + static_cast<char32_t>(is.to_folded), out);
    return;
  }
  const auto before = [](const FoldToMany& fold, char32_t c) { return fold.code < c; };
  const auto* fold =
      std::lower_bound(folds_to_many, folds_to_many + num_folds_to_many, code, before);
  for (const char32_t part : fold->folded) {
    if (part != 0) append_code(part, out);
  }
}

void fold_case(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const size_t ascii = ascii_prefix(text);
    const size_t begin = out.size();
    out.append(text.substr(0, ascii));
    for (size_t i = begin; i < out.size(); ++i) {
      const bool upper = out[i] >= 'A' && out[i] <= 'Z';
      out[i] = static_cast<char>(out[i] + (upper ? 'a' - 'A' : 0));
    }
    text.remove_prefix(ascii);
    if (text.empty()) break;
    const Decoded next = decode(text.data(), text.data() + text.size());
    append_folded(next.code, out);
    text.remove_prefix(next.size);
  }
}

bool is_white_space(char32_t code) {
  if (code < 0x80) return code == ' ' || code - '\t' < 5;  // no look-up for most of most text
  return (properties(code).flags & flag_white_space) != 0;
}

// Where the run of characters ends that are, or are not, white space.
const char* run_end(const char* at, const char* end, bool white_space) {
  while (at != end) {
    const Decoded next = decode(at, end);
    if (is_white_space(next.code) != white_space) break;
    at += next.size;
  }
  return at;
}

void collapse_white_space(std::string_view text, std::string& out) {
  const char* const end = text.data() + text.size();
  for (const char* at = run_end(text.data(), end, true); at != end;) {
    const char* const gap = run_end(at, end, false);
    if (!out.empty()) out += ' ';
    out.append(at, gap);
    at = run_end(gap, end, true);
  }
}

}  // namespace

std::string_view Normalizer::operator()(std::string_view text) {
  const auto step = [&](auto&& apply) {
    next_.clear();
    apply(text, next_);
    now_.swap(next_);
    text = now_;
  };
  const auto to_form = [&](std::string_view in, std::string& out) { form_->append(in, out); };
  if (form_) step(to_form);
  if (options_.casefold) step(fold_case);
  if (options_.casefold && form_) step(to_form);
  if (options_.whitespace) step(collapse_white_space);
  return text;
}

}  // namespace corpusmill::text

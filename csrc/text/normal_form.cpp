// normal_form: copies what is stable; decomposes, orders and composes the rest between two stable
// characters. A stable character is not changed, not moved and joins nothing before it, so what
// stands on its left is independent of it.
#include "text/normal_form.hpp"

#include <algorithm>
#include <array>

#include "text/hangul.hpp"
#include "text/utf8.hpp"

namespace corpusmill::text {

namespace {

constexpr uint32_t code_mask = 0xFFFFFF;
constexpr size_t flush_from = 64;  // pending characters: few enough for the nearest cache

uint32_t combining_class(uint32_t item) { return item >> 24; }

// The primary composite of two characters, 0 if there is none.
char32_t composite(char32_t first, char32_t second) {
  if ((properties(second).flags & flag_composes_back) == 0) return 0;
  if (first - l_base < num_l && second - v_base < num_v) {
    return syllable_base + ((first - l_base) * num_v + (second - v_base)) * num_t;
  }
  const char32_t syllable = first - syllable_base;
  if (syllable < num_l * num_v * num_t && syllable % num_t == 0 && second - t_base < num_t) {
    return first + (second - t_base);
  }
  const Composition* const end = compositions + num_compositions;
  const auto before = [](const Composition& a, const Composition& b) {
    return a.first != b.first ? a.first < b.first : a.second < b.second;
  };
  const Composition* found =
      std::lower_bound(compositions, end, Composition{first, second, 0}, before);
  return found != end && found->first == first && found->second == second ? found->composite : 0;
}

}  // namespace

NormalForm::Step NormalForm::append_step(std::string_view text, std::string& out) {
  const char* const end = text.data() + text.size();
  size_t last = 0;  // where the last stable character begins: what follows may join it
  size_t at = stable_prefix(text, last);
  if (at == text.size()) last = at;
  out.append(text.substr(0, last));
  for (at = last; at < text.size();) {
    const Decoded next = decode(text.data() + at, end);
    if (at != last && !unstable(next.code)) break;
    decompose(next.code, out);
    at += next.size;
  }
  flush(out);
  return {last, at};
}

bool NormalForm::unstable(char32_t code) const {
  return (properties(code).flags & flag_unstable << static_cast<int>(form_)) != 0 && !unknown(code);
}

size_t NormalForm::stable_prefix(std::string_view text, size_t& last) const {
  const char* const end = text.data() + text.size();
  size_t at = 0;
  while (at < text.size()) {
    if (const size_t ascii = ascii_prefix(text.substr(at)); ascii != 0) {
      at += ascii;
      last = at - 1;
      continue;
    }
    const Decoded next = decode(text.data() + at, end);
    if (unstable(next.code)) break;
    last = at;
    at += next.size;
  }
  return at;
}

void NormalForm::decompose(char32_t code, std::string& out) {
  if (is_syllable(code)) {
    decompose_syllable(code, [&](char32_t part) { add(part, out); });
    return;
  }
  if (unknown(code)) {
    pending_.push_back(code);
    return;
  }
  const Decomposition parts = decomposition(code, compatible());
  if (parts.size == 0) add(code, out);
  for (size_t i = 0; i < parts.size; ++i) add(parts.codes[i], out);
}

void NormalForm::add(char32_t code, std::string& out) {
  const Properties& is = properties(code);
  const bool joins_none = is.combining_class == 0 && (is.flags & flag_composes_back) == 0;
  if (joins_none && pending_.size() >= flush_from) flush(out);
  pending_.push_back(code | static_cast<uint32_t>(is.combining_class) << 24);
}

void NormalForm::flush(std::string& out) {
  order();
  if (composed()) compose();
  const size_t begin = out.size();
  out.resize(begin + 4 * pending_.size());
  char* at = out.data() + begin;
  for (const uint32_t item : pending_) at += encode(item & code_mask, at);
  out.resize(static_cast<size_t>(at - out.data()));
  pending_.clear();
}

// The canonical ordering: each run of marks sorted by combining class, equals left in order. By
// counting, because a run may be as long as the document.
void NormalForm::order() {
  const auto is_starter = [](uint32_t item) { return combining_class(item) == 0; };
  const auto by_class = [](uint32_t a, uint32_t b) {
    return combining_class(a) < combining_class(b);
  };
  const auto end = pending_.end();
  for (auto run = pending_.begin(); run != end;) {
    run = std::find_if_not(run, end, is_starter);
    const auto run_end = std::find_if(run, end, is_starter);
    if (!std::is_sorted(run, run_end, by_class)) {
      std::array<size_t, 257> place{};
      for (auto item = run; item != run_end; ++item) ++place[combining_class(*item) + 1];
      for (size_t i = 1; i < place.size(); ++i) place[i] += place[i - 1];
      sorted_.resize(static_cast<size_t>(run_end - run));
      for (auto item = run; item != run_end; ++item)
        sorted_[place[combining_class(*item)]++] = *item;
      std::copy(sorted_.begin(), sorted_.end(), run);
    }
    run = run_end;
  }
}

// The canonical composition (Unicode 15.0, D117): a character joins the last starter unless one
// that was kept between them has its class or a higher one, or none.
void NormalForm::compose() {
  size_t kept = 0;
  size_t starter = pending_.size();  // none yet
  for (const uint32_t item : pending_) {
    if (starter < kept) {
      const bool adjacent = starter + 1 == kept;
      if (adjacent || combining_class(pending_[kept - 1]) < combining_class(item)) {
        if (const char32_t joined = composite(pending_[starter], item & code_mask); joined != 0) {
          pending_[starter] = joined;
          continue;
        }
      }
    }
    if (combining_class(item) == 0) starter = kept;
    pending_[kept++] = item;
  }
  pending_.resize(kept);
}

}  // namespace corpusmill::text

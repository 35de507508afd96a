// beginning: how much of a text the library tokenizers takes for the begin of its document, which
// it asks where a Metaspace is put first alone. Its quirks are kept. Writes nothing.
#pragma once
#include <cstddef>
#include <string_view>
#include <utility>

#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

/// Bytes of the first character.
inline size_t first_character(std::string_view text) {
  return text.empty() ? 0 : text::decode(text.data(), text.data() + text.size()).size;
}

/// How many bytes, from its begin on, of a text that is written from another one are said to be of
/// the document's first character.
class Beginning {
 public:
  Beginning() = default;  // none are
  /// Of the other it is so many.
  Beginning(std::string_view from, size_t size)
      : begin_(from.data()), end_(from.data() + size), all_end_(from.data() + from.size()) {}

  size_t size() const { return size_; }
  bool is_followed() const { return end_ != begin_; }

  /// What of a part is of it.
  std::string_view followed(std::string_view part) const {
    if (part.data() >= end_) return {};
    return part.substr(0, static_cast<size_t>(end_ - part.data()));
  }

  void copy(std::string_view part) {
    if (part.data() >= end_) return;
    size_ += followed(part).size();
    last_put_in_ = 0;
  }
  /// Of several characters, one for one; where more are made than there were, those are of the
  /// last.
  void change(std::string_view part, std::string_view made) {
    const std::string_view first = followed(part);
    if (first.empty()) return;
    const char* const made_end = made.data() + made.size();
    const char *at = first.data(), *to = made.data();
    for (; at != first.data() + first.size() && to != made_end; at += size_at(at)) {
      to += text::decode(to, made_end).size;
    }
    const bool are_put_in = first.size() == part.size() && to != made_end;
    last_put_in_ = are_put_in ? made.size() - text::character_begin(made, made.size() - 1) : 0;
    size_ += are_put_in ? made.size() : static_cast<size_t>(to - made.data());
  }
  /// What a character becomes beside what it has become already.
  void change_more(std::string_view part, std::string_view made) {
    if (followed(part).empty()) return;
    size_ += made.size();
    last_put_in_ = made.size();
  }
  /// So many bytes more that were written are of it.
  void grow(size_t bytes) { size_ += bytes; }
  void insert(const char* at, std::string_view made) {
    if (at < end_) size_ += made.size();
  }
  /// A charsmap drops a part. If so many bytes were written, what was put in last is told to be of
  /// it; if none were, what comes now is told to be as many characters earlier.
  void drop(std::string_view part, size_t written) {
    if (!is_followed()) return;
    if (written != 0) {
      if (size_ == written && part.data() >= end_) size_ -= std::exchange(last_put_in_, 0);
      return;
    }
    for (const char* at = part.data(); at != part.data() + part.size(); at += size_at(at)) {
      end_ += size_at(end_);
    }
  }

 private:
  size_t size_at(const char* at) const {
    return first_character({at, static_cast<size_t>(all_end_ - at)});
  }

  const char *begin_ = nullptr, *end_ = nullptr, *all_end_ = nullptr;  // of the other
  size_t size_ = 0;
  size_t last_put_in_ = 0;  // bytes of the last character, if it is one more than there were
};

}  // namespace corpusmill::tokenizer

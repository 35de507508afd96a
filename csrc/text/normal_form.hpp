// normal_form: Unicode normalisation (UAX #15) of one text after another. Invalid bytes pass
// through untouched and keep what stands on their two sides apart.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/unicode_tables.hpp"

namespace corpusmill::text {

class NormalForm {
 public:
  /// Whether a character is as if it were not assigned: neither a mark nor made of others.
  using Unknown = bool (*)(char32_t code);

  explicit NormalForm(Form form, Unknown left_alone = nullptr)
      : form_(form), unknown_(left_alone) {}

  /// Appends the text, normalised, to out. Text already in the form is only scanned and copied.
  /// Linear time; memory for the longest run of characters that may reorder or join.
  void append(std::string_view text, std::string& out) {
    while (!text.empty()) text.remove_prefix(append_step(text, out).taken);
  }

  /// Bytes of a text that were copied, and then were taken to be normalised together.
  struct Step {
    size_t copied;
    size_t taken;  // the copied ones among them
  };

  /// The beginning of a text that is not empty; what is left of it is independent of that.
  Step append_step(std::string_view text, std::string& out);

  /// Whether the text is in the form because none of its characters could ever change.
  bool keeps(std::string_view text) const {
    size_t last = 0;
    return stable_prefix(text, last) == text.size();
  }

 private:
  bool compatible() const { return form_ == Form::nfkc || form_ == Form::nfkd; }
  bool composed() const { return form_ == Form::nfc || form_ == Form::nfkc; }
  bool unknown(char32_t code) const { return unknown_ != nullptr && unknown_(code); }
  bool unstable(char32_t code) const;
  size_t stable_prefix(std::string_view text, size_t& last) const;
  void decompose(char32_t code, std::string& out);
  void add(char32_t code, std::string& out);
  void flush(std::string& out);
  void order();
  void compose();

  Form form_;
  Unknown unknown_;
  // code | combining class << 24 of characters of which the first joins none before it
  std::vector<uint32_t> pending_;
  std::vector<uint32_t> sorted_;  // room for order()
};

}  // namespace corpusmill::text

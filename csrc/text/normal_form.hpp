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
  explicit NormalForm(Form form) : form_(form) {}

  /// Appends the text, normalised, to out. Text already in the form is only scanned and copied.
  /// Linear time; memory for the longest run of characters that may reorder or join.
  void append(std::string_view text, std::string& out);

 private:
  bool compatible() const { return form_ == Form::nfkc || form_ == Form::nfkd; }
  bool composed() const { return form_ == Form::nfc || form_ == Form::nfkc; }
  bool unstable(char32_t code) const;
  size_t stable_prefix(std::string_view text, size_t& last) const;
  void decompose(char32_t code, std::string& out);
  void add(char32_t code, std::string& out);
  void flush(std::string& out);
  void order();
  void compose();

  Form form_;
  // code | combining class << 24 of characters of which the first joins none before it
  std::vector<uint32_t> pending_;
  std::vector<uint32_t> sorted_;  // room for order()
};

}  // namespace corpusmill::text

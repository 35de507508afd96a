// normalize: what cm.text.normalize does to one text: a normal form, case folding, white space.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "text/normal_form.hpp"

namespace corpusmill::text {

struct Normalization {
  std::optional<Form> form;
  bool casefold = false;    // full case folding: statuses C and F of CaseFolding.txt
  bool whitespace = false;  // runs of White_Space become one U+0020, none at the ends
};

/// Applies form, case folding, form again (folding may undo it) and white space, in this order.
/// Invalid bytes pass through untouched. Reused between the texts of one thread.
class Normalizer {
 public:
  explicit Normalizer(const Normalization& options) : options_(options) {
    if (options.form) form_.emplace(*options.form);
  }

  /// The normalised text, valid until the next call or the end of `text`. Linear time.
  std::string_view operator()(std::string_view text);

 private:
  Normalization options_;
  std::optional<NormalForm> form_;
  std::string now_, next_;
};

}  // namespace corpusmill::text

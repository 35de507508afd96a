// added_tokens: a document cut at the tokens beside the model, in stages: before it is normalized,
// and behind that. What is left is text for the model.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/model.hpp"
#include "tokenizer/token_set.hpp"

namespace corpusmill::tokenizer {

/// Unchanging once made, so shared by threads.
class AddedTokens {
 public:
  AddedTokens() = default;

  /// Of one text, as of one id, there may be one. What is looked for in a text that `model` has
  /// normalized is normalized, too; throws std::invalid_argument if two become the same by it.
  AddedTokens(std::vector<AddedToken> tokens, const Model& model);

  size_t size() const { return places_.size(); }

  /// The text of a token by its id; empty if there is none.
  std::string_view text_of(uint32_t id) const;

  /// Calls take(part, token) for each part of a document in order; where token is null, the part is
  /// of what normalize(text) gave for what was around it. Stops when take returns false.
  template <class Normalize, class Take>
  bool split(std::string_view document, Allowed allowed, Normalize&& normalize, Take&& take) const {
    return sets_[0].split(document, allowed, [&](std::string_view rest, const AddedToken* token) {
      if (token != nullptr) return take(rest, token);
      return sets_[1].split(rest, allowed, [&](std::string_view text, const AddedToken* second) {
        return second != nullptr ? take(text, second)
                                 : sets_[2].split(normalize(text), allowed, take);
      });
    });
  }

 private:
  struct Place {
    uint32_t id;
    std::string text;
  };

  std::array<TokenSet, 3> sets_;  // by stage
  std::vector<Place> places_;     // sorted by id
};

}  // namespace corpusmill::tokenizer

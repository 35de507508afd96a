// added_tokens: dealing them to their stages.
#include "tokenizer/added_tokens.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace corpusmill::tokenizer {

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Model& model) {
  std::string scratch;
  std::array<std::vector<AddedToken>, 3> stages;
  for (AddedToken& token : tokens) {
    places_.push_back({token.id, token.text});
    if (token.stage == AddedToken::Stage::never) continue;
    if (token.stage == AddedToken::Stage::normalized) {
      token.text = std::string(model.normalized(token.text, scratch));
      if (token.text.empty()) {
        throw std::invalid_argument("'" + places_.back().text + "' is nothing once normalized");
      }
    }
    stages[static_cast<size_t>(token.stage)].push_back(std::move(token));
  }
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    if (!stages[stage].empty()) sets_[stage] = TokenSet(std::move(stages[stage]));
  }
  std::ranges::sort(places_, {}, &Place::id);
}

std::string_view AddedTokens::text_of(uint32_t id) const {
  const auto found = std::ranges::lower_bound(places_, id, {}, &Place::id);
  return found != places_.end() && found->id == id ? std::string_view(found->text) : "";
}

}  // namespace corpusmill::tokenizer

// charsmap: SentencePiece's rules of what the characters of a text become, which its files hold as
// the double array that Darts-clone writes, and behind it what the keys become. Applies no rule.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace corpusmill::tokenizer {

struct Rule {
  std::string key, becomes;
};

/// In ascending order of their keys, which are not empty. Throws std::invalid_argument if the
/// charsmap is damaged, or a key or what it becomes is no UTF-8.
std::vector<Rule> read_charsmap(std::string_view charsmap);

}  // namespace corpusmill::tokenizer

// pretokenize: a text as the pieces within which byte-pair encoding merges, as the published
// patterns cut it. Hand-written scanners, each the equal of its regular expression; knows no
// vocabulary.
//
// With L, N, M, P, S, W the groups of categories.hpp and NL a carriage return or line feed:
//
//   gpt2     '(s|d|m|t|ll|ve|re)  _?L+  _?N+  _?[^W L N]+  W+ at the end, or but for the last  W
//   cl100k   '(s|d|m|t|ll|ve|re) in any case  [^NL L N]?L+  N{1,3}  _?[^W L N]+NL*  W+ at the end
//            W*NL  W+ but for the last  W
//   llama3   as cl100k, but blanks at the end are cut behind their last NL as elsewhere
//   qwen2    as llama3, but N one by one
//   qwen35   as qwen2, but marks are letters
//   o200k    [^NL L N]? and a word of upper then lower case, with '(s|t|re|ve|m|ll|d) in any case;
//            N{1,3}  _?[^W L N]+[NL /]*  blanks as llama3
//   tekken   as o200k without '(...), and N one by one
//   deepseek N{1,3} and runs of Han or kana are cut out first; what is between them is a text each:
//            an ASCII P or S and [A-Za-z]+  [^NL L P S]?[L M]+  _?[P S]+NL*  blanks as llama3, and
//            what else there is in one
//   lines    a line with the line feeds behind it, blanks and all: for merges across words
//   superbpe N+ are cut out first, in them runs of Nd in threes from the right, (?=(Nd{3})+(?!Nd))
//   thousands     the latter alone: a number goes on before its first cut and behind its last
//   superbpe128k  N{1,3}  _?[^W L N]{2,}[NL /]*  _+ before W or the end; what is between, in one
//
// A byte that is no part of well-formed UTF-8 is a character of no group.
// Sources: tiktoken 0.14 (openai_public.py), tokenizer.json of the models, SuperBPE's scripts.
// Oracle: the expressions themselves, in tests/oracles_tokenizer.py.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tokenizer/categories.hpp"

namespace corpusmill::tokenizer {

enum class Pattern : uint8_t {
  gpt2,
  cl100k,
  llama3,
  qwen2,
  qwen35,
  o200k,
  tekken,
  deepseek,
  lines,
  superbpe,
  thousands,
  superbpe128k
};
constexpr Pattern last_pattern = Pattern::superbpe128k;

/// Cuts up to room for this many pieces at once.
constexpr size_t least_room = 64;

/// Fills `ends` with where the pieces end that begin at `at`; how many, at least one. Needs `at` to
/// be in the text, where it begins or a piece ends, and least_room places or more. Over a text,
/// linear time, and the same pieces however many are asked for at once.
using Cut = size_t (*)(const Categories& categories, std::string_view text, const char* at,
                       std::span<const char*> ends);

Cut cutter(Pattern pattern);

}  // namespace corpusmill::tokenizer

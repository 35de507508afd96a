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
//   o200k    [^NL L N]? and a word of upper then lower case, with '(s|t|re|ve|m|ll|d) in any case;
//            N{1,3}  _?[^W L N]+[NL /]*  blanks as llama3
//   tekken   as o200k without '(...), and N one by one
//   lines    a line with the line feeds behind it, blanks and all: for merges across words
//
// A byte that is no part of well-formed UTF-8 is a character of no group.
// Sources: tiktoken 0.14 (openai_public.py), tokenizer.json of the models. Oracle: the expressions
// themselves, in tests/oracles_tokenizer.py.
#pragma once
#include <cstdint>

#include "tokenizer/categories.hpp"

namespace corpusmill::tokenizer {

enum class Pattern : uint8_t { gpt2, cl100k, llama3, qwen2, o200k, tekken, lines };

/// Where the piece ends that begins at `at`; needs at < end, and `end` to be the text's end. Over a
/// text, linear time.
using PieceEnd = const char* (*)(const Categories& categories, const char* at, const char* end);

PieceEnd piece_end(Pattern pattern);

}  // namespace corpusmill::tokenizer

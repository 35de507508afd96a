// scripts: the letters of a document by the script they belong to, and its characters. Knows no
// language: texts of many languages are written in one script.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace corpusmill::text {

/// Adds to letters[s] the document's letters (category L*) of script s, numbered as in
/// script_names; letters[0] gets whatever is no letter. Needs num_scripts entries. Returns the
/// number of characters: code points and invalid bytes. O(bytes).
int64_t add_letters(std::string_view document, std::span<int64_t> letters);

}  // namespace corpusmill::text

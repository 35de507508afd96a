// nfc: Normalization Form C as the tokenizers know it that ask for it: of Unicode 9.0, for which
// what was assigned later is neither a mark nor made of others.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace corpusmill::tokenizer {

/// The text itself if it is in the form, else `scratch` filled. Invalid bytes are kept. Linear
/// time.
std::string_view nfc(std::string_view text, std::string& scratch);

/// The same; `places`, which is empty, gets the place in `text` of each byte and of the end, unless
/// nothing changed: within a run of characters that changed, byte by byte while there are any.
std::string_view aligned_nfc(std::string_view text, std::string& scratch,
                             std::vector<size_t>& places);

}  // namespace corpusmill::tokenizer

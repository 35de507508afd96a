// library_form: the normalization forms as the library tokenizers has them: of Unicode 9.0, for
// which what was assigned later is neither a mark nor made of others.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "text/normal_form.hpp"

namespace corpusmill::tokenizer {

/// The text itself if it is in the form, else `scratch` filled. Invalid bytes are kept. Linear
/// time.
std::string_view library_form(text::Form which, std::string_view text, std::string& scratch);

/// Appends the text in the form.
void append_library_form(text::Form which, std::string_view text, std::string& out);

/// The same, part by part: copy(part) of what stays, change(part, made) of the shortest that are
/// changed for themselves: a character, and marks behind it that move or join.
void trace_library_form(text::Form which, std::string_view text,
                        const std::function<void(std::string_view)>& copy,
                        const std::function<void(std::string_view, std::string_view)>& change);

/// As the first; `places`, which is empty, gets the place in `text` of each byte and of the end,
/// unless nothing changed: within a run of characters that changed, byte by byte while there are
/// any.
std::string_view aligned_library_form(text::Form which, std::string_view text, std::string& scratch,
                                      std::vector<size_t>& places);

}  // namespace corpusmill::tokenizer

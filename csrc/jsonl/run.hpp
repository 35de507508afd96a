// run: the stretches of a JSON string that stand for themselves. Knows UTF-8, no escapes.
#pragma once
#include <cstddef>
#include <string_view>

namespace corpusmill::jsonl {

/// Length of the longest prefix of [at, end) that is well-formed UTF-8 and has no '"', no '\\' and
/// no byte below 0x20.
size_t run_length(const char* at, const char* end);

bool is_utf8(std::string_view bytes);

}  // namespace corpusmill::jsonl

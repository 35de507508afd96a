// run: the stretches of a JSON string that stand for themselves. Knows UTF-8, no escapes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace corpusmill::jsonl {

/// Length of the longest prefix of [at, end) that is well-formed UTF-8 and has no '"', no '\\' and
/// no byte below 0x20.
size_t run_length(const char* at, const char* end);

/// How far behind a run copy_run may write.
inline constexpr size_t run_slack = 64;

/// The same, and copies the run. `out` has room for end - at + run_slack bytes.
size_t copy_run(const char* at, const char* end, uint8_t* out);

bool is_utf8(std::string_view bytes);

}  // namespace corpusmill::jsonl

// depth: how many arrays and objects are open in each other. Validates nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace corpusmill::jsonl {

/// The first of these lines, each good JSON, in which more than `most` containers are open at once;
/// -1 if there is none. O(bytes).
int64_t first_deeper(std::string_view lines, size_t most);

}  // namespace corpusmill::jsonl

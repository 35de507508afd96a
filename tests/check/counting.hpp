// counting: the counters of n-grams and terms on hostile documents.
#pragma once
#include <cstddef>

#include "core/strings.hpp"

namespace corpusmill::check {

/// How much was counted; throws std::logic_error if that depends on memory or threads.
size_t check_counting(const Column& docs);

}  // namespace corpusmill::check

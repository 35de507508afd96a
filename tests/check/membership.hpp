// membership: filters and repeated pieces on hostile documents, for the sanitizers to watch.
#pragma once
#include <cstddef>

#include "core/strings.hpp"

namespace corpusmill::check {

/// How many answers there were. Throws std::logic_error if one depends on the number of threads.
size_t check_membership(const Column& docs);

/// The same answers as hashes, a line each.
void print_membership(const Column& docs);

}  // namespace corpusmill::check

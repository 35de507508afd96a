// fingerprint: a hash of every area's answers, for comparison between builds and machines.
#pragma once
#include "core/strings.hpp"

namespace corpusmill::check {

/// Prints one line per answer: its name, how many values it has, and a hash of their bytes.
void print_fingerprint(const Column& docs);

}  // namespace corpusmill::check

// fingerprint: a hash of every area's answers, for comparison between builds and machines.
#pragma once
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "core/strings.hpp"
#include "simd/hash.hpp"

namespace corpusmill::check {

/// One line: the name of the values, their number and a hash of their bytes.
template <class Values>
void print(const std::string& name, const Values& values) {
  const auto bytes = std::as_bytes(std::span(values));
  const Hash128 hash = xxh3_128({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  std::printf("%-22s %8zu %016llx%016llx\n", name.c_str(), std::size(values),
              static_cast<unsigned long long>(hash.high),
              static_cast<unsigned long long>(hash.low));
}

/// Prints one line per answer: its name, how many values it has, and a hash of their bytes.
void print_fingerprint(const Column& docs);

}  // namespace corpusmill::check

// radix_sort: many 64-bit numbers in ascending order, several times faster than by comparisons when
// they lie within a range of some 2**40.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace corpusmill {

/// Sorts numbers with room for as many; stable, as LSD sorts are.
inline void radix_sort(std::vector<uint64_t>& numbers, std::vector<uint64_t>& room) {
  constexpr int digit = 11;
  constexpr size_t few = 512;
  if (numbers.size() < few) {
    std::sort(numbers.begin(), numbers.end());
    return;
  }
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  const auto bits = static_cast<int>(std::bit_width(*least ^ *most));  // above these all are equal
  room.resize(numbers.size());
  for (int shift = 0; shift < bits; shift += digit) {
    std::array<size_t, size_t{1} << digit> starts{};
    const auto place = [&](uint64_t number) -> size_t& {
      return starts[number >> shift & (starts.size() - 1)];
    };
    for (const uint64_t number : numbers) ++place(number);
    size_t sum = 0;
    for (size_t& start : starts) sum += std::exchange(start, sum);
    for (const uint64_t number : numbers) room[place(number)++] = number;
    numbers.swap(room);
  }
}

}  // namespace corpusmill

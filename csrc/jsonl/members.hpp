// members: the members of an object that have one of some names. Keeps values as they are written.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jsonl/cursor.hpp"

namespace corpusmill::jsonl {

class MemberFinder {
 public:
  /// Names, unescaped, each once.
  explicit MemberFinder(std::vector<std::string> names) : names_(std::move(names)) {}

  [[nodiscard]] size_t size() const { return names_.size(); }

  /// Sets values[i] to the value of names[i] as it is written, empty where the object has none; of
  /// members of one name the last counts. False if `json`, which holds no newline, does not begin
  /// with an object. O(bytes + keys * names).
  bool find(std::string_view json, std::span<std::string_view> values);

 private:
  bool read_member(Cursor& cursor, std::span<std::string_view> values);

  std::vector<std::string> names_;
  std::vector<uint8_t> scratch_;
  std::string open_;
};

}  // namespace corpusmill::jsonl

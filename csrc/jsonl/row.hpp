// row: one line of a JSONL file, read as an object, which has a text if one is asked for. Knows no
// columns.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jsonl/cursor.hpp"

namespace corpusmill::jsonl {

/// Why a line is no row: the first of these layers that it fails, and within the second the fault
/// that comes first. (1) Its bytes are UTF-8, else invalid_utf8. (2) They are one JSON value, else
/// invalid_json, or lone_surrogate for a \uD8XX to \uDFXX escape that is not half of a pair.
/// (3) The value is an object, and its text field, if one is asked for (the last of that name), is
/// there, not null, a string.
enum class Reason : uint8_t {
  invalid_utf8,
  invalid_json,
  lone_surrogate,
  not_an_object,
  text_missing,
  text_null,
  text_not_a_string,
};

/// The reasons' stable names, in the order of their codes.
inline constexpr std::array<const char*, 7> reason_names = {
    "invalid_utf8", "invalid_json", "lone_surrogate",    "not_an_object",
    "text_missing", "text_null",    "text_not_a_string",
};

/// Names of the top-level fields to find, unescaped. They may coincide. Without a text every object
/// is a row.
struct Fields {
  std::optional<std::string> text;
  std::optional<std::string> id;
  std::optional<std::string> order;
};

/// What a line holds. The JSON of a field is its value as written, empty if there is none; of
/// several fields of one name the last counts.
struct Row {
  std::optional<Reason> fault;  ///< why this is no row; then nothing else counts
  uint8_t* text_end = nullptr;  ///< where the text begins, if none is asked for
  std::string_view id;
  std::string_view order;
};

class RowReader {
 public:
  explicit RowReader(Fields fields) : fields_(std::move(fields)) {}

  /// Reads the line at the cursor, which is not blank, and writes its unescaped text to `text`,
  /// which has room as unescape_string asks. Leaves the cursor at the line's end, or
  /// anywhere before it if there is a fault.
  Row read(Cursor& cursor, uint8_t* text);

 private:
  bool read_object(Cursor& cursor, uint8_t* text);
  bool read_member(Cursor& cursor, uint8_t* text);
  bool read_text(Cursor& cursor, uint8_t* text);

  Fields fields_;
  Row row_;
  std::vector<uint8_t> scratch_;
  std::string open_;
};

}  // namespace corpusmill::jsonl

// jsonl: fuzzes the line scanner, and the fields it finds again, against plain_json.hpp, line by
// line, and the gathering of kept lines against a loop.
//
// Input: byte 0 says which fields are asked for; then the block.
#include <cstring>
#include <limits>
#include <memory>

#include "fuzz.hpp"
#include "jsonl/lines.hpp"
#include "jsonl/project.hpp"
#include "jsonl/scan.hpp"
#include "jsonl/values.hpp"
#include "plain_json.hpp"

namespace {

using namespace corpusmill;  // NOLINT(google-build-using-namespace)
using jsonl::Reason;

bool is_utf8(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const auto found = fuzz::character(bytes, at);
    if (!found) return false;
    at += found->size;
  }
  return true;
}

/// Why a line is no row; none if it is one, which is then in `parser`.
std::optional<Reason> fault(std::string_view line, fuzz::Parser& parser, bool with_text) {
  if (!is_utf8(line)) return Reason::invalid_utf8;
  try {
    parser.line();
  } catch (const Reason reason) {
    return reason;
  }
  if (!parser.object) return Reason::not_an_object;
  if (!with_text) return std::nullopt;
  if (!parser.text) return Reason::text_missing;
  if (parser.text->json == "null") return Reason::text_null;
  if (parser.text->json[0] != '"') return Reason::text_not_a_string;
  return std::nullopt;
}

/// Steps through what the scanner found, in the order of lines.
class Found {
 public:
  Found(std::string_view block, const jsonl::Scan& scan) : block_(block), scan_(scan) {}

  void compare(std::string_view line, int64_t index, const jsonl::Fields& fields) {
    fuzz::Parser parser(line, fields);
    const auto reason = fault(line, parser, fields.text.has_value());
    const jsonl::Lines& lines = reason ? scan_.rejected : scan_.rows;
    size_t& i = reason ? num_rejected_ : num_rows_;
    fuzz::require(i < lines.index.size(), "a line is a row, or rejected, as it should be");
    fuzz::require(lines.index[i] == index, "lines are told apart");
    fuzz::require(block_.data() + lines.offset[i] == line.data(), "offset");
    fuzz::require(lines.length[i] == static_cast<int64_t>(line.size()), "length");
    if (reason) {
      fuzz::require(scan_.reason[i] == static_cast<uint8_t>(*reason), "reason");
    } else {
      fuzz::require(text(i) == (fields.text ? parser.text->text : ""), "text");
      compare_id(i, parser.id);
      compare_order(i, parser.order);
    }
    ++i;
  }

  void end() const {
    fuzz::require(num_rows_ == scan_.rows.index.size(), "no row too many");
    fuzz::require(num_rejected_ == scan_.reason.size(), "no rejected line too many");
  }

 private:
  std::string_view text(size_t i) const {
    const auto& [offsets, data] = scan_.text;
    return {reinterpret_cast<const char*>(data.get()) + offsets[i],
            static_cast<size_t>(offsets[i + 1] - offsets[i])};
  }

  void compare_id(size_t i, const std::optional<fuzz::Value>& id) const {
    const auto& [offsets, data, validity] = scan_.id;
    const std::string got(data.begin() + offsets[i], data.begin() + offsets[i + 1]);
    const bool valid = (validity[i / 8] >> (i % 8) & 1) != 0;
    const bool scalar = id && std::strchr("n{[", id->json[0]) == nullptr;
    fuzz::require(valid == scalar, "an id is null where it is null, a container or missing");
    const bool string = scalar && id->json[0] == '"';
    fuzz::require(got == (string ? id->text : scalar ? std::string(id->json) : ""), "id");
  }

  void compare_order(size_t i, const std::optional<fuzz::Value>& order) const {
    const bool number = order && std::strchr("-0123456789", order->json[0]) != nullptr;
    const double expected = number ? std::strtod(std::string(order->json).c_str(), nullptr)
                                   : std::numeric_limits<double>::quiet_NaN();
    fuzz::require(std::memcmp(&expected, &scan_.order[i], sizeof expected) == 0, "order");
  }

  std::string_view block_;
  const jsonl::Scan& scan_;
  size_t num_rows_ = 0;
  size_t num_rejected_ = 0;
};

/// Keeps every other row and compares with what that means.
void check_gather(std::string_view block, const jsonl::Lines& rows) {
  const size_t count = rows.offset.size();
  const auto keep = std::make_unique<bool[]>(count);
  std::string expected;
  for (size_t i = 0; i < count; ++i) {
    keep[i] = i % 3 != 1;
    if (!keep[i]) continue;
    expected +=
        block.substr(static_cast<size_t>(rows.offset[i]), static_cast<size_t>(rows.length[i]));
    expected += '\n';
  }
  const jsonl::Selection lines{
      .offset = rows.offset, .length = rows.length, .keep = {keep.get(), count}};
  std::vector<char> out(jsonl::gathered_size(block, lines));
  jsonl::gather(block, lines, out.data());
  fuzz::require(fuzz::as_view(out) == expected, "kept lines are written as they are");
}

/// Finds a field of each row again, as it is written and by its type.
void check_fields(std::string_view block, const jsonl::Lines& rows, const jsonl::Fields& fields) {
  if (!fields.id) return;
  const jsonl::TypedValues values =
      jsonl::read_values(block, rows.offset, rows.length, {{*fields.id}}).front();
  for (size_t i = 0; i < rows.offset.size(); ++i) {
    const std::string_view line = jsonl::line_at(block, rows.offset[i], rows.length[i]);
    fuzz::Parser parser(line, fields);
    parser.line();
    const std::string json(parser.id ? parser.id->json : "");
    const std::string projected = jsonl::project(std::string(line) + '\n', {{*fields.id, "\"k\""}});
    const std::string expected = json.empty() ? "{}" : "{\"k\":" + json + "}";
    fuzz::require(projected == expected + '\n', "a row with this field alone");
    const char first = json.empty() ? 'n' : json[0];
    const auto kind = static_cast<jsonl::Kind>(values.kind[i]);
    fuzz::require((kind == jsonl::Kind::none) == (first == 'n'), "a null");
    fuzz::require((kind == jsonl::Kind::string) == (first == '"'), "a string");
    fuzz::require((kind == jsonl::Kind::boolean) == (first == 't' || first == 'f'), "a boolean");
    fuzz::require((kind == jsonl::Kind::nested) == (first == '{' || first == '['), "a container");
    const std::string text(values.text.begin() + values.offsets[i],
                           values.text.begin() + values.offsets[i + 1]);
    fuzz::require(text == (first == '"' ? parser.id->text : ""), "its text");
    if (kind == jsonl::Kind::whole) {
      fuzz::require(json == "-0" || json == std::to_string(values.whole[i]), "a whole number");
    } else if (kind == jsonl::Kind::real) {
      fuzz::require(values.real[i] == std::strtod(json.c_str(), nullptr), "a number");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const jsonl::Fields asked[] = {{"text", "id", "n"},
                                        {"text", "text", "text"},
                                        {"", "id", "id"},
                                        {"text", {}, {}},
                                        {{}, "id", "n"}};
  fuzz::Draw draw(data, size);
  const jsonl::Fields& fields = asked[draw.below(std::size(asked))];
  const std::vector<char> bytes = fuzz::tight(draw.rest());
  const std::string_view block = fuzz::as_view(bytes);
  const jsonl::Scan scan = jsonl::scan(block, fields);

  Found found(block, scan);
  int64_t index = 0;
  for (size_t begin = 0; begin < block.size(); ++index) {
    std::string_view line = block.substr(begin, block.find('\n', begin) - begin);
    begin += line.size() + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    found.compare(line, index, fields);
  }
  found.end();
  fuzz::require(scan.num_lines == index, "num_lines");
  fuzz::require(jsonl::count_lines(block) == static_cast<size_t>(index), "count_lines");
  check_gather(block, scan.rows);
  check_fields(block, scan.rows, fields);
  return 0;
}

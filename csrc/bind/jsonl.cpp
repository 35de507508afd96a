// jsonl: blocks of lines in as buffers, columns out as NumPy arrays, kept lines out as bytes.
#include <pybind11/stl.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "jsonl/append.hpp"
#include "jsonl/depth.hpp"
#include "jsonl/fields.hpp"
#include "jsonl/lines.hpp"
#include "jsonl/project.hpp"
#include "jsonl/replace.hpp"
#include "jsonl/scan.hpp"
#include "jsonl/values.hpp"
#include "jsonl/write.hpp"

namespace corpusmill::bind {

namespace {

/// The bytes of a buffer, held for as long as this object lives.
class ImportedBlock {
 public:
  explicit ImportedBlock(const py::buffer& buffer) : info_(buffer.request()) {
    if (info_.ndim != 1 || info_.itemsize != 1 || (info_.size > 1 && info_.strides[0] != 1)) {
      throw py::type_error("block: expected contiguous bytes, got " + std::to_string(info_.ndim) +
                           " dimensions of items of " + std::to_string(info_.itemsize) +
                           " bytes; pass bytes, a pyarrow Buffer or a uint8 array");
    }
  }
  [[nodiscard]] std::string_view bytes() const {
    return {static_cast<const char*>(info_.ptr), static_cast<size_t>(info_.size)};
  }

 private:
  py::buffer_info info_;
};

/// As export_vector does for a vector.
py::array_t<uint8_t> export_bytes(std::unique_ptr<uint8_t[]> bytes, int64_t size) {
  uint8_t* owned = bytes.release();
  const py::capsule release(owned, [](void* p) { delete[] static_cast<uint8_t*>(p); });
  return py::array_t<uint8_t>(static_cast<py::ssize_t>(size), owned, release);
}

py::dict scan(const py::buffer& block, const std::optional<std::string>& text_field,
              const std::optional<std::string>& id_field,
              const std::optional<std::string>& order_field) {
  const ImportedBlock imported(block);
  jsonl::Scan found;
  {
    const py::gil_scoped_release unlocked;
    found =
        jsonl::scan(imported.bytes(), {.text = text_field, .id = id_field, .order = order_field});
  }
  py::dict out;
  out["num_lines"] = found.num_lines;
  out["line_offset"] = export_vector(std::move(found.rows.offset));
  out["line_length"] = export_vector(std::move(found.rows.length));
  out["line_index"] = export_vector(std::move(found.rows.index));
  out["text_data"] = export_bytes(std::move(found.text.data), found.text.offsets.back());
  out["text_offsets"] = export_vector(std::move(found.text.offsets));
  out["id_data"] = export_vector(std::move(found.id.data));
  out["id_offsets"] = export_vector(std::move(found.id.offsets));
  out["id_validity"] = export_vector(std::move(found.id.validity));
  out["order"] = export_vector(std::move(found.order));
  out["rejected_offset"] = export_vector(std::move(found.rejected.offset));
  out["rejected_length"] = export_vector(std::move(found.rejected.length));
  out["rejected_index"] = export_vector(std::move(found.rejected.index));
  out["rejected_reason"] = export_vector(std::move(found.reason));
  return out;
}

py::bytes gather(const py::buffer& block, const Input<int64_t>& offsets,
                 const Input<int64_t>& lengths, const Input<bool>& keep) {
  const ImportedBlock imported(block);
  const jsonl::Selection lines{
      .offset = as_span(offsets),
      .length = as_span(lengths),
      .keep = as_span(keep),
  };
  if (lines.offset.size() != lines.keep.size() || lines.length.size() != lines.keep.size()) {
    throw py::value_error("offsets, lengths, keep: expected one entry per line in each, got " +
                          std::to_string(lines.offset.size()) + ", " +
                          std::to_string(lines.length.size()) + " and " +
                          std::to_string(lines.keep.size()));
  }
  // Sized first, so that the lines are copied once, into the bytes object.
  py::bytes out(nullptr, jsonl::gathered_size(imported.bytes(), lines));
  {
    char* bytes = PyBytes_AS_STRING(out.ptr());
    const py::gil_scoped_release unlocked;
    jsonl::gather(imported.bytes(), lines, bytes);
  }
  return out;
}

py::bytes append_field(const py::buffer& lines, const std::string& key,
                       const py::sequence& chunks) {
  const ImportedBlock imported(lines);
  const ImportedColumn values(chunks);
  const jsonl::NewField field{.key = key, .values = values.column()};
  const auto places =
      unlocked([&] { return jsonl::closing_braces(imported.bytes(), field.values.size()); });
  py::bytes out(nullptr, jsonl::appended_size(imported.bytes(), places, field));
  {
    char* bytes = PyBytes_AS_STRING(out.ptr());
    const py::gil_scoped_release unlocked;
    jsonl::append_field(imported.bytes(), places, field, bytes);
  }
  return out;
}

py::bytes replace_field(const py::buffer& lines, const std::string& name,
                        const py::sequence& chunks) {
  const ImportedBlock imported(lines);
  const ImportedColumn values(chunks);
  return unlocked([&] { return jsonl::replace_field(imported.bytes(), name, values.column()); });
}

void check_lines(const Input<int64_t>& offsets, const Input<int64_t>& lengths) {
  if (offsets.size() != lengths.size()) {
    throw py::value_error("offsets, lengths: expected one entry per line in each, got " +
                          std::to_string(offsets.size()) + " and " +
                          std::to_string(lengths.size()));
  }
}

py::bytes project(const py::buffer& lines,
                  const std::vector<std::pair<std::string, std::string>>& fields) {
  const ImportedBlock imported(lines);
  std::vector<jsonl::Projected> projected;
  projected.reserve(fields.size());
  for (const auto& [name, written] : fields) projected.push_back({name, written});
  return unlocked([&] { return jsonl::project(imported.bytes(), projected); });
}

py::list values(const py::buffer& block, const Input<int64_t>& offsets,
                const Input<int64_t>& lengths, const std::vector<jsonl::Path>& paths) {
  const ImportedBlock imported(block);
  check_lines(offsets, lengths);
  auto columns = unlocked([&] {
    return jsonl::read_values(imported.bytes(), as_span(offsets), as_span(lengths), paths);
  });
  py::list out;
  for (jsonl::TypedValues& column : columns) {
    out.append(py::make_tuple(
        export_vector(std::move(column.kind)), export_vector(std::move(column.whole)),
        export_vector(std::move(column.real)), export_vector(std::move(column.offsets)),
        export_vector(std::move(column.text))));
  }
  return out;
}

py::tuple export_texts(jsonl::JsonTexts&& texts) {
  return py::make_tuple(export_vector(std::move(texts.offsets)),
                        export_vector(std::move(texts.data)));
}

py::tuple write_strings(const py::sequence& chunks) {
  const ImportedColumn strings(chunks);
  return export_texts(unlocked([&] { return jsonl::write_strings(strings.column()); }));
}

py::tuple write_objects(const std::vector<std::string>& keys, const py::sequence& values,
                        const Input<bool>& valid, const std::string& end) {
  std::deque<ImportedColumn> imported;
  std::vector<const Column*> columns;
  for (const auto& chunks : values) {
    columns.push_back(&imported.emplace_back(chunks.cast<py::sequence>()).column());
  }
  return export_texts(
      unlocked([&] { return jsonl::write_objects(keys, columns, as_span(valid), end); }));
}

py::tuple write_arrays(const Input<int64_t>& offsets, const py::sequence& chunks,
                       const Input<bool>& valid) {
  const ImportedColumn items(chunks);
  return export_texts(unlocked(
      [&] { return jsonl::write_arrays(as_span(offsets), items.column(), as_span(valid)); }));
}

py::tuple count_fields(const py::buffer& block, const Input<int64_t>& offsets,
                       const Input<int64_t>& lengths, size_t most) {
  const ImportedBlock imported(block);
  check_lines(offsets, lengths);
  const auto counts = unlocked([&] {
    return jsonl::count_fields(imported.bytes(), as_span(offsets), as_span(lengths), most);
  });
  py::dict fields;
  for (const jsonl::Field& field : counts.fields) {
    fields[py::str(field.name)] = py::cast(field.rows);
  }
  return py::make_tuple(fields, counts.num_values);
}

}  // namespace

void register_jsonl(py::module_& m) {
  m.attr("reasons") = py::cast(jsonl::reason_names);
  m.attr("types") = py::cast(jsonl::type_names);
  m.attr("kinds") = py::cast(jsonl::kind_names);
  m.def("project", &project, py::arg("lines"), py::arg("fields"));
  m.def("write_strings", &write_strings, py::arg("strings"));
  m.def("write_objects", &write_objects, py::arg("keys"), py::arg("values"), py::arg("valid"),
        py::arg("end"));
  m.def("write_arrays", &write_arrays, py::arg("offsets"), py::arg("items"), py::arg("valid"));
  m.def("values", &values, py::arg("block"), py::arg("offsets").noconvert(),
        py::arg("lengths").noconvert(), py::arg("paths"));
  m.def("count_fields", &count_fields, py::arg("block"), py::arg("offsets").noconvert(),
        py::arg("lengths").noconvert(), py::arg("most"));
  m.def("scan", &scan, py::arg("block"), py::arg("text_field"), py::arg("id_field"),
        py::arg("order_field"));
  m.def("gather", &gather, py::arg("block"), py::arg("offsets").noconvert(),
        py::arg("lengths").noconvert(), py::arg("keep").noconvert());
  m.def("append_field", &append_field, py::arg("lines"), py::arg("key"), py::arg("values"));
  m.def("replace_field", &replace_field, py::arg("lines"), py::arg("name"), py::arg("values"));
  m.def("first_deeper", [](const py::buffer& lines, size_t most) {
    const ImportedBlock imported(lines);
    const py::gil_scoped_release unlocked;
    return jsonl::first_deeper(imported.bytes(), most);
  });
  m.def("count_lines", [](const py::buffer& block) {
    const ImportedBlock imported(block);
    const py::gil_scoped_release unlocked;
    return jsonl::count_lines(imported.bytes());
  });
  m.def("last_newline", [](const py::buffer& block) {
    const ImportedBlock imported(block);
    const py::gil_scoped_release unlocked;
    return jsonl::last_newline(imported.bytes());
  });
}

}  // namespace corpusmill::bind

// core: hashes of bytes and facts of this process.
#include <pybind11/stl.h>

#include <cerrno>
#include <exception>
#include <string_view>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "core/columns.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "core/prefixed.hpp"
#include "simd/hash.hpp"
#include "simd/loops.hpp"

namespace corpusmill::bind {

namespace {

/// XXH3-128 of bytes that arrive in pieces, as 32 hexadecimal digits.
class StreamHash {
 public:
  void update(const py::buffer& piece) {
    const py::buffer_info bytes = piece.request();
    const py::gil_scoped_release unlocked;
    hash_.update(
        {static_cast<const char*>(bytes.ptr), static_cast<size_t>(bytes.size * bytes.itemsize)});
  }

  std::string hexdigest() const {
    XXH128_canonical_t digest;
    const auto [low, high] = hash_.digest();
    XXH128_canonicalFromHash(&digest, {low, high});
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const uint8_t byte : digest.digest) (hex += digits[byte >> 4]) += digits[byte & 15];
    return hex;
  }

 private:
  StreamHash128 hash_;
};

}  // namespace

void register_core(py::module_& m) {
  // NOLINTNEXTLINE(performance-unnecessary-value-param): pybind11 says so
  py::register_local_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const FileError& error) {
      errno = error.code();
      PyErr_SetFromErrnoWithFilename(PyExc_OSError, error.path().c_str());
    }
  });
  m.def("simd_level", [] { return simd::loops().level; });
  m.def("simd_levels", &simd::available_levels);
  m.def("resolve_threads", &resolve_threads);
  m.def("sync_file_system", &sync_file_system, py::call_guard<py::gil_scoped_release>());
  m.def("validity", [](const py::sequence& chunks) {
    const ImportedColumn docs(chunks);
    return export_vector(unlocked([&] { return validity(docs.column()); }));
  });
  m.def("byte_lengths", [](const py::sequence& chunks) {
    const ImportedColumn docs(chunks);
    return export_vector(unlocked([&] { return byte_lengths(docs.column()); }));
  });
  m.def("gather", [](const py::sequence& chunks, const Input<int64_t>& rows) {
    const ImportedColumn docs(chunks);
    const std::span<const int64_t> chosen = as_span(rows);
    auto offsets = unlocked([&] { return offsets_of(docs.column(), chosen); });
    // Sized first, so that the texts are copied once, into the bytes object.
    py::bytes texts(nullptr, static_cast<size_t>(offsets.back()));
    char* const out = PyBytes_AS_STRING(texts.ptr());
    unlocked([&] { gather(docs.column(), chosen, out); });
    return py::make_tuple(export_vector(std::move(offsets)), texts);
  });
  m.def("longest_prefixed", [](const py::buffer& page) {
    const py::buffer_info bytes = page.request();
    return unlocked([&] {
      return longest_prefixed(
          {static_cast<const char*>(bytes.ptr), static_cast<size_t>(bytes.size * bytes.itemsize)});
    });
  });
  m.def("read_places",
        [](int file, uint64_t offset, const Input<int64_t>& starts, const Input<int64_t>& sizes,
           py::array_t<uint8_t, py::array::c_style>& room) {
          char* bytes = reinterpret_cast<char*>(room.mutable_data());
          unlocked([&] { read_places(file, offset, as_span(starts), as_span(sizes), bytes); });
        });
  py::class_<StreamHash>(m, "StreamHash")
      .def(py::init<>())
      .def("update", &StreamHash::update)
      .def("hexdigest", &StreamHash::hexdigest);
}

}  // namespace corpusmill::bind

// scoring: unpack, drop the lock, one core call, wrap.
#include <pybind11/stl.h>

#include <optional>
#include <string>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "scoring/documents.hpp"
#include "scoring/from_hidden.hpp"
#include "scoring/from_logits.hpp"

namespace corpusmill::bind {

namespace {

using scoring::Matrix, scoring::Statistics, scoring::Transform;

scoring::Type type_named(const std::string& name) {
  if (name == "float32") return scoring::Type::float32;
  if (name == "float16") return scoring::Type::float16;
  if (name == "bfloat16") return scoring::Type::bfloat16;
  throw py::value_error("dtype: expected float32, float16 or bfloat16, got '" + name + "'");
}

/// Rows in place; numbers of a row lie side by side.
Matrix matrix(const py::array& rows, scoring::Type type) {
  const auto size = static_cast<py::ssize_t>(scoring::size_of(type));
  if (rows.ndim() != 2 || rows.itemsize() != size ||
      (rows.size() > 0 && rows.shape(1) > 1 && rows.strides(1) != size)) {
    throw py::value_error("expected rows of contiguous numbers of the dtype");
  }
  return {static_cast<const std::byte*>(rows.data()), static_cast<size_t>(rows.shape(0)),
          static_cast<size_t>(rows.shape(1)), rows.strides(0), type};
}

py::dict export_statistics(Statistics&& of) {
  py::dict columns;
  const auto put = [&](const char* name, auto& column) {
    columns[name] = export_vector(std::move(column));
  };
  put("nll", of.nll);
  put("lse", of.lse);
  put("max_logprob", of.max_logprob);
  put("entropy", of.entropy);
  put("variance", of.variance);
  put("sum_p2", of.sum_p2);
  put("el2n", of.el2n);
  put("mass_above", of.mass_above);
  put("argmax", of.argmax);
  put("rank", of.rank);
  return columns;
}

}  // namespace

void register_scoring(py::module_& m) {
  m.def("from_logits",
        [](const py::array& logits, const Input<int64_t>& targets, const std::string& dtype,
           int level, float scale, std::optional<float> softcap, int threads) {
          const Matrix rows = matrix(logits, type_named(dtype));
          const Transform transform{scale, softcap.value_or(0)};
          return export_statistics(unlocked([&] {
            return scoring::from_logits(rows, as_span(targets), level, transform, threads);
          }));
        });
  m.def("from_hidden",
        [](const py::array& hidden, const py::array& weight, const Input<int64_t>& targets,
           const std::string& dtype, const std::optional<Input<float>>& bias, int level,
           float scale, std::optional<float> softcap, int threads) {
          const scoring::Type type = type_named(dtype);
          const Matrix rows = matrix(hidden, type), columns = matrix(weight, type);
          const auto biases = bias ? as_span(*bias) : std::span<const float>();
          const Transform transform{scale, softcap.value_or(0)};
          return export_statistics(unlocked([&] {
            return scoring::from_hidden(rows, columns, as_span(targets), biases, level, transform,
                                        threads);
          }));
        });
  m.def("sums", [](const Input<float>& numbers, const Input<int64_t>& offsets, int threads) {
    auto of = unlocked([&] { return scoring::sums(as_span(numbers), as_span(offsets), threads); });
    return py::make_tuple(export_vector(std::move(of.sum)), export_vector(std::move(of.count)));
  });
  m.def("min_k",
        [](const Input<float>& nll, const Input<int64_t>& offsets, double ratio, int threads) {
          return export_vector(unlocked(
              [&] { return scoring::min_k(as_span(nll), as_span(offsets), ratio, threads); }));
        });
  m.def("min_k_pp",
        [](const Input<float>& nll, const Input<float>& entropy, const Input<float>& variance,
           const Input<int64_t>& offsets, double ratio, int threads) {
          return export_vector(unlocked([&] {
            return scoring::min_k_pp(as_span(nll), as_span(entropy), as_span(variance),
                                     as_span(offsets), ratio, threads);
          }));
        });
}

}  // namespace corpusmill::bind

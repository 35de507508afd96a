// tokenizer_sentencepiece: a tokenizer of a SentencePiece file, into the area tokenizer.
#include <pybind11/stl.h>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/sentencepiece.hpp"

namespace corpusmill::bind {

void register_sentencepiece(py::module_& m) {
  m.def("sentencepiece", [](const py::bytes& file, size_t cache_bytes) {
    const std::string_view bytes = file;
    std::vector<std::pair<std::string, uint32_t>> controls;
    bool is_bpe = false;
    uint32_t unknown = 0;
    auto made = unlocked([&] {
      const tokenizer::SentencePieceFile read(bytes);
      auto model = tokenizer::sentencepiece(read);
      unknown = model->pieces().unknown();
      is_bpe = read.kind == tokenizer::SentencePieceFile::Kind::bpe;
      for (uint32_t id = 0; id < model->size(); ++id) {
        if (read.pieces[id].type != tokenizer::PieceType::control) continue;
        controls.emplace_back(read.pieces[id].text, id);
      }
      return std::make_unique<tokenizer::Tokenizer>(std::move(model), cache_bytes);
    });
    const size_t size = made->model->size();
    return py::make_tuple(std::move(made), is_bpe, size, controls, unknown);
  });
}

}  // namespace corpusmill::bind

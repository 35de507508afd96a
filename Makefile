# Everything a checkout can do. Each target sets up what it needs, in .venv and build/.
#   make demo    near-duplicate removal on text found on this machine
#   make test    the tests               CORPUS=DIR adds labelled near-duplicates
#   make lint    formatting, lint, types
#   make check   the plain C++ driver under sanitizers
#   make bench   ours beside the rivals  CORPUS=DIR to bench on your own JSONL

PYTHON ?= python3
BIN := .venv/bin
CORPUS ?=
SOURCES := pyproject.toml CMakeLists.txt $(shell find csrc python kernels -type f \
             -not -name '*.pyc' 2>/dev/null)

.PHONY: demo test lint check bench clean

demo: build/installed
	$(BIN)/corpusmill demo

test: build/installed-test
	$(BIN)/python -m pytest tests $(if $(CORPUS),--corpus $(CORPUS))

lint: build/installed-lint
	$(BIN)/ruff format --check python tests bench kernels csrc
	$(BIN)/ruff check python tests bench kernels csrc
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run -Werror $$(find csrc tests -name '*.?pp' -o -name '*.h')
	$(BIN)/cmake -S . -B build/tidy -G Ninja -DPython_EXECUTABLE=$(abspath $(BIN)/python) \
	    -Dpybind11_DIR=$$($(BIN)/python -m pybind11 --cmakedir) \
	    -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) >/dev/null
	$(BIN)/python tests/check/tidy.py build/tidy $(BIN)/clang-tidy

check: build/installed-lint
	for kind in address,undefined thread; do \
	  $(BIN)/cmake -S . -B build/check-$$kind -G Ninja -DCMAKE_CXX_FLAGS=-O1 \
	      -DPython_EXECUTABLE=$(abspath $(BIN)/python) -DCORPUSMILL_PYTHON=OFF \
	      -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) \
	      -DCORPUSMILL_CHECK=ON -DCORPUSMILL_WERROR=ON -DCORPUSMILL_SANITIZE=$$kind >/dev/null && \
	  $(BIN)/cmake --build build/check-$$kind || exit 1; \
	  for level in $$(build/check-$$kind/check --levels); do \
	    CORPUSMILL_SIMD=$$level build/check-$$kind/check || exit 1; \
	  done; \
	done

bench: build/installed-bench
	$(BIN)/python -m bench $(if $(CORPUS),--corpus $(CORPUS))

clean:
	rm -rf .venv build dist

# The package is installed as a user has it, not in place, so that tests see what a wheel holds.
$(BIN)/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

build/installed: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet '.[cli]'
	@mkdir -p build && touch $@

build/installed-test: build/installed
	$(BIN)/python -m pip install --quiet '.[test]'
	@touch $@

build/installed-lint: build/installed-test
	$(BIN)/python -m pip install --quiet '.[lint]'
	@touch $@

build/installed-bench: build/installed
	$(BIN)/python -m pip install --quiet '.[bench]'
	@touch $@

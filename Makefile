# Everything a checkout can do. Each target sets up what it needs, in .venv and build/.
#   make demo    near-duplicate removal on text found on this machine
#   make test    the tests               CORPUS=DIR adds labelled near-duplicates
#   make lint    formatting, lint, types
#   make check   the plain C++ driver under sanitizers
#   make fuzz    the core against slow twins, two targets at a time; needs clang. SECONDS=20 for each
#   make neon    the core built for aarch64, under qemu: the same answers as here
#   make wheel   a source archive, a manylinux wheel of the same sources, and a look at what they hold
#   make bench   ours beside the rivals  CORPUS=DIR to bench on your own JSONL

PYTHON ?= python3
BIN := .venv/bin
CORPUS ?=
SECONDS ?= 20
# The newest clang++ that knows the levels of x86-64 (17 or later).
CLANG ?= $(firstword $(foreach name,$(foreach n,22 21 20 19 18 17,clang++-$(n)) clang++, \
             $(shell test "$$($(name) -dumpversion 2>/dev/null | cut -d. -f1)" -ge 17 2>/dev/null \
                     && command -v $(name))))
CROSS ?= aarch64-linux-gnu
NATIVE := build/check-address
# The core without Python; flags and folder come after it.
CORE := $(BIN)/cmake -S . -G Ninja -DPython_EXECUTABLE=$(abspath $(BIN)/python) \
            -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) \
            -DCORPUSMILL_PYTHON=OFF -DCORPUSMILL_WERROR=ON
# Of the same objects clang makes the fuzz targets; the driver under threads is g++'s or what c++ is.
ifeq ($(CLANG),)
SANITIZED := -DCORPUSMILL_SANITIZE=address,undefined
else
SANITIZED := -DCORPUSMILL_SANITIZE=fuzzer-no-link,address,undefined -DCORPUSMILL_FUZZ=ON \
                 -DCMAKE_CXX_COMPILER=$(CLANG)
endif
SOURCES := pyproject.toml CMakeLists.txt $(shell find csrc python kernels -type f \
             -not -name '*.pyc' 2>/dev/null)

.PHONY: demo test lint check native check-levels check-threads fuzz neon wheel bench clean

demo: build/installed
	$(BIN)/corpusmill demo

test: build/installed-test
	$(BIN)/python -m pytest tests -n auto $(if $(CORPUS),--corpus $(CORPUS))

lint: build/installed-test build/installed-lint
	$(BIN)/ruff format --check python tests bench kernels csrc
	$(BIN)/ruff check python tests bench kernels csrc
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run -Werror $$(find csrc tests -name '*.?pp' -o -name '*.h')
	$(BIN)/cmake -S . -B build/tidy -G Ninja -DPython_EXECUTABLE=$(abspath $(BIN)/python) \
	    -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
	    -Dpybind11_DIR=$$($(BIN)/python -m pybind11 --cmakedir) \
	    -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) >/dev/null
	$(BIN)/python tests/check/tidy.py build/tidy $(BIN)/clang-tidy

check: native
	$(CORE) -B build/check-thread -DCMAKE_CXX_FLAGS=-O1 -DCORPUSMILL_CHECK=ON \
	    -DCORPUSMILL_SANITIZE=thread >/dev/null
	$(BIN)/cmake --build build/check-thread
	$(MAKE) --no-print-directory -j 2 check-levels check-threads

native: build/installed
	$(CORE) -B $(NATIVE) -DCMAKE_CXX_FLAGS=-O1 -DCORPUSMILL_CHECK=ON $(SANITIZED) >/dev/null
	$(BIN)/cmake --build $(NATIVE)

check-levels: # the lowest and the best; tests/test_levels.py compares all
	for level in $$($(NATIVE)/check --levels | sed -n '1p;$$p'); do \
	  CORPUSMILL_SIMD=$$level $(NATIVE)/check || exit 1; \
	done

check-threads: # at the best level alone: what threads share has no level
	build/check-thread/check

# Finds go on a corpus under build/, which the levels below the best one then run over too.
ifeq ($(CLANG),)
fuzz:
	@echo "make fuzz: skipped, there is no clang++ 17 or later on this machine"
else
fuzz: native
	$(MAKE) --no-print-directory -j 2 $(patsubst tests/fuzz/%.cpp,fuzz-%,$(wildcard tests/fuzz/*.cpp))

fuzz-%:
	@log=build/fuzz/$*.log; \
	corpora="build/fuzz/corpus/$* tests/fuzz/corpus/$*"; \
	dictionary=$$(find tests/fuzz -name $*.dict); \
	run="$(NATIVE)/fuzz_$* -timeout=20 -artifact_prefix=build/fuzz/$*-"; \
	mkdir -p build/fuzz/corpus/$* && \
	( $$run -max_total_time=$(SECONDS) $${dictionary:+-dict=$$dictionary} $$corpora && \
	  for level in $$($(BIN)/python -c \
	      'from corpusmill import _core; print(*_core.core.simd_levels()[:-1])'); do \
	    CORPUSMILL_SIMD=$$level $$run -runs=0 $$corpora || exit 1; \
	  done ) >$$log 2>&1 || { tail -n 60 $$log; exit 1; }; \
	echo "$*: $$(grep '^Done' $$log | head -n 1)"
endif

ifeq ($(and $(shell command -v $(CROSS)-g++),$(shell command -v qemu-aarch64)),)
neon:
	@echo "make neon: skipped, it needs $(CROSS)-g++ and qemu-aarch64"
else
neon: build/installed
	test -x $(NATIVE)/check || $(MAKE) check
	$(CORE) -B build/neon -DCMAKE_CXX_FLAGS=-O1 -DCORPUSMILL_CHECK=ON \
	    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
	    -DCMAKE_CXX_COMPILER=$(CROSS)-g++ >/dev/null
	$(BIN)/cmake --build build/neon
	qemu-aarch64 -L /usr/$(CROSS) build/neon/check
	qemu-aarch64 -L /usr/$(CROSS) build/neon/check --fingerprint >build/neon/fingerprint
	for level in $$($(NATIVE)/check --levels); do \
	  CORPUSMILL_SIMD=$$level $(NATIVE)/check --fingerprint | diff - build/neon/fingerprint && \
	  echo "aarch64 and $$level agree in $$(wc -l <build/neon/fingerprint) answers" || exit 1; \
	done
endif

# The wheel is of what `installed` compiled; a test shows that the archive holds the same sources.
wheel: build/installed-test build/installed-wheel
	rm -rf dist build/dist && mkdir -p build/dist
	$(BIN)/python -m build --sdist --no-isolation --outdir build/dist .
	$(BIN)/python -m pip wheel --quiet --no-build-isolation --no-deps --wheel-dir build/dist .
	PATH=$(abspath $(BIN)):$$PATH $(BIN)/auditwheel repair --wheel-dir dist build/dist/*.whl
	cp build/dist/*.tar.gz dist
	$(BIN)/python -m pytest -q tests/test_wheel.py --wheel dist/*.whl

bench: build/installed-bench
	$(BIN)/python -m bench $(if $(CORPUS),--corpus $(CORPUS))

clean:
	rm -rf .venv build dist

# It is built with what stands in .venv, so that a change compiles what it touches alone, and installed as a user
# has it, not in place, so that tests see what a wheel holds.
$(BIN)/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

build/installed: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --group build
	$(BIN)/python -m pip install --quiet --no-build-isolation '.[cli]'
	@mkdir -p build && touch $@

build/installed-%: build/installed
	$(BIN)/python -m pip install --quiet 'corpusmill[$*]'
	@touch $@

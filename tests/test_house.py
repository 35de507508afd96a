"""house: every "never" of docs/architecture.md, checked against the sources and the installed wheel."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CSRC, PYTHON, KERNELS = ROOT / "csrc", ROOT / "python" / "corpusmill", ROOT / "kernels"
CPP = sorted(path for path in CSRC.rglob("*") if path.suffix in {".cpp", ".hpp", ".h"})
PY = sorted(PYTHON.rglob("*.py"))

# What each area may include besides itself. bind/ stands on all of them.
MAY_INCLUDE = {
    "core": set(),
    "simd": {"core"},
    "text": {"core", "simd"},
    "ngram": {"core", "simd", "text"},
    "dedup": {"core", "simd", "text", "ngram"},
    "jsonl": {"core", "simd", "text"},
    "tokenizer": {"core", "simd", "text"},
    "scoring": {"core", "simd"},
}

# Python floors, lowest first; a module imports from lower floors, or from its own area.
FLOORS = [
    {"_core", "_check", "_arrays", "_whole_file"},
    {"_arrow"},
    {"_offsets"},
    {"_ngram_contamination_rules", "_ngram_contamination_seen"},
    {"_ngram_contamination"},
    {"_tokens"},
    {"_tokenizer_added"},
    {"_tokenizer_files", "_tokenizer_columns", "_tokenizer_patterns", "_tokenizer_signals"},
    {"_tokenizer_ranks", "_tokenizer_encoding", "_tokenizer_wordpiece", "_tokenizer_sums"},
    {"_tokenizer_merges", "_tokenizer_tekken", "_tokenizer_sentencepiece", "_tokenizer_report"},
    {"_tokenizer_json_bpe"},
    {"_tokenizer_json_marks"},
    {"_tokenizer_json_pieces"},
    {"_tokenizer_json"},
    {"_tokenizer_parts"},
    {"_tokenizer_train"},
    {"_tokenizer_save", "_tokenizer_delegated"},
    {"_tokenizer_learned"},
    {"_ngram_features"},
    {"_ngram_counting", "_ngram_terms"},
    {"_ngram_filter_options"},
    {"_ngram_filter"},
    {"text", "ngram", "tokenizer"},
    {"_dedup_bands"},
    {"_dedup_options", "_dedup_inputs", "_dedup_passages", "_dedup_pieces"},
    {"_dedup_decide", "_dedup_index_options"},
    {"_dedup_segments", "_dedup_parts"},
    {"_dedup_index_file"},
    {"_dedup_index"},
    {"dedup"},
    {"select", "scoring"},
    {"shards"},
    {"report", "_across_rows", "_ray_files", "_ray_scoring", "torch"},
    {"ray"},
    {"cli"},
]

# Inside shards/: a folder may import these others, besides the files of shards/ itself.
SHARD_FOLDERS = {
    "reading": set(),
    "state": {"reading"},
    "writing": {"reading", "state"},
    "tokens": {"reading", "state", "writing"},
    "jobs": {"reading", "state", "writing", "tokens"},
    "recipe": {"reading", "state", "jobs"},
}


def includes(path: Path) -> list[str]:
    return re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE)


def imports(path: Path) -> set[str]:
    """Modules a file names in import statements, wherever they stand in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own(modules: set[str]) -> set[str]:
    """Of these, our areas: the second word of corpusmill.AREA."""
    return {name.split(".")[1] for name in modules if name.startswith("corpusmill.")}


def area(path: Path) -> str:
    return path.relative_to(PYTHON).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", CPP, ids=lambda path: str(path.relative_to(CSRC)))
def test_core_knows_no_python(path: Path) -> None:
    if path.parent.name != "bind":
        assert not re.search(r"#include .*(pybind11|Python\.h|numpy)", path.read_text())


def test_bind_computes_nothing() -> None:
    for path in (CSRC / "bind").glob("*.cpp"):
        counted = re.findall(r"for \((?:size_t|int|auto i|std::size_t)[^:;]*;", path.read_text())
        assert not counted or path.stem in {"text"}, f"{path.name} loops over data"


def test_only_bind_knows_release_callbacks() -> None:
    for path in CPP:
        if path.parent.name != "bind" and path.name != "arrow_abi.h":
            assert not re.search(r"(->|\.)release\b(?!\(\))", path.read_text()), path


def test_cpp_areas_point_down() -> None:
    for path in CPP:
        here = path.parent.name
        if here == "bind":
            continue
        areas = {name.split("/")[0] for name in includes(path)} - {here}
        assert areas <= MAY_INCLUDE[here], f"{path.relative_to(ROOT)} includes {areas}"


def test_cpp_includes_close_no_circle() -> None:
    edges = {str(p.relative_to(CSRC)): includes(p) for p in CPP}
    assert_no_circle(edges)


def test_python_areas_point_down() -> None:
    floor = {name: i for i, names in enumerate(FLOORS) for name in names}
    for path in PY:
        here = area(path)
        if here == "__init__":
            continue
        for other in own(imports(path)) - {here, "kernels"}:  # which stand beside all
            assert floor[other] < floor[here], f"{path.relative_to(ROOT)} imports {other}"


def test_shards_point_down() -> None:
    """Reading knows no state, neither knows writing, and no kind of job knows another."""
    base = PYTHON / "shards"
    kinds = {path.name for path in (base / "jobs").iterdir() if path.is_dir()}
    for path in base.rglob("*/*.py"):
        folder, *below = path.relative_to(base).parts
        imported = [name.split(".")[2:] for name in top_level_imports(path) if ".shards." in name]
        others = {name[0] for name in imported} & SHARD_FOLDERS.keys()
        assert others <= SHARD_FOLDERS[folder] | {folder}, f"{path.relative_to(ROOT)}: {others}"
        jobs = {name[1] for name in imported if name[0] == "jobs" and len(name) > 1} & kinds
        assert folder != "jobs" or jobs <= {below[0]}, f"{path.relative_to(ROOT)}: {jobs}"


def test_python_imports_close_no_circle() -> None:
    names = {path: ".".join(path.relative_to(PYTHON.parent).with_suffix("").parts) for path in PY}
    modules = {name.removesuffix(".__init__"): path for path, name in names.items()}
    edges = {
        # `from package import module` inside a package names the package on the way
        name: [
            o for o in sorted(imports(path) & modules.keys()) if not f"{name}.".startswith(f"{o}.")
        ]
        for name, path in modules.items()
    }
    assert_no_circle(edges)


def assert_no_circle(edges: dict[str, list[str]]) -> None:
    done: set[str] = set()

    def walk(node: str, path: tuple[str, ...]) -> None:
        assert node not in path, " -> ".join((*path, node))
        if node not in done:
            for other in edges.get(node, []):
                walk(other, (*path, node))
            done.add(node)

    for node in edges:
        walk(node, ())


def test_kernels_stand_alone() -> None:
    for path in KERNELS.rglob("*.py"):
        assert not own(imports(path))
    for path in PY:
        assert "corpusmill.kernels" not in top_level_imports(path)


def top_level_imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    tree.body = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


EVERYTHING = "import corpusmill.dedup, corpusmill.ngram, corpusmill.scoring, corpusmill.shards, corpusmill.text"
"""All areas; `import corpusmill` alone imports each when it is first asked for."""


def in_fresh_process(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd="/"
    ).stdout


def test_import_brings_in_no_heavy_library() -> None:
    heavy = {
        "torch",
        "transformers",
        "triton",
        "ray",
        "matplotlib",
        "typer",
        "rich",
        "datasets",
        "pandas",
    }
    loaded = in_fresh_process(f"{EVERYTHING}, sys; print(*sys.modules)").split()
    assert not heavy & set(loaded)
    assert "corpusmill.cli" not in loaded


@pytest.mark.parametrize(
    ("library", "area", "extra"),
    [("ray", "ray", "ray"), ("torch", "torch", "torch"), ("torch", "scoring.score", "score")],
)
def test_without_its_library_an_area_says_what_it_needs(
    library: str, area: str, extra: str
) -> None:
    program = f"""
import sys
sys.modules["{library}"] = None
import corpusmill
try:
    corpusmill.{area}
except ModuleNotFoundError as error:
    print(error)
"""
    assert f'pip install "corpusmill[{extra}]"' in in_fresh_process(program)


@pytest.mark.parametrize(
    ("name", "areas"),
    [("ray", {"ray", "_ray_files", "_ray_scoring"}), ("torch", {"torch", "scoring"})],
)
def test_only_its_area_imports_a_library(name: str, areas: set[str]) -> None:
    found = {area(path) for path in PY if {name} & {of.split(".")[0] for of in imports(path)}}
    assert found == areas


def test_an_area_is_imported_when_it_is_asked_for() -> None:
    program = "import corpusmill, sys; print(*sys.modules); corpusmill.text; print(*sys.modules)"
    before, after = (line.split() for line in in_fresh_process(program).splitlines())
    assert not {"numpy", "pyarrow"} & set(before)
    assert "corpusmill.text" in after
    assert "corpusmill.shards" not in after
    everything = "import corpusmill; print(*(getattr(corpusmill, n) for n in corpusmill.__all__))"
    assert "corpusmill.select" in in_fresh_process(everything)


def test_import_needs_little_memory_over_pyarrow() -> None:
    peak = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    alone, ours = (
        int(in_fresh_process(f"{imported}; {peak}"))
        for imported in ("import pyarrow.compute, numpy", EVERYTHING)
    )
    assert ours - alone < 60_000, f"{ours - alone} kB"


def test_oracles_import_nothing_of_ours() -> None:
    for path in (ROOT / "tests").glob("oracles*.py"):
        assert not any("corpusmill" in name for name in imports(path)), path.name


def test_the_library_reads_no_surroundings() -> None:
    """No environment, clock, network or global random state outside the command line."""
    forbidden = {"random", "socket", "urllib", "http", "requests"}
    for path in PY:
        if area(path) == "cli":
            continue
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & forbidden, path
        assert not re.search(
            r"\bos\.environ\b|\bgetenv\b|np\.random\.(?!Generator)", path.read_text()
        )
        if path.name != "run_facts.py":
            assert not roots & {"time", "datetime"}, f"{path} reads the clock"


def test_cpp_reads_one_variable_and_no_clock() -> None:
    for path in CPP:
        source = path.read_text()
        assert ("getenv" in source) == (path.name == "dispatch.cpp"), path
        assert not re.search(r"<chrono>|<ctime>|std::rand\b|random_device", source), path


def test_installed_files_keep_kernels_inside_the_package() -> None:
    files = importlib.metadata.files("corpusmill")
    assert files is not None
    if not any(file.name == "py.typed" for file in files):
        pytest.skip("installed in place; `make test` installs the wheel")
    tops = {file.parts[0] for file in files}
    assert "kernels" not in tops
    assert any(file.parts[:2] == ("corpusmill", "kernels") for file in files)
    assert any(file.name == "_core.pyi" for file in files)


def test_a_build_without_isolation_has_what_an_isolated_one_has() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    isolated = re.search(r"^requires = \[(.*)\]$", text, re.MULTILINE)
    group = re.search(r"^build = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert isolated
    assert group
    assert set(re.findall(r'"([^"]+)"', isolated[1])) <= set(re.findall(r'"([^"]+)"', group[1]))


def test_sources_name_no_place() -> None:
    """No absolute path of a developer's machine gets into the project."""
    for path in [*CPP, *PY, *ROOT.glob("docs/*.md"), ROOT / "README.md"]:
        assert not re.search(r"(?<![\w.])/(home|work|root|tmp)/", path.read_text()), path


@pytest.mark.parametrize("path", [*CPP, *PY], ids=lambda path: str(path.relative_to(ROOT)))
def test_files_say_what_they_are_and_stay_short(path: Path) -> None:
    text = path.read_text()
    if path.name in ("unicode_tables.cpp", "category_runs.cpp"):
        return
    name = path.parent.name if path.stem in {"__init__", "__main__"} else path.stem
    opening = text.lstrip('/" ').split("\n", 1)[0]
    assert opening.startswith(f"{name}:"), f"{path.name} opens with {opening!r}"
    assert text.count("\n") <= 260

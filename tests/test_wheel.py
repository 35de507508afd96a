"""wheel: what a built wheel and the source archive beside it hold, and that the wheel works where
nothing else of ours is. `--wheel FILE`."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import corpusmill

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "python" / "corpusmill"
LINKED = r"(libc|libm|libstdc\+\+|libgcc_s|libpthread|ld-linux-[\w-]+)\.so\.\d+"
PLACES = rb"/(home|root|tmp|work|build|project|private|Users|opt|usr)/[\w.-]+"


@pytest.fixture(scope="module")
def wheel(request: pytest.FixtureRequest) -> Path:
    path = request.config.getoption("--wheel")
    if path is None:
        pytest.skip("needs --wheel FILE; `make wheel` builds one and passes it")
    return Path(path)


@pytest.fixture(scope="module")
def held(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]  # folders
        return {name: archive.read(name) for name in names}


@pytest.fixture(scope="module")
def extension(held: dict[str, bytes]) -> bytes:
    [name] = [name for name in held if name.endswith(".so")]
    assert re.fullmatch(r"corpusmill/_core\.[\w-]+\.so", name)
    return held[name]


def test_the_package_is_there_and_nothing_else(held: dict[str, bytes]) -> None:
    files = [path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".pyi", ".css", ".js"}]
    sources = {f"corpusmill/{path.relative_to(PACKAGE)}" for path in files}
    sources |= {f"corpusmill/kernels/{path.name}" for path in (ROOT / "kernels").glob("*.py")}
    sources = {name for name in sources if "__pycache__" not in name} | {"corpusmill/py.typed"}
    assert {"corpusmill/_core.pyi", "corpusmill/kernels/__init__.py"} <= sources
    names = {name for name in held if ".dist-info/" not in name and not name.endswith(".so")}
    assert names == sources


def test_licences_go_along(held: dict[str, bytes]) -> None:
    ours = {"LICENSE", *(f"LICENSES/{path.name}" for path in (ROOT / "LICENSES").iterdir())}
    assert {name.split(".dist-info/licenses/")[-1] for name in held if "/licenses/" in name} == ours


def test_the_name_says_what_it_runs_on(wheel: Path) -> None:
    tag = f"cp3{sys.version_info.minor}"
    version = re.escape(corpusmill.__version__)
    manylinux = rf"(\.?manylinux(_\d+_\d+|2014)_{platform.machine()})+"
    assert re.fullmatch(rf"corpusmill-{version}-{tag}-{tag}-{manylinux}\.whl", wheel.name)


def test_the_extension_links_what_every_linux_has(extension: bytes, tmp_path: Path) -> None:
    elffile = pytest.importorskip("elftools.elf.elffile")
    path = tmp_path / "_core.so"
    path.write_bytes(extension)
    with path.open("rb") as file:
        dynamic = elffile.ELFFile(file).get_section_by_name(".dynamic")
        needed = [tag.needed for tag in dynamic.iter_tags("DT_NEEDED")]
        searched = [*dynamic.iter_tags("DT_RPATH"), *dynamic.iter_tags("DT_RUNPATH")]
    assert needed
    assert all(re.fullmatch(LINKED, name) for name in needed), needed
    assert not searched


def test_the_extension_names_no_place_or_machine(extension: bytes) -> None:
    assert not re.search(PLACES, extension)
    name = platform.node().encode()
    assert len(name) < 4 or name not in extension


def test_it_is_small(wheel: Path, extension: bytes) -> None:
    """Debugging symbols or another library's code would be many megabytes."""
    assert len(extension) < 4_000_000
    assert wheel.stat().st_size < 2_500_000


def test_the_source_archive_holds_sources_alone(wheel: Path) -> None:
    [archive] = wheel.parent.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.split("/", 1)[1] for name in tar.getnames()}
    folders = {name.split("/")[0] for name in names if "/" in name}
    assert folders == {"LICENSES", "csrc", "kernels", "python"}
    assert {"CMakeLists.txt", "LICENSE", "README.md", "pyproject.toml"} <= names
    assert all(
        Path(name).suffix
        in {".py", ".pyi", ".css", ".js", ".cpp", ".hpp", ".h", ".txt", ".md", ".toml"}
        for name in names
        if Path(name).name not in {"LICENSE", "PKG-INFO", "py.typed"}
    )


def test_the_source_archive_holds_what_the_wheel_was_built_from(wheel: Path) -> None:
    [archive] = wheel.parent.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        opened = [(member.name.split("/", 1)[1], tar.extractfile(member)) for member in tar]
        files = {name: file.read() for name, file in opened if file}
    assert files.pop("PKG-INFO")
    assert files == {name: (ROOT / name).read_bytes() for name in files}
    built = [
        path for folder in ("csrc", "kernels", "python") for path in (ROOT / folder).rglob("*")
    ]
    sources = {str(path.relative_to(ROOT)) for path in built if path.is_file()}
    assert {name for name in sources if not name.endswith(".pyc")} <= files.keys()


def test_it_works_alone(wheel: Path, tmp_path: Path) -> None:
    """Unpacked into an empty folder; the packages it depends on are those of this Python."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "wheel_smoke.py")],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(tmp_path / "corpusmill" / "__init__.py")

"""dolma's deduper of lines: what a Bloom filter has seen, as attributes beside the documents.

All of it is in dolma's compiled module. The package around that imports taggers and what they need, which is
not installed; so the module is taken from its folder.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import json
import shutil
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

ATTRIBUTE = "seen"


def find(folder: Path, num_lines: int, rate: float) -> None:
    """Works on folder/documents/*.gz and leaves folder/attributes and the filter.

    It would take up both where they stand, so they are removed first.
    """
    bloom = folder / "dolma.filter"
    bloom.unlink(missing_ok=True)
    shutil.rmtree(folder / "attributes", ignore_errors=True)
    work = {name: str(folder / f"dolma-{name}") for name in ("input", "output")}
    for place in work.values():
        Path(place).mkdir(exist_ok=True)
    _compiled().deduper_entrypoint(
        json.dumps(
            {
                "documents": [str(folder / "documents" / "*.gz")],
                "dedupe": {
                    "name": ATTRIBUTE,
                    "paragraphs": {"attribute_name": ATTRIBUTE},
                    "skip_empty": True,
                    "min_length": 0,
                    "min_words": 0,
                    "num_partitions": 1,
                    "partition_index": 0,
                    "file_partition": False,
                    "document_dir": "documents",
                },
                "bloom_filter": {
                    "file": str(bloom),
                    "read_only": False,
                    "size_in_bytes": 0,
                    "estimated_doc_count": num_lines,
                    "desired_false_positive_rate": rate,
                },
                "is_s3_volume": False,
                "work_dir": work,
                "processes": 1,
                "compression": {"input": None, "output": None},
            }
        )
    )


def _compiled() -> ModuleType:
    if "dolma" not in sys.modules:
        spec = find_spec("dolma")
        assert spec
        assert spec.submodule_search_locations
        package = ModuleType("dolma")
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules["dolma"] = package
    return import_module("dolma.dolma")

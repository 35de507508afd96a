"""kernels_ahead: compiles kernels for sm_90 with no GPU; prints what is said of each. A program.

Every entry of the tables of kernels/configurations.py, at every level it is taken for; the rest at
the last level alone.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from kernels import combine, documents, from_logits, fused_linear, target_logits
from kernels.configurations import EXACT, POINTERS, ROWS, SQUARE, WIDE, Tiles

WORDS = {"bf16": 2, "fp32": 4}
NUMBERS = {"unit", "inner", "cap"}
POINTERS_TO = {"targets": "i64", "integers": "i32", "piece_integers": "i32", "counts": "i64"}
POINTERS_TO |= {"cu_seqlens": "i32", "wanted": "i64", "documents_sums": "fp64"}
FLOATS = {
    "logits",
    "hidden",
    "weight",
    "bias",
    "z",
    "z_in",
    "floats",
    "piece_floats",
    "column",
    "columns",
}
STRIDES = {"row_stride", "hidden_stride", "weight_stride"}


def compiled(
    kernel: Any, constants: dict[str, Any], types: dict[str, str], warps: int, stages: int
) -> dict[str, Any]:
    """`types` of its own; other pointers are to float32, sizes 32-bit, rows begin at 16 bytes."""
    names = kernel.arg_names
    signature = {name: types.get(name) or of(name) for name in names}
    signature |= dict.fromkeys(constants, "constexpr")
    whole = [
        n
        for n in names
        if signature[n].startswith("*") or (n in STRIDES and not constants.get("ALIGNED") is False)
    ]
    source = ASTSource(
        fn=kernel,
        signature=signature,
        constexprs={(names.index(name),): value for name, value in constants.items()},
        attrs={(names.index(name),): [["tt.divisibility", 16]] for name in whole},
    )
    options = {"num_warps": warps, "num_stages": stages, "enable_fp_fusion": True}
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        made = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)
    [registers] = re.findall(r"Used (\d+) registers", said.getvalue())
    [spill] = re.findall(r"(\d+) bytes spill stores", said.getvalue())
    return {
        "registers": int(registers),
        "spill": int(spill),
        "shared": made.metadata.shared,
        "wgmma": "wgmma.mma_async" in made.asm["ptx"],
        "tma": "cp.async.bulk.tensor" in made.asm["ptx"],
    }


def of(name: str) -> str:
    if name in POINTERS_TO:
        return f"*{POINTERS_TO[name]}"
    if name in FLOATS:
        return "*fp32"
    return "fp32" if name in NUMBERS else "i32"


def rows(level: int, word: str) -> dict[str, Any]:
    table = ROWS[WORDS[word]]
    constants = {"LEVEL": level, "BLOCK": table.block, "ALIGN": 16 // WORDS[word], "bias": None}
    constants |= dict.fromkeys(("ALIGNED", "CAP", "GIVEN", "BIAS"), False) | {"DIRECT": True}
    constants["STAGES"] = table.stages
    return compiled(from_logits.rows_kernel, constants, {"logits": f"*{word}"}, table.warps, 3)


def fused(tiles: Tiles, level: int, word: str, *, capped: bool = False) -> dict[str, Any]:
    """With a bias where there is a cap, which is all that a head can have."""
    described = tiles != POINTERS
    types = {"hidden": f"*{word}", "weight": f"*{word}", "bias": f"*{word}"}
    if described:
        types["hidden"] = f"tensordesc<{word}[{tiles.t},{tiles.d}]>"
        types["weight"] = f"tensordesc<{word}[{tiles.v},{tiles.d}]>"
    constants = {"LEVEL": level, "BLOCK_T": tiles.t, "BLOCK_V": tiles.v, "BLOCK_D": tiles.d}
    constants |= {"HALVES": tiles.halves, "DESCRIBED": described, "UPCAST": False, "RAGGED": True}
    constants |= {"BIAS": capped, "CAP": capped, "DIRECT": False}
    constants |= {} if capped else {"bias": None}
    return compiled(fused_linear.fused_kernel, constants, types, tiles.warps, tiles.stages)


def small() -> Iterator[tuple[str, dict[str, Any]]]:
    """Those that read one number for each position or document."""
    yield "combine", compiled(combine.combine_kernel, {"LEVEL": 2, "BLOCK_T": 128}, {}, 4, 3)
    constants = {"BLOCK_T": 16, "BLOCK_D": 128, "BIAS": True, "CAP": True}
    types = {"hidden": "*bf16", "weight": "*bf16", "bias": "*bf16"}
    yield "target_logits", compiled(target_logits.target_kernel, constants, types, 4, 3)
    sums = {"sums": "*fp64"}
    constants = {"COLUMNS": 2, "BLOCK": 1024}
    yield "documents sums", compiled(documents.sums_kernel, constants, sums, 4, 3)
    yield "documents lowest", compiled(documents.lowest_kernel, {"BLOCK": 1024}, sums, 4, 3)


def everything() -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Name, level, what the compiler says."""
    for level in range(3):
        yield "rows bf16", level, rows(level, "bf16")
        yield "fused wide", level, fused(WIDE, level, "bf16", capped=level == 1)
        yield "fused square", level, fused(SQUARE, level, "bf16", capped=level == 2)
    yield "rows fp32", 2, rows(2, "fp32")
    yield "fused pointers", 2, fused(POINTERS, 2, "bf16")
    yield "fused exact", 2, fused(EXACT, 2, "fp32")
    for name, says in small():
        yield name, 2, says


if __name__ == "__main__":
    triton.knobs.nvidia.dump_ptxas_log = True
    for name, level, says in everything():
        print(json.dumps({"kernel": name, "level": level, **says}), flush=True)  # noqa: T201

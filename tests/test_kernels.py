"""kernels: Triton's, beside oracles_scoring of the same rounded inputs, interpreted or on a GPU.

On a GPU: `python -m pytest --noconftest tests/test_kernels.py`, with torch, triton and hypothesis
alone. Tolerances are those of docs/scoring.md, for logits up to L in absolute value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch and triton")
pytest.importorskip("triton", reason="needs torch and triton")

import oracles_scoring as oracle
from kernels import chunked, dispatch, documents, from_logits, fused_linear, outputs
from kernels.configurations import CHUNK, POINTERS, SQUARE, WIDE, faster_path, splits_of

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
Found = dict[str, "torch.Tensor"]
Score = Callable[..., Found]

in_chunks = partial(chunked.token_statistics, chunk=(4, 600))
in_halves = partial(fused_linear.token_statistics, tiles=WIDE)
by_pointers = partial(fused_linear.token_statistics, tiles=POINTERS)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small matrices are multiplied faster by one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def drawn(*shape: int, dtype: torch.dtype = torch.float32, std: float = 1.0) -> torch.Tensor:
    made = np.random.default_rng(sum(shape)).normal(size=shape) * std
    return torch.tensor(made).to(dtype).to(DEVICE)


def ids(T: int, V: int) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(T).integers(0, V, T)).to(DEVICE)


def doubles(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().double().numpy()


def assert_near(found: Found, logits: np.ndarray, targets: torch.Tensor, name: str = "") -> None:
    """Against float64 of final logits, every statistic that was found."""
    marks = targets.cpu().numpy()
    for row, at in enumerate(marks):
        want = oracle.row_statistics(logits[row], int(at))
        got = {key: values[row].item() for key, values in found.items()}
        if want["rank"] == -1:
            assert all(np.isnan(got[key]) for key in got if key not in outputs.INTEGERS), name
            assert all(got[key] == -1 for key in outputs.INTEGERS if key in got), name
            continue
        finite = logits[row][np.isfinite(logits[row])]
        span = np.abs(finite).max()
        near = 2e-5 + 2e-6 * span
        tie = 4e-6 * span
        p = np.exp(logits[row] - want["lse"])
        with np.errstate(invalid="ignore"):  # of -inf nothing is near
            beside = np.abs(logits[row] - logits[row][at]) <= tie
        beside[at] = True
        allowed = dict.fromkeys(("nll", "lse", "max_logprob", "entropy", "sum_p2", "el2n"), near)
        allowed |= {
            "variance": max(1e-4, 1e-3 * want["variance"]),
            "mass_above": near + p[beside].sum() - p[at],
            "rank": beside.sum() - 1,
            "argmax": 0,
        }
        for key, value in got.items():
            if key == "argmax" and value >= 0:
                assert logits[row][value] >= logits[row].max() - tie, name
            elif np.isfinite(want[key]):
                assert abs(value - want[key]) <= allowed[key], f"{name}: {key} of row {row}"
            else:
                assert value == want[key], f"{name}: {key} of row {row}"
        assert_bounded(got, logits.shape[1])


def assert_bounded(got: dict[str, float], V: int) -> None:
    assert got["nll"] >= 0 >= got["max_logprob"]
    if "entropy" in got:
        assert 0 <= got["entropy"] <= np.log(V) + 1e-5
        assert got["variance"] >= 0
    if "rank" in got:
        assert 0 <= got["rank"] < V
        assert 0 <= got["argmax"] < V
        assert 0 <= got["mass_above"] <= 1


DTYPES = [torch.float32, torch.float16, torch.bfloat16]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_logits_of_any_dtype_and_layout(dtype: torch.dtype) -> None:
    """Rows of 9001 begin at every address that a row can; V is coprime to the block."""
    logits = drawn(4, 9001, dtype=dtype, std=3)
    targets = ids(4, 9001)
    targets[1] = -100
    found = from_logits.token_statistics(logits, targets, level=2, scale=0.5, softcap=20.0)
    assert_near(found, oracle.transformed(doubles(logits), 0.5, 20.0), targets)
    aligned = from_logits.token_statistics(logits[:, :8192], targets % 8192, level=2)
    assert_near(aligned, doubles(logits[:, :8192]), targets % 8192)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    "score",
    [fused_linear.token_statistics, in_halves, by_pointers, in_chunks],
    ids=["fused", "halves", "pointers", "chunked"],
)
def test_a_head_of_any_dtype(score: Score, dtype: torch.dtype) -> None:
    """Neither T, D nor V is a multiple of a block; the copy engine cannot read rows of 101."""
    D = 101 if score is by_pointers else 104
    T = 5 if score is in_chunks else 37  # a program for each row takes the interpreter long
    hidden, weight = drawn(T, D, dtype=dtype), drawn(1003, D, dtype=dtype, std=0.5)
    bias, targets = drawn(1003, dtype=dtype), ids(T, 1003)
    targets[3] = -1
    found = score(hidden, weight, targets, level=2, bias=bias, scale=0.25, softcap=30.0)
    logits = oracle.final_logits(*map(doubles, (hidden, weight, bias)), 0.25, 30.0)
    assert_near(found, logits, targets)
    plain = score(hidden, weight, targets, level=2)
    assert_near(plain, oracle.final_logits(doubles(hidden), doubles(weight)), targets)


@pytest.mark.parametrize("level", [0, 1])
def test_a_level_gives_what_is_asked_and_no_more(level: int) -> None:
    hidden, weight, targets = drawn(9, 64), drawn(300, 64, std=0.5), ids(9, 300)
    logits = hidden @ weight.T
    names = {name for names in outputs.LEVELS[: level + 1] for name in names}
    for found in (
        from_logits.token_statistics(logits, targets, level=level),
        fused_linear.token_statistics(hidden, weight, targets, level=level, tiles=SQUARE),
        in_chunks(hidden, weight, targets, level=level),
    ):
        assert set(found) == names
        assert_near(found, doubles(hidden) @ doubles(weight).T, targets)


HOSTILE = {
    "around -200": lambda x: x - 200,
    "around 1000": lambda x: x + 1000,
    "spread over 1e4": lambda x: x * 2500,
    "one finite": lambda x: torch.where(
        torch.arange(x.shape[1], device=x.device) == 7, x, -torch.inf
    ),
    "none finite": lambda x: x - torch.inf,
    "finfo.min where masked": lambda x: torch.where(x < 0, torch.finfo(x.dtype).min, x),
    "all equal": lambda x: x * 0 + 3,
    "one NaN": lambda x: torch.where(
        torch.arange(x.shape[1], device=x.device) == 700, torch.nan, x
    ),
    "one +inf": lambda x: torch.where(torch.arange(x.shape[1], device=x.device) == 3, torch.inf, x),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the interpreter's NumPy, at inf - inf
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_logits(name: str) -> None:
    """By every way in: as they are, and as biases. Below -1e15 they count as -inf."""
    logits = HOSTILE[name](drawn(3, 1003, std=3))
    targets = torch.tensor([7, 500, 3], device=DEVICE)
    found = from_logits.token_statistics(logits, targets, level=2, splits=2)  # one of them is empty
    assert_near(found, floored(doubles(logits)), targets, name)
    hidden, weight = drawn(3, 16), drawn(1003, 16, std=0.1)
    final = floored(oracle.final_logits(*map(doubles, (hidden, weight, logits[0]))))
    for score in (fused_linear.token_statistics, in_chunks):
        found = score(hidden, weight, targets, level=2, bias=logits[0])
        assert_near(found, final, targets, name)


def floored(logits: np.ndarray) -> np.ndarray:
    return np.where(logits < -1e15, -np.inf, logits)


def test_ties_go_to_the_lowest_index_and_rank_nobody_behind_himself() -> None:
    """Equal logits, in several blocks and splits; of a head of twins either may come first."""
    logits = torch.zeros(4, 9001, device=DEVICE)
    logits[:, [5000, 8999]] = 1.0
    targets = torch.tensor([8999, 5000, 0, 9000], device=DEVICE)
    for splits in (1, 3):
        found = from_logits.token_statistics(logits, targets, level=2, splits=splits)
        assert found["argmax"].tolist() == [5000] * 4
        assert found["rank"].tolist() == [0, 0, 2, 2]
    hidden, half = drawn(16, 64), drawn(200, 64)
    weight = torch.cat([half, half])
    best = (hidden @ half.T).argmax(1)
    found = fused_linear.token_statistics(hidden, weight, best, level=2, tiles=SQUARE)
    assert (found["argmax"] % 200).tolist() == best.tolist()
    assert ((found["rank"] == 0) | (found["argmax"] != best)).all()
    assert (found["rank"] <= 1).all()


@pytest.mark.parametrize("V", [1, 2])
@pytest.mark.parametrize("T", [0, 1])
def test_next_to_nothing(T: int, V: int) -> None:
    hidden, weight = drawn(T, 8), drawn(V, 8)
    targets = torch.zeros(T, dtype=torch.int64, device=DEVICE)
    logits = doubles(hidden) @ doubles(weight).T
    for score in (fused_linear.token_statistics, in_chunks):
        assert_near(score(hidden, weight, targets, level=2), logits, targets)
    found = from_logits.token_statistics(hidden @ weight.T, targets, level=2)
    assert_near(found, logits, targets)
    assert all(len(values) == T for values in found.values())


def test_any_number_of_splits_and_any_run_give_the_same() -> None:
    """More than there are blocks: some are empty."""
    hidden, weight, targets = drawn(20, 64), drawn(1003, 64, std=0.3), ids(20, 1003)
    logits = drawn(1, 20_000, std=2)
    fused = partial(fused_linear.token_statistics, hidden, weight, targets, level=2)
    rows = partial(from_logits.token_statistics, logits, targets[:1], level=2)
    chunks = partial(chunked.token_statistics, hidden[:2], weight, targets[:2], level=2)
    once = fused(splits=1), rows(splits=1), chunks()
    for splits in (3, 9):
        assert_the_same(once[0], fused(splits=splits), fused(splits=splits))
    assert_the_same(once[1], rows(splits=7), rows(splits=7))
    assert_the_same(once[2], chunks(chunk=(2, 400)), chunks(chunk=(2, 400)))


def assert_the_same(once: Found, found: Found, again: Found) -> None:
    for key, values in found.items():
        assert torch.equal(values, again[key]), key
        error = (values.double() - once[key].double()).abs()
        spread = (1 + once["lse"].double().abs()) ** (2 if key == "variance" else 1)
        assert (error <= 2e-6 * spread).all(), key


def test_offsets_beyond_31_bits() -> None:
    """Rows so far apart that the last begin beyond 2^31; pages between them are never touched."""
    far = 1 << 30
    room = torch.empty(2 * far + 4096, dtype=torch.float16, device=DEVICE)
    logits = room.as_strided((3, 1000), (far, 1))
    targets = torch.tensor([5, 600, 999], device=DEVICE)
    logits[:] = drawn(3, 1000, dtype=torch.float16, std=3)
    found = from_logits.token_statistics(logits, targets, level=2)
    assert_near(found, doubles(logits), targets)
    hidden = drawn(4, 1000, dtype=torch.float16, std=0.1)
    targets = torch.tensor([2, 0, 1, 2], device=DEVICE)
    for tiles in (SQUARE, POINTERS):
        found = fused_linear.token_statistics(hidden, logits, targets, level=2, tiles=tiles)
        assert_near(found, oracle.final_logits(doubles(hidden), doubles(logits)), targets)


def test_the_dispatcher_takes_either_way() -> None:
    assert faster_path(16_384, 768, 2) == "fused"
    assert faster_path(16_384, 768, 4) == "chunked"
    hidden, weight, targets = drawn(9, 64), drawn(300, 64, std=0.5), ids(9, 300)
    for path in ("fused", "chunked", None):
        found = dispatch.token_statistics(hidden, weight, targets, level=0, path=path)
        assert_near(found, doubles(hidden) @ doubles(weight).T, targets)


def test_memory_beside_the_inputs_is_small() -> None:
    """At T = 16,384 and V = 256,000, for the processors of an H200."""
    T, V, nowhere = 16_384, 256_000, torch.device("meta")
    pieces = splits_of(T, V, WIDE, nowhere), -(-V // CHUNK[1])
    fused, chunks = (size_of(outputs.Room.of(T, many, 2, nowhere)) for many in pieces)
    assert fused <= 32 << 20
    assert chunks + 4 * CHUNK[0] * CHUNK[1] <= 96 << 20


def size_of(room: outputs.Room) -> int:
    return sum(value.nbytes for value in vars(room).values() if isinstance(value, torch.Tensor))


def test_errors_name_what_is_wrong() -> None:
    logits, targets = drawn(3, 10), ids(3, 10)
    with pytest.raises(ValueError, match="the target of row 2 is 10"):
        from_logits.token_statistics(logits, torch.tensor([1, -5, 10], device=DEVICE), level=0)
    with pytest.raises(ValueError, match=r"integers of shape \(3,\)"):
        from_logits.token_statistics(logits, targets[:2], level=0)
    with pytest.raises(ValueError, match="level is 3"):
        from_logits.token_statistics(logits, targets, level=3)
    with pytest.raises(ValueError, match="softcap is 0"):
        from_logits.token_statistics(logits, targets, level=0, softcap=0.0)
    with pytest.raises(ValueError, match=r"logits is torch\.float64"):
        from_logits.token_statistics(logits.double(), targets, level=0)
    with pytest.raises(ValueError, match=r"\[T, D\] and \[V, D\]"):
        fused_linear.token_statistics(logits, drawn(10, 9), targets, level=0)
    with pytest.raises(TypeError, match=r"weight is torch\.float16"):
        fused_linear.token_statistics(logits, drawn(10, 10).half(), targets, level=0)


def test_names_are_those_of_the_library() -> None:
    ours = pytest.importorskip("corpusmill.scoring.statistics", reason="needs corpusmill")
    assert [set(names) for names in outputs.LEVELS] == [set(names) for names in ours.LEVELS]
    assert set(outputs.INTEGERS) == ours.INTEGERS


def test_documents_of_packed_tokens() -> None:
    """Of no token, of one, of none that is scored, longer than a block; many equal values."""
    lengths = [0, 1, 7, 2500, 3, 40]
    cu_seqlens = torch.tensor(np.cumsum([0, *lengths]), dtype=torch.int32, device=DEVICE)
    T = int(cu_seqlens[-1])
    tokens = {"nll": drawn(T).abs(), "entropy": drawn(T + 1).abs()[1:], "variance": drawn(T) ** 2}
    tokens["nll"][100:400] = 2.0
    tokens["variance"][5:20] = 0.0
    for column in tokens.values():
        column[[3, 2508, 2509, 2510]] = torch.nan  # the document of three has no other
    tokens["entropy"][[2, 50]] = torch.nan  # of scored tokens: what lacks is left out where it does
    counts, sums = documents.document_sums(tokens, cu_seqlens)
    lowest = documents.min_k(tokens, cu_seqlens), documents.min_k_pp(tokens, cu_seqlens)
    of = {name: doubles(column) for name, column in tokens.items()}
    scores = (tokens["entropy"] - tokens["nll"]) / tokens["variance"].clamp(min=1e-6).sqrt()
    for at, begin in enumerate(np.cumsum([0, *lengths[:-1]])):
        there = slice(begin, begin + lengths[at])
        for name, column in of.items():
            held = column[there][~np.isnan(column[there])]
            assert counts[name][at] == len(held)
            assert sums[name][at].item() == pytest.approx(held.sum(), rel=1e-12)
        for got, column in zip(lowest, (-of["nll"], doubles(scores)), strict=True):
            held = np.sort(column[there][~np.isnan(column[there])])
            want = held[: max(1, int(len(held) * 0.2))].mean() if len(held) else np.nan
            assert got[at].item() == pytest.approx(want, rel=1e-12, nan_ok=True)
    bits = documents.bits_per_byte(sums["nll"], torch.tensor([0, 1, 9, 8000, 0, 50], device=DEVICE))
    assert bits[5].item() == pytest.approx(sums["nll"][5].item() / np.log(2) / 50)
    assert bits.isnan().tolist() == [True, False, False, False, True, False]


def test_documents_are_those_of_the_cpu() -> None:
    """Also where a column lacks numbers that others have, and of all, and of infinite losses."""
    ours = pytest.importorskip("corpusmill.scoring", reason="needs corpusmill")
    cu_seqlens = torch.tensor([0, 0, 1, 30, 33, 90], device=DEVICE)
    tokens = {
        name: drawn(90).abs().roll(i) for i, name in enumerate(("nll", "entropy", "variance"))
    }
    tokens["rank"] = ids(90, 5).int()
    for i, column in enumerate(tokens.values()):
        column[[4 + i, 40, *range(30, 33)]] = torch.nan if column.is_floating_point() else -1
    tokens["nll"][60] = torch.inf
    counts, sums = documents.document_sums(tokens, cu_seqlens)
    names = ("tokens", "nll_sum", "entropy_mean", "rank_mean", "min_k", "min_k_pp")
    want = ours.document_statistics(tokens, cu_seqlens.cpu(), statistics=names, k=0.3)
    got = {"tokens": counts["nll"], "nll_sum": sums["nll"]}
    got |= {f"{name}_mean": sums[name] / counts[name] for name in ("entropy", "rank")}
    for name, score in (("min_k", documents.min_k), ("min_k_pp", documents.min_k_pp)):
        got[name] = score(tokens, cu_seqlens, 0.3)
    for name in names:  # whether a division is fused decides a last bit
        np.testing.assert_allclose(doubles(got[name]), want[name], rtol=1e-6, err_msg=name)


def test_the_installed_kernels_are_these() -> None:
    package = pytest.importorskip("corpusmill.kernels", reason="needs corpusmill")
    installed, here = Path(package.__file__).parent, Path(outputs.__file__).parent
    for path in here.glob("*.py"):
        assert (installed / path.name).read_bytes() == path.read_bytes()

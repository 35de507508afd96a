"""The kernels on a GPU, beside copies, torch's multiplication and two peers.

`python -m bench.scoring_gpu` needs torch and triton alone, and no build of ours; peers join where
they can be imported. Contenders of a row run in turn, round after round, and it has the median of
the rounds' ratios. Prints results as JSON and keeps them in results/scoring_gpu.json. Without a GPU
every row says `not measured`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from bench import machine
from bench.harness import Ratio, ratio
from bench.results import FOLDER, Goal, Line, Result, figure
from bench.scoring_peers import PEERS

Work = Callable[[], object]
Clock = Callable[[Work], float]  # milliseconds

MISSED = "not measured"
NAMES = ("nll, lse", "+ entropy, variance", "all statistics")
COPY_SHARES = (0.85, 0.75, 0.55)
PEAK_SHARES = {4096: 0.65, 2048: 0.60, 768: 0.45}
OVER_NLL = {2048: 1.13, 4096: 1.07}


@dataclass(frozen=True)
class Sizes:
    """Positions; vocabularies of logits, of a head and, with its depth, of the row on memory."""

    T: int = 16_384
    vocabularies: tuple[int, ...] = (32_000, 50_257, 128_256)
    V: int = 128_256
    depths: tuple[int, ...] = (4096, 2048, 768)
    V_memory: int = 256_000
    D_memory: int = 2048
    copied: int = 1 << 30  # numbers of two bytes
    square: int = 8192


def rows(sizes: Sizes, rounds: int, clock: Clock, device: str) -> Iterator[Line]:
    """Every row, measured on a device."""
    import torch  # noqa: PLC0415

    torch.manual_seed(0)
    yield from of_logits(sizes, rounds, clock, device)
    for D in sizes.depths:
        yield from of_a_head(sizes, D, rounds, clock, device)
    yield from of_memory(sizes, device)


def in_turn(contenders: dict[str, Work], rounds: int, clock: Clock) -> dict[str, list[float]]:
    """Milliseconds of each, round by round, beginning with another each time."""
    took: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            took[name].append(clock(contenders[name]))
    return took


def of_logits(sizes: Sizes, rounds: int, clock: Clock, device: str) -> Iterator[Line]:
    """Bytes of logits a second, beside bytes read and written by a copy."""
    import torch  # noqa: PLC0415

    from kernels import from_logits  # noqa: PLC0415

    source = torch.empty(sizes.copied, dtype=torch.bfloat16, device=device)
    target = torch.empty_like(source)
    for V in sizes.vocabularies:
        logits = torch.randn(sizes.T, V, device=device, dtype=torch.bfloat16)
        targets = torch.randint(0, V, (sizes.T,), device=device)
        score = partial(from_logits.token_statistics, logits, targets, trusted=True)
        work: dict[str, Work] = {"copy": lambda: target.copy_(source)}
        work |= {name: partial(score, level=level) for level, name in enumerate(NAMES)}
        took = in_turn(work, rounds, clock)
        copied = [2 * source.nbytes / ms / 1e9 for ms in took["copy"]]
        for name, goal in zip(NAMES, COPY_SHARES, strict=True):
            ours = [logits.nbytes / ms / 1e9 for ms in took[name]]
            job = f"from logits, bf16, V = {V:,}: {name}"
            yield line(job, ours, copied, unit="TB/s", name="copy", goal=Goal(goal))


def of_a_head(sizes: Sizes, D: int, rounds: int, clock: Clock, device: str) -> Iterator[Line]:
    """Multiplications of a head beside torch's best, the chunks', and the peers'."""
    import torch  # noqa: PLC0415

    from kernels import chunked, fused_linear  # noqa: PLC0415

    hidden = torch.randn(sizes.T, D, device=device, dtype=torch.bfloat16)
    weight = torch.randn(sizes.V, D, device=device, dtype=torch.bfloat16) * D**-0.5
    targets = torch.randint(0, sizes.V, (sizes.T,), device=device)
    a = torch.randn(sizes.square, sizes.square, device=device, dtype=torch.bfloat16)
    fused = partial(fused_linear.token_statistics, hidden, weight, targets, trusted=True)
    chunks = partial(chunked.token_statistics, hidden, weight, targets, trusted=True, level=1)
    work: dict[str, Work] = {"torch.mm": lambda: a @ a, "in chunks": chunks}
    work |= {name: partial(fused, level=level) for level, name in enumerate(NAMES)}
    peers = {peer.name: peer for peer in PEERS if peer.missing() is None}
    work |= {name: partial(peer.run, hidden, weight, targets) for name, peer in peers.items()}
    took = in_turn(work, rounds, clock)
    flops = 2.0 * sizes.T * sizes.V * D
    peak = [2.0 * sizes.square**3 / ms / 1e9 for ms in took["torch.mm"]]
    rates = {name: [flops / ms / 1e9 for ms in each] for name, each in took.items()}
    head = f"head, bf16, D = {D:,}, V = {sizes.V:,}"
    ours = rates[NAMES[1]]
    goal = Goal(PEAK_SHARES[D]) if D in PEAK_SHARES else None
    yield line(f"{head}: nll, entropy", ours, peak, unit="TFLOP/s", name="torch.mm", goal=goal)
    yield line(
        f"{head}: fused / in chunks",
        ours,
        rates["in chunks"],
        unit="TFLOP/s",
        name="in chunks",
        goal=None,
    )
    for peer in PEERS:
        job = f"{head}: nll, entropy / {peer.name}, {peer.gives}"
        if peer.name in rates:
            yield line(job, ours, rates[peer.name], unit="TFLOP/s", name=peer.name, goal=Goal(1.0))
        else:
            yield Line(job, said(ours, "TFLOP/s"), f"{peer.name}: {MISSED}, {peer.missing()}")
    most = Goal(OVER_NLL[D], at_most=True) if D in OVER_NLL else None
    times = took[NAMES[2]], took[NAMES[0]]
    yield line(f"{head}: all statistics / nll alone", *times, unit="ms", name="nll", goal=most)


def of_memory(sizes: Sizes, device: str) -> Iterator[Line]:
    """What a call takes at its peak beside its inputs, in MB of 2^20 bytes."""
    import torch  # noqa: PLC0415

    from kernels import chunked, fused_linear  # noqa: PLC0415

    hidden = torch.randn(sizes.T, sizes.D_memory, device=device, dtype=torch.bfloat16)
    weight = torch.randn(sizes.V_memory, sizes.D_memory, device=device, dtype=torch.bfloat16)
    targets = torch.randint(0, sizes.V_memory, (sizes.T,), device=device)
    for name, kernel, goal in (("fused", fused_linear, 32), ("in chunks", chunked, 96)):
        job = f"memory beside the inputs, V = {sizes.V_memory:,}: {name}"
        if not hidden.is_cuda:
            yield Line(job, MISSED, MISSED, None, Goal(goal, at_most=True))
            continue
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        kernel.token_statistics(hidden, weight, targets, level=2, trusted=True)
        torch.cuda.synchronize()
        took = (torch.cuda.max_memory_allocated() - before) / (1 << 20)
        each = Ratio(took, took, took)
        yield Line(job, f"{figure(took)} MB", "", each, Goal(goal, at_most=True))


def line(
    job: str, ours: list[float], beside: list[float], *, unit: str, name: str, goal: Goal | None
) -> Line:
    """Ours over what is beside it, round by round."""
    return Line(job, said(ours, unit), f"{name}: {said(beside, unit)}", ratio(ours, beside), goal)


def said(each: Sequence[float], unit: str) -> str:
    return f"{figure(sorted(each)[len(each) // 2])} {unit}"


def unmeasured(sizes: Sizes) -> Iterator[Line]:
    """The same rows where there is no GPU."""
    for V in sizes.vocabularies:
        for name, share in zip(NAMES, COPY_SHARES, strict=True):
            yield Line(f"from logits, bf16, V = {V:,}: {name}", MISSED, "copy", None, Goal(share))
    for D in sizes.depths:
        head = f"head, bf16, D = {D:,}, V = {sizes.V:,}"
        goal = Goal(PEAK_SHARES[D]) if D in PEAK_SHARES else None
        yield Line(f"{head}: nll, entropy", MISSED, "torch.mm", None, goal)
        for peer in PEERS:
            job = f"{head}: nll, entropy / {peer.name}, {peer.gives}"
            yield Line(job, MISSED, peer.name, None, Goal(1.0))
        if D in OVER_NLL:
            job = f"{head}: all statistics / nll alone"
            yield Line(job, MISSED, "nll", None, Goal(OVER_NLL[D], at_most=True))
    for name, most in (("fused", 32), ("in chunks", 96)):
        job = f"memory beside the inputs, V = {sizes.V_memory:,}: {name}"
        yield Line(job, MISSED, "", None, Goal(most, at_most=True))


def run(rounds: int = 5, sizes: Sizes | None = None) -> Result:
    """The rows, measured where there is a GPU."""
    result = Result("scoring_gpu", asdict(sizes or Sizes()))
    result.versions = machine.versions("torch", "triton", *(peer.package for peer in PEERS))
    sizes = sizes or Sizes()
    gpu = device_name()
    if gpu is None:
        result.missing.append("there is no GPU, or no torch and triton")
        result.lines = list(unmeasured(sizes))
        return result
    result.corpus = {"gpu": gpu, **asdict(sizes)}
    result.lines = list(rows(sizes, rounds, milliseconds, "cuda"))
    return result


def device_name() -> str | None:
    try:
        import torch  # noqa: PLC0415
        import triton  # noqa: F401, PLC0415
    except ImportError:
        return None
    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else None


def milliseconds(work: Work) -> float:
    """The median of half a second of runs by the GPU's clock, its cache emptied between."""
    from triton.testing import do_bench  # noqa: PLC0415

    took: Any = do_bench(work, warmup=100, rep=500, return_mode="median")
    return float(took)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.scoring_gpu", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    saved = run(parser.parse_args().rounds).save(FOLDER)
    print(json.dumps(json.loads(saved.read_text()), indent=1))

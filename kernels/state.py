"""state: what kernels keep of logits, how two such merge, statistics of them. Launches nothing.

A logit x counts as 2^(x * unit): unit is log2(e), times the scale where no soft-cap stands between.
With m the largest logit of a piece of the vocabulary, d = x * unit - m * unit and z the target's
logit, the piece is

    level 0   m, s = sum 2^d
    level 1   u = sum d 2^d, q = sum d^2 2^d
    level 2   c = sum 4^d without the target's, w = sum 2^d over x >= z,
              g = how many x > z, a = the lowest index of m

z is known before the sweep, so no piece holds it. Pieces merge in a fixed order: the same bits
every run. What stands for an empty piece is FLOOR and zeros; it is finite, so that no step makes
inf * 0. Logits below FLOOR count as -inf. A NaN or +inf makes s NaN for good; s is 0 where no logit
is finite.
"""

from __future__ import annotations

import triton
import triton.language as tl

FLOOR = tl.constexpr(-1e15)
LN2 = tl.constexpr(0.6931471805599453)
NOWHERE = tl.constexpr(2147483647)


@triton.jit
def nothing(zero, none):
    """The empty piece, of zeros of the rows' shape: one of floats, one of integers."""
    return zero + FLOOR, zero, zero, zero, zero, zero, none, none + NOWHERE


@triton.jit
def along(value, AXIS: tl.constexpr):
    """One value per row, or one in all (AXIS 0), to stand beside the logits of its row."""
    if AXIS == 0:
        return value
    else:  # noqa: RET505  both branches of a constexpr are compiled unless one is an else
        return value[:, None]


@triton.jit
def capped(x, inner, cap):
    """cap * tanh(x * inner / 2), without libdevice: off by at most 1.2e-7 * cap."""
    return cap - 2.0 * cap / (tl.exp2(x * inner) + 1.0)


@triton.jit
def swept(x, best, m, s, u, q, unit, LEVEL: tl.constexpr, AXIS: tl.constexpr):
    """Takes in logits with maxima `best`: m, s, u, q; each 2^d; what old sums are worth."""
    new = tl.maximum(m, best)
    shift = m * unit - new * unit
    worth = tl.exp2(shift)
    at = along(new * unit, AXIS)
    d = tl.fma(x, unit, -at)
    e = tl.exp2(d)
    if LEVEL >= 1:
        ed = e * tl.maximum(d, -1024.0)  # 0 * -inf is NaN
        q = (q + shift * (2.0 * u + shift * s)) * worth + tl.sum(ed * tl.maximum(d, -1024.0), AXIS)
        u = (u + shift * s) * worth + tl.sum(ed, AXIS)
    s = s * worth + tl.sum(e, AXIS)
    return new, s, u, q, e, worth


@triton.jit
def merged(left, right, unit, LEVEL: tl.constexpr):
    """Two pieces (m, s, u, q, c, w, g, a) as one."""
    m, s, u, q, c, w, g, a = left
    m2, s2, u2, q2, c2, w2, g2, a2 = right
    new = tl.maximum(m, m2)
    d, d2 = m * unit - new * unit, m2 * unit - new * unit
    f, f2 = tl.exp2(d), tl.exp2(d2)
    if LEVEL >= 1:
        q = (q + d * (2.0 * u + d * s)) * f + (q2 + d2 * (2.0 * u2 + d2 * s2)) * f2
        u = (u + d * s) * f + (u2 + d2 * s2) * f2
    if LEVEL >= 2:
        c = c * f * f + c2 * f2 * f2
        w = w * f + w2 * f2
        g = g + g2
        a = tl.minimum(tl.where(m == new, a, NOWHERE), tl.where(m2 == new, a2, NOWHERE))
    s = s * f + s2 * f2
    return new, s, u, q, c, w, g, a


@triton.jit
def store_piece(piece, at, rows, mask, floats, ints, size, LEVEL: tl.constexpr):
    """Field after field of `size` numbers, this piece's at `at + rows`."""
    m, s, u, q, c, w, g, a = piece
    here = at + rows
    tl.store(floats + here, m, mask)
    tl.store(floats + size + here, s, mask)
    if LEVEL >= 1:
        tl.store(floats + 2 * size + here, u, mask)
        tl.store(floats + 3 * size + here, q, mask)
    if LEVEL >= 2:
        tl.store(floats + 4 * size + here, c, mask)
        tl.store(floats + 5 * size + here, w, mask)
        tl.store(ints + here, g, mask)
        tl.store(ints + size + here, a, mask)


@triton.jit
def load_piece(at, rows, mask, floats, ints, size, LEVEL: tl.constexpr):
    """What store_piece stored; fields above the level repeat lower ones and are never looked at."""
    here = at + rows
    m = tl.load(floats + here, mask, other=FLOOR)
    s = tl.load(floats + size + here, mask, other=0.0)
    u, q, c, w = s, s, s, s
    g = rows
    a = rows
    if LEVEL >= 1:
        u = tl.load(floats + 2 * size + here, mask, other=0.0)
        q = tl.load(floats + 3 * size + here, mask, other=0.0)
    if LEVEL >= 2:
        c = tl.load(floats + 4 * size + here, mask, other=0.0)
        w = tl.load(floats + 5 * size + here, mask, other=0.0)
        g = tl.load(ints + here, mask, other=0)
        a = tl.load(ints + size + here, mask, other=NOWHERE)
    return m, s, u, q, c, w, g, a


@triton.jit
def store_statistics(piece, z, scored, rows, mask, floats, ints, size, unit, LEVEL: tl.constexpr):
    """Statistics in the order of outputs.LEVELS, `size` numbers each; NaN and -1 if not scored.

    nll is (log2 s - (z - m) * unit) ln 2, not lse - z: with logits around 1000 it keeps its digits.
    """
    m, s, u, q, c, w, g, a = piece
    scored = scored & (s > 0)
    s = tl.where(scored, s, 1.0)
    nan = float("nan")
    log_s = tl.log2(s)
    log_p = tl.where(scored, tl.fma(z, unit, -(m * unit)) - log_s, 0.0)
    log_best = tl.fma(m, unit, -(m * unit)) - log_s
    nll = tl.maximum(-log_p * LN2, 0.0)
    tl.store(floats + rows, tl.where(scored, nll, nan), mask)
    tl.store(floats + size + rows, tl.where(scored, (m * unit + log_s) * LN2, nan), mask)
    tl.store(floats + 2 * size + rows, tl.where(scored, tl.minimum(log_best * LN2, 0.0), nan), mask)
    if LEVEL >= 1:
        mean = u / s
        entropy = tl.maximum((log_s - mean) * LN2, 0.0)
        variance = tl.maximum(q / s - mean * mean, 0.0) * (LN2 * LN2)
        tl.store(floats + 3 * size + rows, tl.where(scored, entropy, nan), mask)
        tl.store(floats + 4 * size + rows, tl.where(scored, variance, nan), mask)
    if LEVEL >= 2:
        p = tl.exp2(log_p)
        others = c / (s * s)
        gone = one_minus_exp(nll)
        el2n = tl.sqrt(gone * gone + others)
        tl.store(floats + 5 * size + rows, tl.where(scored, p * p + others, nan), mask)
        tl.store(floats + 6 * size + rows, tl.where(scored, el2n, nan), mask)
        tl.store(floats + 7 * size + rows, tl.where(scored, tl.minimum(w / s, 1.0), nan), mask)
        tl.store(ints + rows, tl.where(scored, a, -1), mask)
        tl.store(ints + size + rows, tl.where(scored, g, -1), mask)


@triton.jit
def one_minus_exp(y):
    """1 - e^-y for y >= 0, without libdevice: by its series where the difference would cancel."""
    series = 1.0 - y / 2 * (1.0 - y / 3 * (1.0 - y / 4 * (1.0 - y / 5 * (1.0 - y / 6))))
    return tl.where(y < 0.25, y * series, 1.0 - tl.exp2(-y / LN2))

"""Measure a detector's errors where the truth is known: what detector_errors.json holds, from footage.

Each step undoes one of noise.py: swapped sides are put back, mean errors taken off, lengths and scores turned
into the normal deviates they stand for; of these the memory in time and the correlations are measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import nnls
from scipy.special import ndtr

from blender_pose3d.skeleton import H36M_19

from .detector_errors import BEHIND, KINDS, LENGTH, LINKS, LOGIT, NORMAL, SIGHTS
from .residuals import KIND_OF, Footage, Residuals, residuals

_MIRROR = H36M_19.mirror
_ENOUGH = 120  # errors that a row of the table needs
# Seconds of memory tried.
_SLOW = tuple(np.geomspace(0.3, 2.0, 8).tolist())
_QUICK = tuple(np.geomspace(0.03, 0.25, 8).tolist())
_LAGS = 2.0  # seconds over which a memory is measured


def fit(clips: Iterable[Footage]) -> dict[str, Any]:
    """The content of detector_errors.json. Raises ValueError where a kind of joint was never seen."""
    found = [residuals(clip) for clip in clips]
    bias = _bias(found)
    found = [_without(r, bias) for r in found]
    lengths = _length_table(found)
    scores = _score_table(found)
    errors = [_error_deviates(r, lengths) for r in found]
    ease = [_score_deviates(r, scores) for r in found]
    rates = [r.fps for r in found]
    person = _in_common(ease)
    return {
        "frames": int(sum(len(r.error) for r in found)),
        "points": int(sum(np.isfinite(r.error[..., 0]).sum() for r in found)),
        "bias": dict(zip(KINDS, bias.round(4).tolist(), strict=True)),
        "behind": round(_behind(found, lengths), 2),
        "length": dict(zip(KINDS, lengths.round(4).tolist(), strict=True)),
        "score": dict(zip(KINDS, scores.round(2).tolist(), strict=True)),
        "error_course": _course(errors, rates),
        "score_course": _course([e[..., None] for e in ease], rates),
        "person": round(person, 3),
        "links": _links(errors),
        "swaps": {name: _events([r.swapped[name] for r in found], rates) for name in ("legs", "arms")},
    }


def _sides() -> np.ndarray:
    side = np.array([{"L": 1.0, "R": -1.0}.get(n[0], 0.0) for n in H36M_19.joints])
    return np.stack([side, np.ones_like(side), np.ones_like(side)], axis=-1)


def _bias(found: list[Residuals]) -> np.ndarray:
    """(kinds, 3): least squares for the offset in the trunk's axes whose picture the mean error is."""
    result = np.zeros((len(KINDS), 3))
    for row in range(len(KINDS)):
        joints = np.flatnonzero(row == KIND_OF)
        seen = [np.isfinite(r.error[:, joints, 0]) for r in found]
        views = [
            (_sides()[joints][:, :, None] * r.axes[:, None, :, :2])[s]
            for r, s in zip(found, seen, strict=True)
        ]
        A = np.concatenate(views).transpose(0, 2, 1).reshape(-1, 3)
        b = np.concatenate([r.error[:, joints][s] for r, s in zip(found, seen, strict=True)]).reshape(-1)
        if not len(b):
            raise ValueError(f"no {KINDS[row]} was ever seen where it was")
        # Few wild errors must not say where the usual ones lie: weights fall with what is left of them.
        ridge = 1e-3 * len(b) * np.eye(3)
        for _ in range(5):
            weight = 1.0 / (0.01 + np.abs(b - A @ result[row]))
            result[row] = np.linalg.solve(A.T @ (weight[:, None] * A) + ridge, A.T @ (weight * b))
    return result


def _without(r: Residuals, bias: np.ndarray) -> Residuals:
    offset = _sides() * bias[np.maximum(KIND_OF, 0)]
    return replace(r, error=r.error - (offset @ r.axes)[..., :2])


def _pooled(found: list[Residuals], row: int) -> tuple[np.ndarray, ...]:
    """Of all joints of a kind: lengths of errors, logits, smoothed logits, SIGHTS."""
    joints = row == KIND_OF
    lengths = [np.linalg.norm(r.error[:, joints], axis=-1) for r in found]
    columns = (lengths, *([getattr(r, n)[:, joints] for r in found] for n in ("logit", "steady", "sight")))
    pooled = [np.concatenate([part.ravel() for part in column]) for column in columns]
    known = np.isfinite(pooled[0])
    return tuple(column[known] for column in pooled)


def _length_table(found: list[Residuals]) -> np.ndarray:
    """(kinds, LOGIT, LENGTH) heights: quantiles of lengths where steady logits are nearest."""
    levels = 1 - np.exp(-(LENGTH.numpy() ** 2) / 2)  # Rayleigh, the length of a plane normal deviate
    table = np.zeros((len(KINDS), len(LOGIT), len(LENGTH)))
    for row in range(len(KINDS)):
        length, _, score, sight = _pooled(found, row)
        length, score = length[sight != BEHIND], score[sight != BEHIND]
        for at, knot in enumerate(LOGIT.numpy()):
            apart = np.abs(np.clip(score, float(LOGIT[0]), float(LOGIT[-1])) - knot)
            near = apart <= 0.5 * float(LOGIT[1] - LOGIT[0])
            if near.sum() < _ENOUGH:  # then as many of the nearest
                near = apart <= np.sort(apart)[min(_ENOUGH, len(apart)) - 1]
            table[row, at] = np.quantile(length[near], levels)
    return table


def _behind(found: list[Residuals], table: np.ndarray) -> float:
    """How many times the table's median an error is behind a thing, at the same score; 1 where none was."""
    median = int(np.argmin(np.abs(LENGTH.numpy() - 1.18)))
    ratios = []
    for row in range(len(KINDS)):
        length, _, score, sight = _pooled(found, row)
        usual = np.interp(score, LOGIT.numpy(), table[row, :, median])
        ratios.append((length / usual)[sight == BEHIND])
    together = np.concatenate(ratios)
    return max(float(np.median(together)), 1.0) if len(together) >= _ENOUGH else 1.0


def _score_table(found: list[Residuals]) -> np.ndarray:
    """(kinds, SIGHTS, NORMAL) logits: quantiles. Where a kind is hardly ever hidden (the head, say), it is as
    sure as ever; where hardly ever behind something, as when hidden."""
    levels = ndtr(NORMAL.numpy())
    table = np.zeros((len(KINDS), len(SIGHTS), len(NORMAL)))
    for row in range(len(KINDS)):
        _, score, _, sight = _pooled(found, row)
        values = score
        for state in range(len(SIGHTS)):
            here = np.equal(sight, state)
            if here.sum() >= _ENOUGH // 2:
                values = score[here]
            table[row, state] = np.quantile(values, levels)
    return table


def _error_deviates(r: Residuals, table: np.ndarray) -> np.ndarray:
    """(T, 19, 2): the normal deviates that the lengths stand for, in the errors' directions."""
    length = np.linalg.norm(r.error, axis=-1)
    place = np.clip((r.steady - float(LOGIT[0])) / float(LOGIT[1] - LOGIT[0]), 0, len(LOGIT) - 1.001)
    low = place.astype(int)
    share = (place - low)[..., None]
    rows = np.maximum(KIND_OF, 0)
    knots = table[rows, low] * (1 - share) + table[rows, low + 1] * share  # (T, 19, LENGTH)
    above = np.clip((knots <= length[..., None]).sum(axis=-1), 1, len(LENGTH) - 1)[..., None]
    lower, upper = (np.take_along_axis(knots, at, axis=-1)[..., 0] for at in (above - 1, above))
    part = np.clip((length - lower) / np.maximum(upper - lower, 1e-9), 0, 1)
    deviate = float(LENGTH[1]) * (above[..., 0] - 1 + part)
    deviate = np.where(r.sight == BEHIND, np.nan, deviate)
    return r.error / np.maximum(length, 1e-9)[..., None] * deviate[..., None]


def _score_deviates(r: Residuals, table: np.ndarray) -> np.ndarray:
    """(T, 19): the normal deviates that the scores stand for; ties by their middle."""
    result = np.full(r.logit.shape, np.nan)
    for joint in np.flatnonzero(KIND_OF >= 0):
        for state in range(len(SIGHTS)):
            knots = table[KIND_OF[joint], state]
            rising = knots + 1e-6 * np.arange(len(knots))
            here = r.sight[:, joint] == state
            result[here, joint] = np.interp(r.logit[here, joint], rising, NORMAL.numpy())
    return np.where(np.isfinite(r.error[..., 0]) & (r.sight != BEHIND), result, np.nan)


def _in_common(ease: list[np.ndarray]) -> float:
    """Mean correlation of the scores' deviates between joints that are not neighbours."""
    together = np.concatenate(ease)[:, KIND_OF >= 0]
    correlation = _correlation(together)
    apart = ~np.eye(len(correlation), dtype=bool)
    return float(np.clip(np.nanmean(correlation[apart]), 0.0, 0.95))


def _correlation(columns: np.ndarray) -> np.ndarray:
    known = np.isfinite(columns)
    values = np.where(known, columns, 0.0)
    both = known.T.astype(float) @ known
    square = (values**2).T @ known
    return (values.T @ values) / np.sqrt(np.maximum(square * square.T, 1e-12)) * (both > 1)


def _course(deviates: list[np.ndarray], rates: list[float]) -> dict[str, Any]:
    """Shares and memory from the products of deviates some time apart; deviates (T, 19, F)."""
    lags, products = _lagged(deviates, rates)
    fits = {
        memories: [_shares(lags, products[:, row], memories) for row in range(len(KINDS))]
        for memories in product(_SLOW, _QUICK)
    }
    best = min(fits, key=lambda memories: sum(cost for _, cost in fits[memories]))
    shares = [share.round(3).tolist() for share, _ in fits[best]]
    return {"seconds": [round(m, 3) for m in best], "shares": dict(zip(KINDS, shares, strict=True))}


def _lagged(deviates: list[np.ndarray], rates: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Lags (N,) in seconds and mean products (N, kinds), each relative to the mean square."""
    of = (np.arange(len(KINDS))[:, None] == KIND_OF).astype(float)  # sums joints into kinds
    square, count = np.zeros(len(KINDS)), np.zeros(len(KINDS))
    sums: dict[float, np.ndarray] = {}
    for clip, rate in zip(deviates, rates, strict=True):
        known = np.isfinite(clip)
        values = np.where(known, clip, 0.0)
        square += of @ (values**2).sum(axis=(0, 2))
        count += of @ known.sum(axis=(0, 2))
        for lag in range(1, min(int(_LAGS * rate), len(clip) - 1) + 1):
            at = sums.setdefault(round(lag / rate, 4), np.zeros((2, len(KINDS))))
            at[0] += of @ (values[lag:] * values[:-lag]).sum(axis=(0, 2))
            at[1] += of @ (known[lag:] & known[:-lag]).sum(axis=(0, 2))
    lags = np.array(sorted(sums))
    total = np.stack([sums[lag] for lag in lags.tolist()])
    mean = square / np.maximum(count, 1)
    return lags, total[:, 0] / np.maximum(total[:, 1], 1) / np.maximum(mean, 1e-12)


def _shares(lags: np.ndarray, products: np.ndarray, memories: tuple[float, ...]) -> tuple[np.ndarray, float]:
    """Constant, slow and quick share by least squares, short lags before long ones, and the squares left."""
    weight = np.sqrt(lags[0] / lags)
    A = np.stack([np.ones_like(lags), *(np.exp(-lags / memory) for memory in memories)], axis=-1)
    share, left = nnls(weight[:, None] * A, weight * products)
    return share / max(share.sum() / 0.999, 1.0), left**2


def _links(errors: list[np.ndarray]) -> dict[str, float]:
    together = np.concatenate(errors)
    result = {}
    for child, parent in LINKS:
        pair = together[:, [H36M_19.index(child), H36M_19.index(parent)]]
        other = together[:, _MIRROR[[H36M_19.index(child), H36M_19.index(parent)]]]
        both = np.concatenate([pair, other]).transpose(0, 2, 1).reshape(-1, 2)
        result[f"{child}-{parent}"] = round(float(np.clip(_correlation(both)[0, 1], -0.95, 0.95)), 3)
    return result


def _events(swapped: list[np.ndarray], rates: list[float]) -> dict[str, float]:
    """Beginnings a second, and mean seconds; 0.1 s where there was none."""
    begins = sum(int((np.diff(now.astype(int), prepend=0) == 1).sum()) for now in swapped)
    watched = sum(len(now) / rate for now, rate in zip(swapped, rates, strict=True))
    lasted = sum(now.sum() / rate for now, rate in zip(swapped, rates, strict=True))
    return {
        "per_second": round(begins / max(watched, 1e-9), 4),
        "seconds": round(float(lasted / begins), 3) if begins else 0.1,
    }

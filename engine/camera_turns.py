"""Turns and zooms of a camera from points of its background, many frames at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ROUNDS = 6
_AT_ONCE = 512  # frames, for the sake of memory
_NEAREST = 0.05  # of a ray's depth, where a turn would carry it behind the camera


@dataclass(frozen=True)
class Points:
    """Points of B frames, as many as the fullest has, on the plane at unit focal length.

    there, here: (B, N, 2), in the key frame and in this one. good, there_is: (B, N) bool, which to fit and
    which there are.
    """

    there: np.ndarray
    here: np.ndarray
    good: np.ndarray
    there_is: np.ndarray

    def __getitem__(self, part: slice | np.ndarray) -> Points:
        return Points(self.there[part], self.here[part], self.good[part], self.there_is[part])


def gather(
    pairs: list[tuple[np.ndarray, np.ndarray]], good: list[np.ndarray], focal: np.ndarray, centre: np.ndarray
) -> Points:
    """Points of frames from pairs of (N, 2) px, there and here, and which of them are good (N,)."""
    most = max((len(there) for there, _ in pairs), default=0)
    both = np.zeros((2, len(pairs), max(most, 1), 2))
    fits, there_is = (np.zeros(both.shape[1:3], dtype=bool) for _ in range(2))
    for row, ((there, here), fit) in enumerate(zip(pairs, good, strict=True)):
        both[:, row, : len(there)] = there, here
        fits[row, : len(there)], there_is[row, : len(there)] = fit, True
    there, here = (both - centre) / focal
    return Points(there, here, fits, there_is)


def fit(points: Points, *, zoom: float = 1.0, zooms: bool) -> tuple[np.ndarray, np.ndarray]:
    """Turns (B, 3, 3) to the key frame and zooms (B,) that carry points best.

    zoom: of the key frame. It begins with the turn that carries rays best (Kabsch 1976), and where the camera
    zooms with the ratio of the points' spreads; then Gauss-Newton with Cauchy weights.
    """
    parts = [_fit(points[i : i + _AT_ONCE], zoom, zooms=zooms) for i in range(0, len(points.there), _AT_ONCE)]
    if not parts:
        return np.zeros((0, 3, 3)), np.zeros(0)
    return np.concatenate([turn for turn, _ in parts]), np.concatenate([z for _, z in parts])


def carry(here: np.ndarray, turn: np.ndarray, zoom: np.ndarray) -> np.ndarray:
    """(B, N, 2) where points of frames' planes (B, N, 2) are seen from the key frame, zoom 1."""
    rays = _rays(here / zoom[:, None, None]) @ np.swapaxes(turn, 1, 2)
    return rays[..., :2] / np.maximum(rays[..., 2:], _NEAREST)


def _fit(points: Points, zoom: float, *, zooms: bool) -> tuple[np.ndarray, np.ndarray]:
    from scipy.spatial.transform import Rotation  # takes half a second, and most cameras are still

    there, here, good = points.there / zoom, points.here, points.good.astype(float)
    scale = np.full(len(there), zoom)
    if zooms:
        scale = scale * _spread(here, good) / np.maximum(_spread(points.there, good), 1e-9)
        scale = np.where(np.isfinite(scale) & (scale > 0), np.clip(scale, 0.1, 10.0), zoom)
    turn = _kabsch(there, here / scale[:, None, None], good)
    for _ in range(_ROUNDS):
        flat = here / scale[:, None, None]
        rays = _rays(flat) @ np.swapaxes(turn, 1, 2)
        depth = np.maximum(rays[..., 2:], _NEAREST)
        seen = rays[..., :2] / depth
        off = there - seen
        # a small turn w moves a ray by w x ray; a small change of zoom shortens what lies off the axis
        x, y = seen[..., 0], seen[..., 1]
        slope = np.zeros((*seen.shape, 4 if zooms else 3))
        slope[..., 0, :3] = np.stack([-x * y, 1 + x * x, -y], axis=-1)
        slope[..., 1, :3] = np.stack([-1 - y * y, x * y, x], axis=-1)
        if zooms:
            shorter = -flat @ np.swapaxes(turn[:, :, :2], 1, 2)
            slope[..., 3] = (shorter[..., :2] - seen * shorter[..., 2:]) / depth
        square_off = (off**2).sum(axis=-1)
        spread = 1.5 * np.sqrt(_median(square_off, points.good)) + 1e-6
        weight = good / (1.0 + square_off / (2 * spread[:, None]) ** 2)
        leaning = slope * weight[..., None, None]
        square = np.einsum("bnij,bnik->bjk", leaning, slope, optimize=True) + 1e-9 * np.eye(slope.shape[-1])
        pull = np.einsum("bnij,bni->bj", leaning, off, optimize=True)
        step = np.linalg.solve(square, pull[..., None])[..., 0]
        turn = Rotation.from_rotvec(step[:, :3]).as_matrix() @ turn
        if zooms:
            scale = np.clip(scale * np.exp(step[:, 3]), 0.1, 10.0)
        if np.abs(step).max(initial=0.0) < 1e-6:
            break
    return turn, scale


def _rays(flat: np.ndarray) -> np.ndarray:
    return np.concatenate([flat, np.ones((*flat.shape[:-1], 1))], axis=-1)


def _kabsch(there: np.ndarray, here: np.ndarray, weight: np.ndarray) -> np.ndarray:
    a, b = (_rays(flat) / np.linalg.norm(_rays(flat), axis=-1, keepdims=True) for flat in (there, here))
    u, _, vt = np.linalg.svd(np.swapaxes(a * weight[..., None], 1, 2) @ b)
    u[:, :, -1] *= np.sign(np.linalg.det(u @ vt))[:, None]
    return u @ vt


def _spread(flat: np.ndarray, weight: np.ndarray) -> np.ndarray:
    total = np.maximum(weight.sum(axis=1), 1.0)[:, None]
    middle = (flat * weight[..., None]).sum(axis=1) / total
    return np.sqrt((((flat - middle[:, None]) ** 2).sum(-1) * weight).sum(axis=1) / total[:, 0])


def _median(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(B,) medians of those of values (B, N) that count; 0 where none does."""
    ordered = np.sort(np.where(counts, values, np.inf), axis=1)
    middle = np.maximum(counts.sum(axis=1) - 1, 0) // 2
    found = np.take_along_axis(ordered, middle[:, None], axis=1)[:, 0]
    return np.where(np.isfinite(found), found, 0.0)

"""Photos that are nearly the same: a shot cropped or toned another way, or the next one of a series."""

from __future__ import annotations

import numpy as np

from ...errors import BadInput
from ..packs import decode

SIDE = 20
_SAME = 0.8  # correlation; pairs from 0.85 on are one photo or one series, below 0.8 only alike in layout


def thumbnails(data: list[bytes]) -> np.ndarray:
    """(N, 20 * 20) float32: the pictures in grey and tiny, mean 0, length 1; NaN for broken ones."""
    import cv2

    result = np.full((len(data), SIDE, SIDE), np.nan, np.float32)
    for i, encoded in enumerate(data):
        try:
            grey = cv2.cvtColor(decode(encoded), cv2.COLOR_RGB2GRAY)
        except BadInput:
            continue
        result[i] = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    flat = result.reshape(len(data), -1)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def like_any(thumbs: np.ndarray, others: np.ndarray, least: float = _SAME) -> np.ndarray:
    """(N,) bool: thumbnails that correlate with any of the others, straight or mirrored."""
    if not len(others):
        return np.zeros(len(thumbs), bool)
    mirrored = others.reshape(-1, SIDE, SIDE)[:, :, ::-1].reshape(len(others), -1)
    best = np.maximum((thumbs @ others.T).max(axis=1), (thumbs @ mirrored.T).max(axis=1))
    return best > least

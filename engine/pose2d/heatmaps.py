"""Keypoints from heatmaps: the maximum with a quarter-pixel shift, DARK, and the flip test.

Heatmaps are (N, K, H, W). Coordinates are px of the heatmap, x then y; (0, 0) is the first cell's centre.
Scores are the heatmap's maximum, between 0 and 1.
"""

from __future__ import annotations

import numpy as np

SIGMA_PER_WIDTH = 2.0 / 48
"""Standard deviation of the Gaussians HRNet learns, over the heatmap's width: 2 px at 64x48, 3 at 96x72."""
TINY = 1e-10
FLAT = 1e-6  # curvature of the logarithm below which there is no peak to speak of


def maxima(heatmaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cell (N, K, 2) int and value (N, K) of each heatmap's maximum."""
    n, k, _, width = heatmaps.shape
    flat = heatmaps.reshape(n, k, -1)
    best = flat.argmax(axis=-1)
    value = np.take_along_axis(flat, best[..., None], axis=-1)[..., 0]
    return np.stack([best % width, best // width], axis=-1), value


def decode_quarter(heatmaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The maximum, moved a quarter of a pixel towards the higher neighbour on each axis.

    Newell et al., ECCV 2016, section 3.3, as HRNet's authors do it: not for a maximum on the heatmap's rim.
    Returns coordinates (N, K, 2) float32 and scores (N, K) float32.
    """
    cell, value = maxima(heatmaps)
    around = _neighbourhood(heatmaps, cell, 1)
    slope = np.stack([around[..., 1, 2] - around[..., 1, 0], around[..., 2, 1] - around[..., 0, 1]], axis=-1)
    shift = 0.25 * np.sign(slope) * _inside(heatmaps, cell, 1)[..., None]
    return _result(cell + shift, value)


def decode_dark(heatmaps: np.ndarray, sigma: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Distribution-aware coordinates (Zhang et al., CVPR 2020, section 3.1).

    Smooths each heatmap by a Gaussian of its own width (equation 10), takes its logarithm, which is a
    parabola round the peak, and steps to the parabola's top: -H^-1 g (equations 4 to 9).
    sigma: px of the heatmap; None takes HRNet's, by the width. Returns coordinates (N, K, 2) float32 and
    scores (N, K) float32 of the heatmaps as given.
    """
    sigma = heatmaps.shape[-1] * SIGMA_PER_WIDTH if sigma is None else sigma
    cell, value = maxima(heatmaps)
    # five cells round the peak are all that is read of the smooth heatmap
    blur = smoothing(sigma)
    reach = blur.shape[1] // 2
    patch = blur @ _neighbourhood(heatmaps, cell, reach).astype(np.float64) @ blur.T
    patch = np.log(np.maximum(patch, TINY))
    gradient = 0.5 * np.stack(
        [patch[..., 2, 3] - patch[..., 2, 1], patch[..., 3, 2] - patch[..., 1, 2]], axis=-1
    )
    centre = 2 * patch[..., 2, 2]
    xx = 0.25 * (patch[..., 2, 4] + patch[..., 2, 0] - centre)
    yy = 0.25 * (patch[..., 4, 2] + patch[..., 0, 2] - centre)
    xy = 0.25 * (patch[..., 3, 3] - patch[..., 1, 3] - patch[..., 3, 1] + patch[..., 1, 1])
    determinant = xx * yy - xy * xy
    # Only a true peak has a top to step to: both curvatures negative.
    peak = (xx < -FLAT) & (determinant > FLAT * FLAT) & _inside(heatmaps, cell, 2)
    safe = np.where(peak, determinant, 1.0)
    step = np.stack(
        [
            (xy * gradient[..., 1] - yy * gradient[..., 0]) / safe,
            (xy * gradient[..., 0] - xx * gradient[..., 1]) / safe,
        ],
        axis=-1,
    )
    # A step of more than a cell or so means the parabola does not describe what is there.
    step = np.where(peak[..., None], np.clip(step, -1.5, 1.5), 0.0)
    return _result(cell + step, value)


def smoothing(sigma: float) -> np.ndarray:
    """(5, 5 + 2 r) weights that turn 5 + 2 r values into the middle 5 of them, smoothed by a Gaussian, cut
    off at r = 2.5 sigma."""
    reach = round(2.5 * sigma)
    weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weight /= weight.sum()
    return np.stack([np.pad(weight, (shift, 4 - shift)) for shift in range(5)])


def _neighbourhood(heatmaps: np.ndarray, cell: np.ndarray, radius: int) -> np.ndarray:
    """(N, K, 2 r + 1, 2 r + 1) values round each cell; 0 outside of the heatmap."""
    n, k = heatmaps.shape[:2]
    edge = np.pad(heatmaps, ((0, 0), (0, 0), (radius, radius), (radius, radius)))
    offset = np.arange(2 * radius + 1)
    rows = (cell[..., 1, None] + offset)[..., :, None]
    columns = (cell[..., 0, None] + offset)[..., None, :]
    return edge[np.arange(n)[:, None, None, None], np.arange(k)[:, None, None], rows, columns]


def _inside(heatmaps: np.ndarray, cell: np.ndarray, margin: int) -> np.ndarray:
    size = np.array(heatmaps.shape[:1:-1])
    return np.all((cell >= margin) & (cell < size - margin), axis=-1)


def _result(coordinates: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return coordinates.astype(np.float32), np.clip(value, 0.0, 1.0).astype(np.float32)


def flip_back(heatmaps: np.ndarray, mirror: np.ndarray, shift: bool = True) -> np.ndarray:
    """Heatmaps of a mirrored picture, as those of the picture itself.

    mirror: (K,) permutation, where each keypoint's heatmap comes from (Skeleton.mirror). shift: move them a
    cell to the right, as HRNet's authors do. A heatmap's cell c lies at 4 c px, so that mirroring the
    picture and mirroring the heatmap differ by 3 px; one cell is 4.
    """
    flipped = heatmaps[:, mirror, :, ::-1]
    if shift:
        flipped = np.concatenate([flipped[..., :1], flipped[..., :-1]], axis=-1)
    return flipped

"""The camera a video was taken with, and what the lifter is shown of the picture.

Each frame is turned into what a virtual camera sees that looks straight at the person (perspective crop
layers: Yu et al., "PCLs: Geometry-aware Neural Reconstruction of 3D Pose with Perspective Crop Layers", CVPR
2021), at a size of one. A person at the picture's edge, far away or filmed in portrait then looks to the
network like any other. Training and inference both call :func:`normalise`.
"""

from __future__ import annotations

import math

import numpy as np

VERSION = 1
"""Of the normalisation; written into weight files, since weights fit the form they were trained with."""

_FOCAL = 1.15
_NEAREST = 0.1  # tan of a ray is cut where it would point behind the virtual camera


def default_intrinsics(
    width: float, height: float, fov: float | None = None
) -> tuple[float, float, float, float]:
    """Pinhole camera (fx, fy, cx, cy) in px for a picture of width x height px.

    fov: the field of view in degrees along the longer side. Unknown, it is assumed to be 47 degrees (a focal
    length of 1.15 longer sides): between the main camera of a phone, 55 to 65 degrees while it films, and the
    lenses people choose to film people with. The principal point is the picture's centre.
    Raises ValueError for a size that is not positive or a field of view outside 1 to 170 degrees.
    """
    if not (width > 0 and height > 0):
        raise ValueError(f"a picture has a positive size, not {width} x {height}")
    if fov is not None and not 1 <= fov <= 170:
        raise ValueError(f"a field of view is 1 to 170 degrees, not {fov}")
    share = _FOCAL if fov is None else 0.5 / math.tan(math.radians(fov) / 2)
    focal = share * max(width, height)
    return focal, focal, (width - 1) / 2, (height - 1) / 2


def normalise(
    joints: np.ndarray, score: np.ndarray, intrinsics: np.ndarray, hip: int, window: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """What the lifter is shown, in the precision of what is given.

    joints: (..., T, J, 2) px. score: (..., T, J) in 0 to 1, 0 for a joint nobody saw: its place is not used.
    intrinsics: (..., 4) fx, fy, cx, cy. hip: index of the hip. window: frames before and after a frame over
    which its size is averaged; at the ends of the clip, those that there are.

    Returns features (..., T, J, 3), x and y from the centre and the score, and rotation (..., T, 3, 3) from
    camera to virtual camera: v = R c. The centre is the hip or, where it is unseen, the middle of the joints
    that are; the size is the mean distance (root of mean square, weighted by score) of the joints from it.
    """
    focal, principal = intrinsics[..., None, None, :2], intrinsics[..., None, None, 2:]
    plane = (joints - principal) / focal
    seen = score > 0
    # A person nobody sees still needs a direction: then every place counts.
    weight = np.where(seen.any(axis=-1, keepdims=True), score, np.ones_like(score))[..., None]
    middle = (plane * weight).sum(axis=-2) / weight.sum(axis=-2)
    centre = np.where(seen[..., hip, None], plane[..., hip, :], middle)
    rotation = _look_at(centre)
    rays = np.concatenate([plane, np.ones_like(plane[..., :1])], axis=-1) @ rotation.swapaxes(-1, -2)
    flat = rays[..., :2] / np.maximum(rays[..., 2:], _NEAREST)
    square = (np.square(flat).sum(axis=-1) * score).sum(axis=-1)
    total = _moving_sum(np.stack([square, score.sum(axis=-1)], axis=-1), window)
    size = np.sqrt(np.maximum(total[..., 0] / np.maximum(total[..., 1], 1e-6), 1e-12))
    flat = np.where(seen[..., None], flat / size[..., None, None], np.zeros_like(flat))
    return np.concatenate([flat, score[..., None]], axis=-1), rotation


def _look_at(centre: np.ndarray) -> np.ndarray:
    """(..., 3, 3) rotation that puts the ray through (..., 2) on the z axis: yaw, then pitch, no roll."""
    z = np.concatenate([centre, np.ones_like(centre[..., :1])], axis=-1)
    z /= np.linalg.norm(z, axis=-1, keepdims=True)
    x = np.stack([z[..., 2], np.zeros_like(z[..., 0]), -z[..., 0]], axis=-1)
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=-2)


def _moving_sum(values: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    """(..., T, F): sums over frames t - window[0] to t + window[1], in double precision."""
    length = values.shape[-2]
    sums = np.cumsum(values, axis=-2, dtype=np.float64)
    sums = np.concatenate([np.zeros_like(sums[..., :1, :]), sums], axis=-2)
    frame = np.arange(length)
    upper, lower = np.minimum(frame + window[1] + 1, length), np.maximum(frame - window[0], 0)
    return (sums[..., upper, :] - sums[..., lower, :]).astype(values.dtype)


def screen(joints: np.ndarray, size: tuple[float, float]) -> np.ndarray:
    """VideoPose3D's input, which the authors' published weights expect: (..., 2) px to x in -1 to 1, y in the
    same unit. size: width and height in px."""
    width, height = size
    return joints / width * 2 - np.array([1.0, height / width], dtype=joints.dtype)

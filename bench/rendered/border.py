"""Which part of a picture is rendered: known to Blender, who renders it, and to who puts it in its place."""

from __future__ import annotations

import numpy as np

_MARGIN = 10  # px
_LARGE = 70_000  # px


def border(body: dict[str, np.ndarray], frame: int) -> tuple[int, int, int, int]:
    """Left, right, top, bottom in px: round the person, what lies straight below them, and furniture.

    body: arrays of body.npz and, where there is furniture, "furniture" (N, 3), its corners.
    """
    vertices = body["vertices"][frame]
    points = np.concatenate([vertices[::7], vertices[::40] * [1, 1, 0], body["furniture"]])
    seen = (points - body["origin"]) @ body["rotation"][frame].T
    fx, fy, cx, cy = body["intrinsics"]
    depth = np.maximum(seen[:, 2], 0.2)
    x, y = seen[:, 0] / depth * fx + cx, seen[:, 1] / depth * fy + cy
    width, height = (int(n) for n in body["size"])
    left, right = np.clip([x.min() - _MARGIN, x.max() + _MARGIN], 0, width).astype(int)
    top, bottom = np.clip([y.min() - _MARGIN, y.max() + _MARGIN], 0, height).astype(int)
    # whole px at half size too
    left, right, top, bottom = left // 2 * 2, -(-right // 2) * 2, top // 2 * 2, -(-bottom // 2) * 2
    # a person out of the picture leaves a corner of it to render
    left, top = min(left, width - 8), min(top, height - 8)
    return int(left), max(int(right), left + 8), int(top), max(int(bottom), top + 8)


def shrink(body: dict[str, np.ndarray]) -> int:
    """1, or 2 where the person is so large in the picture that half the size shows a detector as much."""
    parts = np.array([border(body, frame) for frame in range(0, len(body["vertices"]), 5)])
    area = (parts[:, 1] - parts[:, 0]) * (parts[:, 3] - parts[:, 2])
    return 2 if area.mean() > _LARGE else 1

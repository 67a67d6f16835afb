"""Triangles to pixels, whole batches at once, on any device.

Every triangle that faces the camera is sampled at the pixel centres inside its bounding box, and the nearest
sample wins each pixel by one scatter of packed (depth, triangle) numbers: no loop over people or triangles.
Mesh triangles of a person are a few px each, so a bounding box wastes little.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_EMPTY = (1 << 62) - 1
_LEVELS = 1 << 24  # of depth between a person's nearest and farthest vertex
_NEAR = 0.15  # metres before the camera; triangles nearer than that are dropped


@dataclass(frozen=True)
class Fragments:
    """What is seen, one row a covered pixel. pixel: (S,) index into (N, H, W) flattened. person: (S,).
    corners: (S, 3) rows of the batch's vertices (N * V). weights: (S, 3) perspective-correct barycentrics.
    face: (S,) row of the batch's triangles (N * F). depth: (S,) metres."""

    pixel: Tensor
    person: Tensor
    corners: Tensor
    weights: Tensor
    face: Tensor
    depth: Tensor


def rasterise(
    points: Tensor, faces: Tensor, size: tuple[int, int], *, flat_depth: bool = False, chunk: int = 1 << 22
) -> Fragments:
    """points: (N, V, 3) x, y px and depth in metres; faces: (N, F, 3); size: height, width.

    (0, 0) is the centre of the first pixel. Triangles whose corners go round counterclockwise as seen
    face the camera, others are dropped. flat_depth: parallel rays instead of
    those of a pinhole. chunk: samples taken at once, which bounds the memory.
    """
    count, vertices = points.shape[:2]
    flat = points.reshape(-1, 3)
    offset = torch.arange(count, device=points.device)[:, None, None] * vertices
    faces = (faces + offset).view(-1, 3)
    corners = [flat[faces[:, corner]] for corner in range(3)]
    x, y, z = (tuple(corner[:, axis] for corner in corners) for axis in range(3))
    area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
    left, right = _least(x).ceil().clamp(min=0), _most(x).floor().clamp(max=size[1] - 1)
    top, bottom = _least(y).ceil().clamp(min=0), _most(y).floor().clamp(max=size[0] - 1)
    seen = (area < -1e-6) & (left <= right) & (top <= bottom) & (_least(z) > _NEAR)
    rows = seen.nonzero()[:, 0]
    person = rows // (len(faces) // count)
    wide, high = (right - left + 1)[rows], (bottom - top + 1)[rows]
    x, y, z = (tuple(corner[rows] for corner in axis) for axis in (x, y, z))
    # Along a pixel's row the inverse of depth is linear with a pinhole, with parallel rays depth itself.
    near = tuple(-corner if flat_depth else 1.0 / corner for corner in z)
    plane = _planes(x, y, near, area[rows], left=left[rows], top=top[rows])
    order = _order(near, person, count)
    buffer = torch.full((count * size[0] * size[1],), _EMPTY, dtype=torch.int64, device=points.device)
    start = (person * size[0] + top[rows].long()) * size[1] + left[rows].long()
    boxes = torch.stack((rows, person, start, wide.long(), high.long()), dim=1)
    for part in _parts(boxes[:, 3] * boxes[:, 4], chunk):
        _sample(buffer, boxes[part], plane[part], order, size[1])
    return _resolve(buffer, flat, faces, size, each=len(faces) // count, flat_depth=flat_depth)


def _parts(samples: Tensor, chunk: int) -> list[slice]:
    """Slices of triangles with about chunk samples each."""
    total = samples.cumsum(0)
    if not len(total):
        return []
    bounds = torch.arange(chunk, int(total[-1]) + chunk, chunk, device=total.device)
    ends = torch.searchsorted(total, bounds, right=True).clamp(max=len(samples)).tolist()
    ends = sorted({*ends, len(samples)})
    return [slice(a, b) for a, b in zip([0, *ends], ends, strict=False) if b > a]


Corners = tuple[Tensor, ...]


def _least(corners: Corners) -> Tensor:
    return torch.minimum(torch.minimum(corners[0], corners[1]), corners[2])


def _most(corners: Corners) -> Tensor:
    return torch.maximum(torch.maximum(corners[0], corners[1]), corners[2])


def _planes(x: Corners, y: Corners, near: Corners, area: Tensor, *, left: Tensor, top: Tensor) -> Tensor:
    """(T, 9): two barycentrics and the depth's inverse at the box's first pixel, and their steps along x
    and y."""
    inverse = 1.0 / area
    one_x, one_y = (y[2] - y[0]) * inverse, (x[0] - x[2]) * inverse
    two_x, two_y = (y[0] - y[1]) * inverse, (x[1] - x[0]) * inverse
    dx, dy = left - x[0], top - y[0]
    one, two = dx * one_x + dy * one_y, dx * two_x + dy * two_y
    first, second = near[1] - near[0], near[2] - near[0]
    depth = near[0] + one * first + two * second
    return torch.stack(
        (one, two, depth, one_x, two_x, one_x * first + two_x * second,
         one_y, two_y, one_y * first + two_y * second), dim=1,
    )  # fmt: skip


def _order(near: Corners, person: Tensor, count: int) -> Tensor:
    """(N, 2): the nearest of each person, as an inverse depth, and the levels a unit of it spans."""
    largest = near[0].new_full((count,), -1e9).scatter_reduce_(0, person, _most(near), "amax")
    least = near[0].new_full((count,), 1e9).scatter_reduce_(0, person, _least(near), "amin")
    return torch.stack((largest, (_LEVELS - 1) / (largest - least).clamp(min=1e-6)), dim=1)


def _sample(buffer: Tensor, boxes: Tensor, plane: Tensor, order: Tensor, width: int) -> None:
    """boxes: (T, 5) triangle, person, first pixel, width, height."""
    rows, person, start, wide, high = boxes.unbind(1)
    samples = wide * high
    which = torch.repeat_interleave(torch.arange(len(samples), device=rows.device), samples)
    first = samples.cumsum(0) - samples
    local = (torch.arange(len(which), device=rows.device) - first[which]).float()
    across = wide.float()[which]
    down = torch.floor((local + 0.5) / across)
    along = local - down * across
    values = plane[which]
    values = values[:, :3] + values[:, 3:6] * along[:, None] + values[:, 6:] * down[:, None]
    inside = ((values[:, 0] >= 0) & (values[:, 1] >= 0) & (values[:, 0] + values[:, 1] <= 1)).nonzero()[:, 0]
    which = which[inside]
    pixel = start[which] + down[inside].long() * width + along[inside].long()
    largest, levels = order[person[which]].unbind(1)
    depth = ((largest - values[inside, 2]) * levels).long().clamp(min=0, max=_LEVELS - 1)
    buffer.scatter_reduce_(0, pixel, (depth << 36) | rows[which], "amin")


def _resolve(
    buffer: Tensor, flat: Tensor, faces: Tensor, size: tuple[int, int], *, each: int, flat_depth: bool
) -> Fragments:
    pixel = (buffer != _EMPTY).nonzero()[:, 0]
    face = buffer[pixel] & ((1 << 36) - 1)
    corners = faces[face]
    x, y, z = flat[corners].unbind(-1)
    px = (pixel % size[1]).float()
    py = (torch.div(pixel, size[1], rounding_mode="floor") % size[0]).float()
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    dx, dy = px - x[:, 0], py - y[:, 0]
    one = (dx * (y[:, 2] - y[:, 0]) + dy * (x[:, 0] - x[:, 2])) / area
    two = (dx * (y[:, 0] - y[:, 1]) + dy * (x[:, 1] - x[:, 0])) / area
    weights = torch.stack((1 - one - two, one, two), dim=1)
    if flat_depth:
        return Fragments(pixel, face // each, corners, weights, face, (weights * z).sum(1))
    weights = weights / z
    total = weights.sum(1, keepdim=True)
    return Fragments(pixel, face // each, corners, weights / total, face, 1.0 / total[:, 0])

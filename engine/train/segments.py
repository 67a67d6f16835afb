"""The rigid parts of a body, whose rotations are what a motion is.

A segment's rotation takes the canonical T pose to its pose in the world: y up, facing z, the left arm along
x, palms down, thumbs and feet forward. Rotations are unit quaternions w, x, y, z.
"""

from __future__ import annotations

import torch
from torch import Tensor

_TRUNK = ("pelvis", "lower_back", "upper_back", "chest", "neck", "head")
_ARM = ("clavicle", "upper_arm", "forearm", "hand")
_LEG = ("thigh", "shin", "foot", "toes")

SEGMENTS = (*_TRUNK, *(f"{side}_{part}" for side in ("left", "right") for part in (*_ARM, *_LEG)))


def segment(name: str) -> int:
    return SEGMENTS.index(name)


def limb(side: str, parts: tuple[str, ...]) -> list[int]:
    """Indices of some of the parts of one side."""
    return [segment(f"{side}_{part}") for part in parts]


LEFT_ARM, RIGHT_ARM = (limb(side, _ARM[1:]) for side in ("left", "right"))
LEFT_LEG, RIGHT_LEG = (limb(side, _LEG) for side in ("left", "right"))
_OTHER = {"left": "right", "right": "left"}
MIRROR = torch.tensor(
    [
        segment(name if name in _TRUNK else "_".join([_OTHER[name.split("_")[0]], *name.split("_")[1:]]))
        for name in SEGMENTS
    ]
)


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """Product of quaternions (..., 4): first b's rotation, then a's."""
    aw, ax, ay, az = a.unbind(-1)
    bw, bx, by, bz = b.unbind(-1)
    return torch.stack(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ),
        dim=-1,
    )


def inverse(rotation: Tensor) -> Tensor:
    return rotation * rotation.new_tensor([1.0, -1.0, -1.0, -1.0])


def unit(rotation: Tensor) -> Tensor:
    # Written out, for norms over so few numbers are slow.
    w, x, y, z = rotation.unbind(-1)
    return rotation / (w * w + x * x + y * y + z * z).clamp(min=1e-18).sqrt()[..., None]


def from_vector(vector: Tensor) -> Tensor:
    """Quaternions of rotation vectors (..., 3), axis times radians."""
    half = vector.norm(dim=-1, keepdim=True) / 2
    return torch.cat((half.cos(), vector / 2 * torch.sinc(half / torch.pi)), dim=-1)


def rotate(rotation: Tensor, vector: Tensor) -> Tensor:
    """Vectors (..., 3) turned by unit quaternions (..., 4)."""
    axis = rotation[..., 1:].expand(*torch.broadcast_shapes(rotation.shape[:-1], vector.shape[:-1]), 3)
    across = 2 * torch.linalg.cross(axis, vector.expand_as(axis))
    return vector + rotation[..., :1] * across + torch.linalg.cross(axis, across)


def matrix_rows(rotation: Tensor) -> Tensor:
    """(..., S, 4) quaternions of any length to (..., 3, 3 S): rotation matrices side by side, to be
    multiplied with offsets (3 S)."""
    w, x, y, z = rotation.unbind(-1)
    twice = 2.0 / (w * w + x * x + y * y + z * z).clamp(min=1e-18)
    tx, ty, tz = twice * x, twice * y, twice * z
    wx, wy, wz = w * tx, w * ty, w * tz
    xx, xy, xz, yy, yz, zz = x * tx, x * ty, x * tz, y * ty, y * tz, z * tz
    rows = (
        (1 - (yy + zz), xy - wz, xz + wy),
        (xy + wz, 1 - (xx + zz), yz - wx),
        (xz - wy, yz + wx, 1 - (xx + yy)),
    )
    return torch.stack([torch.stack(row, dim=-1).flatten(-2) for row in rows], dim=-2)

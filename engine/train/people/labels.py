"""Where Halpe's 26 points are on a rendered picture, and which of them can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from blender_pose3d.skeleton import HALPE_26

from .view import View

# Of stature: how far the surface that is seen at a point's pixel may be from the point, both at rest, to be
# the point's own flesh. Points of the face lie on the skin, those of limbs inside them.
_FLESH_OF = {
    "nose": 0.025, "eye": 0.025, "ear": 0.035, "head": 0.055, "shoulder": 0.085, "elbow": 0.055,
    "wrist": 0.05, "hip": 0.105, "knee": 0.07, "ankle": 0.055, "neck": 0.1, "toe": 0.04, "heel": 0.055,
}  # fmt: skip


def _flesh() -> Tensor:
    kinds = [name.rpartition("_")[2] for name in HALPE_26.joints]
    return torch.tensor([_FLESH_OF[kind] for kind in kinds])


_FLESH = _flesh()


@dataclass(frozen=True)
class Labels:
    """joints: (N, 26, 2) px. known: (N, 26), inside the photograph. visible: (N, 26), and seen. box:
    (N, 4)."""

    joints: Tensor
    known: Tensor
    visible: Tensor
    box: Tensor


def label(view: View, seen_at: Tensor, rest: Tensor, hidden: Tensor, stature: Tensor) -> Labels:
    """seen_at: (N, 26, 3) as Figures has it. rest: (N, 26, 3) the points of the body at rest. hidden:
    (N, H, W), what stands before the person."""
    joints = view.keypoints[..., :2]
    height, width = hidden.shape[1:]
    frame = view.frame[:, None]
    x, y = joints.unbind(-1)
    known = (x >= frame[..., 0]) & (y >= frame[..., 1]) & (x <= frame[..., 2]) & (y <= frame[..., 3])
    known &= (x > -0.5) & (y > -0.5) & (x < width - 0.5) & (y < height - 0.5)
    column, row = x.round().long().clamp(0, width - 1), y.round().long().clamp(0, height - 1)
    covered = hidden.flatten(1).gather(1, row * width + column)
    away = (seen_at - rest).norm(dim=-1)
    # where nothing of the person is, the point lies just outside an outline and nothing hides it
    own = away.isinf() | (away < _FLESH.to(away) * stature[:, None])
    visible = known & own & (covered < 0.5)
    inner = torch.maximum(view.box[:, :2], -torch.full_like(view.box[:, :2], 0.5))
    outer = torch.minimum(view.box[:, 2:], view.box.new_tensor([width - 0.5, height - 0.5]))
    return Labels(joints, known, visible, torch.cat((inner, torch.maximum(outer, inner + 1)), 1))

"""Bodies of the bank in poses: linear blend skinning of a whole batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..body_bank import AXES
from ..segments import matrix_rows
from .assets import Bank


@dataclass(frozen=True)
class Posed:
    """N bodies in anny's axes, the root bone at the origin, metres. vertices, normals: (N, V, 3).
    keypoints: (N, 26, 3) Halpe's."""

    vertices: Tensor
    normals: Tensor
    keypoints: Tensor


def pose(bank: Bank, who: Tensor, rotations: Tensor) -> Posed:
    """who: (N,) rows of the bank. rotations: (N, segments, 4) quaternions as in segments.py."""
    transforms = bone_transforms(bank, who, rotations)
    count, bones = transforms.shape[:2]
    # One product for all people: (P, B) @ (B, N * 12)
    flat = transforms.flatten(2).transpose(0, 1).reshape(bones, -1)
    blended = (bank.weights @ flat).view(-1, count, 12).transpose(0, 1)
    rows = bank.base[who] + torch.arange(count, device=who.device)[:, None] * blended.shape[1]
    each = blended.reshape(-1, 12)[rows].unflatten(-1, (3, 4))
    columns = each.unbind(-1)
    vertices = _times(columns, bank.rest[who]) + columns[3]
    normals = _times(columns, bank.normals[who])
    keypoints = torch.einsum("nbij,nkbj->nki", transforms[..., :3], bank.moments[who])
    keypoints = keypoints + torch.einsum("nbi,kb->nki", transforms[..., 3], bank.shares)
    return Posed(vertices, normals, keypoints)


def _times(columns: tuple[Tensor, ...], points: Tensor) -> Tensor:
    """Matrices by their columns times points; sums over so few numbers are slow."""
    return columns[0] * points[..., :1] + columns[1] * points[..., 1:2] + columns[2] * points[..., 2:]


def bone_transforms(bank: Bank, who: Tensor, rotations: Tensor) -> Tensor:
    """(N, B, 3, 4) from rest to the pose, the root's head at the origin."""
    axes = torch.from_numpy(AXES).to(rotations)
    matrices = matrix_rows(rotations[:, :, None]).view(*rotations.shape[:2], 3, 3)
    turned = axes.T @ matrices[:, bank.segments] @ bank.turns[who] @ axes
    heads = bank.heads[who]
    parents = bank.parents.tolist()
    moved: list[Tensor] = []
    for bone, parent in enumerate(parents):
        if parent < 0:
            moved.append(torch.zeros_like(heads[:, 0]))
            continue
        offset = (heads[:, bone] - heads[:, parent])[..., None]
        moved.append(moved[parent] + (turned[:, parent] @ offset)[..., 0])
    at = torch.stack(moved, dim=1)
    shift = at - (turned @ heads[..., None])[..., 0]
    return torch.cat((turned, shift[..., None]), dim=-1)

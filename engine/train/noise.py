"""What detectors do to joints: jitter and drift, scores, occlusion, swapped sides, jumps, missing feet.

Sizes are fractions of the person's height in the picture. They are estimates from watching detectors, not yet
measured; the score falls with the error it announces, as real scores do, but never says it exactly.
"""

from __future__ import annotations

import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_19

from .bodies import HIP, LHIP, LSHOULDER, RHIP, RSHOULDER, SPINE, THORAX
from .cameras import uniform

_UNSEEN_BELOW = 0.03  # the bridge takes a lower score for no sight at all
_HARDNESS = {"Hip": 1.3, "Knee": 1.0, "Ankle": 1.1, "Toe": 1.3, "Shoulder": 0.9, "Elbow": 1.0, "Wrist": 1.3}
_HARD = torch.tensor([_HARDNESS.get(n[1:], 0.9) for n in H36M_19.joints])
_MIRROR = torch.from_numpy(H36M_19.mirror.copy())


def _mask(*names: str) -> Tensor:
    return torch.tensor([n in names for n in H36M_19.joints])


_LEGS = _mask("RHip", "RKnee", "RAnkle", "RToe", "LHip", "LKnee", "LAnkle", "LToe")
_ARMS = _mask("RShoulder", "RElbow", "RWrist", "LShoulder", "LElbow", "LWrist")
_TOES = _mask("RToe", "LToe")
_SHINS = _mask("RAnkle", "RToe", "LAnkle", "LToe")
_KNEES_DOWN = _SHINS | _mask("RKnee", "LKnee")
_HIDDEN = torch.stack(
    [_mask(f"{s}{a}", f"{s}{b}") for s in "LR" for a, b in (("Elbow", "Wrist"), ("Wrist", "Wrist"))]
    + [_mask(f"{s}Knee", f"{s}Ankle", f"{s}Toe") for s in "LR"]
    + [_mask(f"{s}Ankle", f"{s}Toe") for s in "LR"]
    + [_mask(f"{s}Shoulder", f"{s}Elbow", f"{s}Wrist") for s in "LR"]
    + [_mask(f"{s}Hip", f"{s}Knee") for s in "LR"]
    + [_KNEES_DOWN, _LEGS, _TOES, _mask("Head", "Neck")]
)


def _smooth(shape: tuple[int, int, int, int], generator: torch.Generator) -> Tensor:
    """(B, L, J, F) noise of about unit variance that changes over 4 to 20 frames."""
    B, L, J, F = shape
    knots = max(3, int(L / float(uniform((1,), 4.0, 20.0, generator))) + 1)
    coarse = torch.randn(B, J * F, knots, generator=generator)
    fine = torch.nn.functional.interpolate(coarse, size=L, mode="linear", align_corners=True)
    return fine.view(B, J, F, L).permute(0, 3, 1, 2) * 1.2


def _span(B: int, L: int, shortest: float, longest: float, generator: torch.Generator) -> Tensor:
    """(B, L, 1) bool: one interval of each window, its length in frames drawn between the two."""
    length = uniform((B, 1), shortest, longest, generator)
    middle = uniform((B, 1), 0.0, float(L), generator)
    return ((torch.arange(L) - middle).abs() <= length / 2)[..., None]


def _chance(B: int, share: float, generator: torch.Generator) -> Tensor:
    return torch.rand(B, 1, 1, generator=generator) < share


def detect(joints: Tensor, height: Tensor, size: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """True places (B, L, J, 2) px to detected ones and their scores (B, L, J).

    height: (B, L) of the person in px, size: (B, 2) of the picture.
    """
    B, L, J, _ = joints.shape
    unit = height[..., None, None] * torch.exp(torch.randn(B, 1, 1, 1, generator=generator) * 0.4)
    ease = torch.randn(B, 1, 1, generator=generator) + 0.8 * torch.randn(B, 1, J, generator=generator)
    quality = torch.sigmoid(2.3 + ease + _smooth((B, L, J, 1), generator)[..., 0])

    joints, quality = _occlude(joints, quality, unit, generator)
    lack = (1 - quality)[..., None]
    jitter = torch.randn(joints.shape, generator=generator) * (0.0025 + 0.012 * lack)
    drift = _smooth((B, L, J, 2), generator) * (0.004 + 0.03 * lack)
    joints = joints + (jitter + drift) * _HARD[:, None] * unit
    joints, quality = _jump(joints, quality, unit, generator)
    joints, quality = _swap(joints, quality, generator)

    # Heatmap peaks seldom reach one; BlazePose is nearly always sure.
    gamma = torch.exp(uniform((B, 1, 1), -2.5, 0.6, generator))
    score = (quality.clamp(1e-3, 1) * uniform((B, 1, 1), 0.85, 1.0, generator)).pow(gamma)
    score = (score + 0.03 * torch.randn(score.shape, generator=generator)).clamp(0.0, 1.0)
    score = _lose(joints, score, size, generator)
    return mid_joints(joints, score)


def _occlude(
    joints: Tensor, quality: Tensor, unit: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    B, L, J, _ = joints.shape
    for share in (0.4, 0.2):
        group = _HIDDEN[torch.randint(len(_HIDDEN), (B,), generator=generator)][:, None]
        hidden = group & _span(B, L, 4.0, 70.0, generator) & _chance(B, share, generator)
        # The guess is off together along the limb, and each joint by itself.
        bias = torch.randn(B, 1, 1, 2, generator=generator) * 0.025
        bias = bias + torch.randn(B, 1, J, 2, generator=generator) * 0.03
        joints = joints + hidden[..., None] * bias * unit
        quality = torch.where(hidden, quality * uniform((B, 1, J), 0.05, 0.5, generator), quality)
    return joints, quality


def _jump(joints: Tensor, quality: Tensor, unit: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    jumped = torch.rand(quality.shape, generator=generator) < 0.004 * (1.2 - quality)
    where = torch.randn(joints.shape, generator=generator) * 0.12 * unit
    quality = torch.where(jumped, quality * torch.rand(quality.shape, generator=generator), quality)
    return joints + jumped[..., None] * where, quality


def _swap(joints: Tensor, quality: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    B, L = quality.shape[:2]
    for group, share in ((_LEGS, 0.05), (_ARMS, 0.03), (_LEGS | _ARMS, 0.03)):
        swapped = group & _span(B, L, 1.0, 10.0, generator) & _chance(B, share, generator)
        joints = torch.where(swapped[..., None], joints[:, :, _MIRROR], joints)
        quality = torch.where(swapped, quality[:, :, _MIRROR] * 0.8, quality)
    return joints, quality


def _lose(joints: Tensor, score: Tensor, size: Tensor, generator: torch.Generator) -> Tensor:
    """Score 0 for what is outside the picture, for feet a detector does not know and for a cropped body."""
    B = len(score)
    outside = ((joints < 0) | (joints > size[:, None, None] - 1)).any(dim=-1)
    lost = outside | (score < _UNSEEN_BELOW)
    for group, share in ((_TOES, 0.15), (_SHINS, 0.04), (_KNEES_DOWN, 0.05), (_LEGS, 0.03)):
        lost = lost | (group & _chance(B, share, generator))
    return torch.where(lost, torch.zeros_like(score), score)


def mid_joints(joints: Tensor, score: Tensor) -> tuple[Tensor, Tensor]:
    """Hip, thorax and spine as the bridge makes them: half way between their neighbours, in the picture."""
    joints, score = joints.clone(), score.clone()
    for middle, one, other in ((HIP, RHIP, LHIP), (THORAX, RSHOULDER, LSHOULDER), (SPINE, HIP, THORAX)):
        joints[:, :, middle] = (joints[:, :, one] + joints[:, :, other]) / 2
        both = (score[:, :, one] > 0) & (score[:, :, other] > 0)
        score[:, :, middle] = (score[:, :, one] + score[:, :, other]) / 2 * both
    return joints, score

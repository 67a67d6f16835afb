"""What detectors do to joints: errors and scores as measured, swapped sides, hidden limbs, missing feet.

The numbers are those of detector_errors.py. Margin says by how much training goes beyond them, so that a
lifter serves detectors and footage that were not measured too. Sizes are fractions of the person's height in
the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_19

from .bodies import HIP, LHIP, LSHOULDER, RHIP, RSHOULDER, SPINE, THORAX
from .cameras import uniform
from .courses import chance, course, linked, span
from .detector_errors import (
    BEHIND,
    HIDDEN,
    KIND,
    NORMAL,
    SIGHTS,
    DetectorErrors,
    Events,
    error_length,
    interpolate,
    read_errors,
)
from .occlusion import hidden as hidden_by_body
from .occlusion import trunk_axes

MEASURED = read_errors()
_HIDES = 1.5  # seconds
_HARDER, _UNSURE = 1.2, 2.5  # how much larger errors are on photos at most, and below which logit
UNSEEN_BELOW = 0.03  # the bridge takes a lower score for no sight at all
_MIRROR = torch.from_numpy(H36M_19.mirror.copy())
# Left joints' mean errors, mirrored for the right ones; those of the middle have none to a side.
_SIDES = torch.tensor([[{"L": 1.0, "R": -1.0}.get(n[0], 0.0), 1.0, 1.0] for n in H36M_19.joints])


@dataclass(frozen=True)
class Margin:
    """Beyond what was measured, each 0 for nothing.

    hard: share of windows whose uncertain joints are about twice as far off, as labelled photos of sport and
    crowds show them, which rendered people flatter. ease: spread (normal deviates) of how easy a detector
    finds a clip. size: spread (logarithm) of the errors' sizes between detectors. heatmaps: share of windows
    by a detector of COCO-17 that scores by the peaks of heatmaps, as HRNet does: no feet, places on a grid,
    no score near one. occluders: chance of a frame to have a limb behind something, for 1.5 s on average.
    crops: share of windows whose legs or feet are never seen.
    """

    hard: float = 0.3
    ease: float = 0.4
    size: float = 0.25
    heatmaps: float = 0.25
    occluders: float = 0.25
    crops: float = 0.08


AS_MEASURED = Margin(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def _mask(*names: str) -> Tensor:
    return torch.tensor([n in names for n in H36M_19.joints])


_TOES = _mask("RToe", "LToe")
_SHINS = _mask("RAnkle", "LAnkle") | _TOES
_KNEES_DOWN = _mask("RKnee", "LKnee") | _SHINS
LEGS = _mask("RHip", "LHip") | _KNEES_DOWN
ARMS = _mask("RShoulder", "RElbow", "RWrist", "LShoulder", "LElbow", "LWrist")
_HIDDEN = torch.stack(
    [_mask(f"{s}{a}", f"{s}{b}") for s in "LR" for a, b in (("Elbow", "Wrist"), ("Wrist", "Wrist"))]
    + [_mask(f"{s}Knee", f"{s}Ankle", f"{s}Toe") for s in "LR"]
    + [_mask(f"{s}Ankle", f"{s}Toe") for s in "LR"]
    + [_mask(f"{s}Shoulder", f"{s}Elbow", f"{s}Wrist") for s in "LR"]
    + [_mask(f"{s}Hip", f"{s}Knee") for s in "LR"]
    + [_KNEES_DOWN, LEGS, _TOES, _mask("Head", "Neck")]
)


def detect(
    joints: Tensor,
    height: Tensor,
    size: Tensor,
    generator: torch.Generator,
    *,
    body: Tensor | None = None,
    rate: Tensor | float = 30.0,
    margin: Margin = Margin(),
    errors: DetectorErrors = MEASURED,
) -> tuple[Tensor, Tensor]:
    """True places (B, L, J, 2) px to detected ones and their scores (B, L, J).

    height: (B, L) of the person in px, size: (B, 2) of the picture. body: (B, L, J, 3) in camera axes,
    metres; it tells what the body itself hides and which way it faces. rate: (B,) frames a second.
    """
    B, L, J, _ = joints.shape
    seconds = 1.0 / torch.as_tensor(rate, dtype=joints.dtype).expand(B)
    sight = torch.zeros(B, L, J, dtype=torch.long) if body is None else HIDDEN * hidden_by_body(body, every=3)
    sight = sight.masked_fill(_occluded(B, seconds, L, margin.occluders, generator), BEHIND)
    logit, steady = _logits(sight, seconds, margin.ease, errors, generator)

    unit = height[..., None, None] * torch.exp(torch.randn(B, 1, 1, 1, generator=generator) * margin.size)
    harder = chance(B, margin.hard, generator) * _HARDER * (_UNSURE - steady).sigmoid()
    unit = unit * (1 + harder)[..., None] * torch.where(sight == BEHIND, errors.behind, 1.0)[..., None]
    joints = joints + _error(steady, seconds, errors, generator) * unit
    if body is not None:
        joints = joints + (errors.bias[KIND] * _SIDES @ trunk_axes(body))[..., :2] * height[..., None, None]
    score = logit.sigmoid()
    for group, events in ((LEGS, errors.swaps["legs"]), (ARMS, errors.swaps["arms"])):
        swapped = group & span(L, seconds, events, generator)[..., None]
        joints = torch.where(swapped[..., None], joints[:, :, _MIRROR], joints)
        score = torch.where(swapped, score[:, :, _MIRROR], score)

    joints, score = _by_heatmaps(joints, score, height, margin.heatmaps, generator)
    return mid_joints(joints, _lose(joints, score, size, margin.crops, generator))


def _logits(
    sight: Tensor, seconds: Tensor, ease: float, errors: DetectorErrors, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """(B, L, J) logits of scores, and the same without what flickers: errors do not flicker along."""
    B, L, J = sight.shape
    own = course((B, L, J), seconds, errors.score_course, generator)
    shared = course((B, L, 1), seconds, errors.score_course.mean(), generator)
    easier = ease * torch.randn(B, 1, 1, generator=generator)
    row = len(SIGHTS) * KIND + sight
    logit, steady = (
        interpolate(
            errors.score.flatten(0, 1),
            row,
            NORMAL,
            (1 - errors.person) ** 0.5 * one + errors.person**0.5 * all_joints + easier,
        )
        for one, all_joints in zip(own, shared, strict=True)
    )
    return logit, steady


def _error(logit: Tensor, seconds: Tensor, errors: DetectorErrors, generator: torch.Generator) -> Tensor:
    """(B, L, J, 2) in heights."""
    B, L, J = logit.shape
    deviate, _ = course((B, L, 2 * J), seconds, errors.error_course, generator)
    x, y = linked(deviate.view(B, L, 2, J), errors.links).unbind(dim=2)
    length = (x.square() + y.square()).sqrt()
    measured = error_length(errors.length, KIND.expand(B, L, J), logit, length)
    scale = measured / length.clamp(min=1e-6)
    return torch.stack((x * scale, y * scale), dim=-1)


def _occluded(count: int, seconds: Tensor, frames: int, share: float, generator: torch.Generator) -> Tensor:
    """(B, L, J): limbs behind something, for a moment or for the whole window."""
    result = torch.zeros(count, frames, len(H36M_19), dtype=torch.bool)
    for _ in range(2 if share else 0):
        group = _HIDDEN[torch.randint(len(_HIDDEN), (count,), generator=generator)][:, None]
        behind = span(frames, seconds, Events(share / 2 / _HIDES, _HIDES), generator)[..., None]
        result = result | (group & behind)
    return result


def _by_heatmaps(
    joints: Tensor, score: Tensor, height: Tensor, share: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Some of the windows as a network of heatmaps gives them: by HRNet's design, not measured."""
    chosen = chance(len(joints), share, generator)
    # Peaks say less than a trained score: flatter, their height differs between footage, never quite one.
    peak = (score.clamp(1e-4, 1 - 1e-4).logit() / 3).sigmoid()
    peak = peak * uniform((len(joints), 1, 1), 0.85, 1.05, generator)
    peak = (peak + 0.03 * torch.randn(score.shape, generator=generator)).clamp(0.0, 0.99)
    score = torch.where(chosen, torch.where(_TOES, torch.zeros_like(peak), peak), score)
    # A quarter of a cell: 64 cells along a box a quarter higher than the person.
    step = (1.25 / 64 / 4) * height[:, :, None, None]
    return torch.where(chosen[..., None], (joints / step).round() * step, joints), score


def _lose(joints: Tensor, score: Tensor, size: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Score 0 for what is outside the picture, too uncertain, or of a body cut off below."""
    outside = ((joints < 0) | (joints > size[:, None, None] - 1)).any(dim=-1)
    lost = outside | (score < UNSEEN_BELOW)
    for group in (_SHINS, _KNEES_DOWN, LEGS):
        lost = lost | (group & chance(len(score), share / 3, generator))
    return torch.where(lost, torch.zeros_like(score), score)


def mid_joints(joints: Tensor, score: Tensor) -> tuple[Tensor, Tensor]:
    """Hip, thorax and spine as the bridge makes them: half way between their neighbours, in the picture."""
    joints, score = joints.clone(), score.clone()
    for middle, one, other in ((HIP, RHIP, LHIP), (THORAX, RSHOULDER, LSHOULDER), (SPINE, HIP, THORAX)):
        joints[:, :, middle] = (joints[:, :, one] + joints[:, :, other]) / 2
        both = (score[:, :, one] > 0) & (score[:, :, other] > 0)
        score[:, :, middle] = (score[:, :, one] + score[:, :, other]) / 2 * both
    return joints, score

"""Poses nobody captured, made of those somebody did.

Limbs change owners (crossover) and are bent further (mutation, mutation.py), after Li et al., "Cascaded Deep
Monocular 3D Human Pose Estimation With Evolutionary Training Data", CVPR 2020, here whole windows over time;
some people are turned in space as acrobats are, some windows run backwards, half are mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .segments import (
    LEFT_ARM,
    LEFT_LEG,
    MIRROR,
    RIGHT_ARM,
    RIGHT_LEG,
    inverse,
    multiply,
    rotate,
    segment,
    unit,
)


@dataclass(frozen=True)
class Motion:
    """rotations: (B, L, segments, 4) unit quaternions. root: (B, L, 3) the hip's path, metres, y up."""

    rotations: Tensor
    root: Tensor


_HEAD = [segment("neck"), segment("head")]
# What is taken over together, relative to which segment, and how often beside the share asked for.
_EXCHANGES = (
    (LEFT_ARM + RIGHT_ARM + _HEAD, segment("chest"), 1.0),
    (LEFT_ARM, segment("chest"), 0.3),
    (RIGHT_ARM, segment("chest"), 0.3),
    (LEFT_LEG + RIGHT_LEG, segment("pelvis"), 0.6),
)


def mix(motion: Motion, share: float, generator: torch.Generator) -> Motion:
    """Some of the windows with limbs exchanged, turned or reversed in time."""
    motion = _reverse(motion, 0.5 * share, generator)
    motion = replace(motion, rotations=exchange(motion.rotations, share, generator))
    return _turn(motion, 0.3 * share, generator)


def mirror(motion: Motion, share: float, generator: torch.Generator) -> Motion:
    """Left and right exchanged in a share of the windows."""
    rotations = motion.rotations[:, :, MIRROR] * torch.tensor([1.0, 1.0, -1.0, -1.0])
    root = motion.root * torch.tensor([-1.0, 1.0, 1.0])
    return _where(chosen(len(root), share, generator), Motion(rotations, root), motion)


def chosen(count: int, share: float, generator: torch.Generator) -> Tensor:
    """(count, 1, 1, 1) bool."""
    return torch.rand(count, 1, 1, 1, generator=generator) < share


def _where(which: Tensor, one: Motion, other: Motion) -> Motion:
    return Motion(
        torch.where(which, one.rotations, other.rotations), torch.where(which[..., 0], one.root, other.root)
    )


def _reverse(motion: Motion, share: float, generator: torch.Generator) -> Motion:
    backwards = Motion(motion.rotations.flip(1), motion.root.flip(1))
    return _where(chosen(len(motion.root), share, generator), backwards, motion)


def exchange(rotations: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """(B, L, segments, 4) with limbs of other windows, as they were held relative to chest or pelvis."""
    result = rotations.clone()
    for limbs, base, part in _EXCHANGES:
        taker = chosen(len(rotations), part * share, generator)[:, 0, 0, 0].nonzero()[:, 0]
        donor = torch.randint(len(rotations), (len(taker),), generator=generator)
        carry = multiply(rotations[taker, :, base], inverse(rotations[donor, :, base]))
        given = multiply(carry[:, :, None], rotations[donor][:, :, limbs])
        result[taker[:, None], :, torch.tensor(limbs)] = given.transpose(1, 2)
    return result


def _turn(motion: Motion, share: float, generator: torch.Generator) -> Motion:
    """Rotate about the middle of the hip's path, by any rotation."""
    turn = unit(torch.randn(len(motion.root), 1, 4, generator=generator))
    middle = motion.root.mean(dim=1, keepdim=True)
    turned = Motion(multiply(turn[:, None], motion.rotations), rotate(turn, motion.root - middle) + middle)
    return _where(chosen(len(motion.root), share, generator), turned, motion)

"""Random courses over time of a given memory, whatever the frame rate; whole batches at once."""

from __future__ import annotations

import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_19

from .detector_errors import KIND, LINKS, Course, Events


def course(
    shape: tuple[int, int, int], seconds: Tensor, memory: Course, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """(B, L, F) normal deviates of unit variance, and what of them is not white. seconds: (B,) of a frame.

    The memory's shares are one for all, or of H36M_19's joints by kind, in whose order F then counts.
    """
    B, L, F = shape
    of = torch.zeros(F, dtype=torch.long) if len(memory.constant) == 1 else KIND.repeat(F // len(KIND))
    constant, slow, quick = memory.constant[of], memory.slow[of], memory.quick[of]
    steady = constant.sqrt() * torch.randn(B, 1, F, generator=generator)
    for share, memorised in zip((slow, quick), memory.seconds, strict=True):
        fresh = torch.randn(B, L, F, generator=generator)
        steady = steady + share.sqrt() * (_ornstein_uhlenbeck(L, seconds / memorised) @ fresh)
    white = (1 - constant - slow - quick).clamp(min=0)
    return steady + white.sqrt() * torch.randn(B, L, F, generator=generator), steady


def _ornstein_uhlenbeck(frames: int, step: Tensor) -> Tensor:
    """(B, L, L) matrices that turn white noise into the process; step: (B,) in units of its memory."""
    at = torch.arange(frames)
    ago = (at[:, None] - at).clamp(min=0)
    decay = torch.exp(-step[:, None, None] * ago).tril()
    decay[:, :, 1:] *= (1 - torch.exp(-2 * step)).sqrt()[:, None, None]
    return decay


def _chain(links: Tensor) -> Tensor:
    """(J, J) that mixes independent deviates along LINKS, each joint's variance kept."""
    mixed = torch.eye(len(H36M_19))
    for (child, parent), part in zip(LINKS, links, strict=True):
        c, p = H36M_19.index(child), H36M_19.index(parent)
        mixed[c] = part * mixed[p] + (1 - part.square()).sqrt() * mixed[c]
    return mixed


def linked(deviates: Tensor, links: Tensor) -> Tensor:
    """Deviates (..., J), children correlated with their parents as links (len(LINKS),) say."""
    return deviates @ _chain(links).mT


def chance(count: int, share: float, generator: torch.Generator) -> Tensor:
    """(count, 1, 1) bool, true for a share."""
    return torch.rand(count, 1, 1, generator=generator) < share


def span(frames: int, seconds: Tensor, events: Events, generator: torch.Generator) -> Tensor:
    """(B, L) bool: true during at most one event a window; seconds: (B,) from frame to frame.

    Events that begin before the window count, so that a frame's chance does not depend on its length.
    """
    B = len(seconds)
    length = -torch.rand(B, 1, generator=generator).clamp(min=1e-6).log() * events.seconds
    room = frames * seconds[:, None] + length
    happens = torch.rand(B, 1, generator=generator) < events.per_second * room
    begins = torch.rand(B, 1, generator=generator) * room - length
    now = (torch.arange(frames) + 0.5) * seconds[:, None]
    return happens & (begins <= now) & (now < begins + length)

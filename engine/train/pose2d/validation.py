"""What checkpoints are chosen by: people who are never learnt from, shown plainly."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from blender_pose3d.skeleton import HALPE_26

from ...pose2d.heatmaps import decode_dark
from ...pose2d.hrnet_graph import STRIDE
from .augment import plain
from .colour import as_floats, normalised
from .data import People, stacked
from .targets import Loss, gaussians

THRESHOLD = 0.2  # of the torso's diagonal
_TRUSTED = 0.3  # least weight of a label that is measured against
_DIAGONALS = np.array(
    [
        [HALPE_26.index("left_shoulder"), HALPE_26.index("right_hip")],
        [HALPE_26.index("right_shoulder"), HALPE_26.index("left_hip")],
    ]
)
_AT_ONCE = 32


@dataclass(frozen=True)
class Measured:
    """pck: share of all joints within a fifth of the torso's diagonal; by_source: the same of each source."""

    pck: float
    by_source: dict[str, float]
    loss: float


class Validation:
    """At most `count` people of each source, those whose pictures hash lowest."""

    def __init__(self, people: People, count: int) -> None:
        rows = []
        for source in range(len(people.sources)):
            own = np.flatnonzero(people.source == source)
            names = [str(people.packs[pack].ids[row]) for pack, row in people.where[own]]
            order = np.argsort([zlib.crc32(name.encode()) for name in names], kind="stable")
            rows.append(own[order[:count]])
        self.people = people.chosen(np.concatenate(rows))

    def measure(self, network: nn.Module, size: tuple[int, int], loss: Loss, hidden: float) -> Measured:
        """network: in eval mode, shown one view, no flip test. size: (width, height) of its input."""
        device = next(network.parameters()).device
        right, counted, losses = [], [], []
        shown = (plain(person, size) for person in self.people)
        for start in range(0, len(self.people), _AT_ONCE):
            number = min(_AT_ONCE, len(self.people) - start)
            batch = {k: v.to(device) for k, v in stacked([next(shown) for _ in range(number)]).items()}
            with torch.inference_mode():
                pictures = normalised(as_floats(batch["pictures"]))
                maps = network(pictures.contiguous(memory_format=torch.channels_last)).float()
                height = torch.where(batch["visible"], 1.0, hidden)
                target = gaussians(batch["joints"], height, size, loss.sigma)
                losses.append(float(loss(maps, target, batch["weight"])) * number)
            hit, known = _hits(maps, batch["joints"], batch["weight"])
            right.append(hit)
            counted.append(known)
        return self._summed(np.concatenate(right), np.concatenate(counted), sum(losses) / len(self.people))

    def _summed(self, right: np.ndarray, counted: np.ndarray, loss: float) -> Measured:
        def pck(rows: np.ndarray) -> float:
            return float((right & counted)[rows].sum() / max(counted[rows].sum(), 1))

        sources = {
            name: pck(self.people.source == i)
            for i, name in enumerate(self.people.sources)
            if counted[self.people.source == i].any()
        }
        return Measured(pck(np.ones(len(right), bool)), sources, loss)


def _hits(maps: Tensor, joints: Tensor, weight: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """(N, 26) bool: found near enough; measured at all."""
    found = decode_dark(maps.cpu().numpy())[0] * STRIDE
    truth, trust = joints.cpu().numpy(), weight.cpu().numpy() >= _TRUSTED
    ends = truth[:, _DIAGONALS]
    both = trust[:, _DIAGONALS].all(axis=-1)
    torso = np.where(both, np.linalg.norm(ends[:, :, 0] - ends[:, :, 1], axis=-1), 0)
    torso = torso.max(axis=1, keepdims=True)
    distance = np.linalg.norm(found - truth, axis=-1)
    return distance <= THRESHOLD * torso, trust & (torso > 0)

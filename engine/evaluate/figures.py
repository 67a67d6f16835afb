"""Errors summed over clips: of all frames, of each joint, of each subject and of each action."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from blender_pose3d.skeleton import H36M_19

from .lifter_metrics import aligned_errors, joint_errors, scaled_errors, velocity_errors

MEASURES = ("MPJPE", "P-MPJPE", "N-MPJPE", "MPJVE")
LIMBS = tuple(dict.fromkeys(n[1:] + "s" if n[0] in "LR" else n for n in H36M_19.joints))
"""Joints with left and right as one, for tables."""


class Sums:
    """Sums over frames; millimetres come out."""

    def __init__(self) -> None:
        self.frames = 0
        self._measures = np.zeros(len(MEASURES))

    def add(self, frames: int, means: np.ndarray) -> None:
        """means: (measures,) metres over that many frames."""
        self.frames += frames
        self._measures += frames * means

    def millimetres(self) -> dict[str, float]:
        mean = 1000 * self._measures / max(self.frames, 1)
        return dict(zip(MEASURES, mean.round(2).tolist(), strict=True))


class Figures:
    """One lifter in one condition, by whole clips."""

    def __init__(self) -> None:
        self.all = Sums()
        self._groups: dict[str, dict[str, Sums]] = {k: defaultdict(Sums) for k in ("subjects", "actions")}
        self._joints = np.zeros(len(H36M_19))

    def add(self, prediction: np.ndarray, target: np.ndarray, subject: str, action: str) -> None:
        """Both (T, 19, 3) in metres."""
        errors, velocity = joint_errors(prediction, target), velocity_errors(prediction, target)
        means = np.array(
            [
                errors.mean(),
                aligned_errors(prediction, target).mean(),
                scaled_errors(prediction, target).mean(),
                velocity.mean() if len(velocity) else 0.0,
            ]
        )
        self._joints += errors.sum(axis=0)
        for sums in (self.all, self._groups["subjects"][subject], self._groups["actions"][action]):
            sums.add(len(errors), means)

    def to_dict(self) -> dict[str, Any]:
        """Millimetres, MPJVE in millimetres a frame; joints by MPJPE."""
        joints = (1000 * self._joints / max(self.all.frames, 1)).round(1).tolist()
        grouped = {
            group: {name: {"frames": s.frames, **s.millimetres()} for name, s in sorted(sums.items())}
            for group, sums in self._groups.items()
        }
        return {
            "frames": self.all.frames,
            "all": self.all.millimetres(),
            "joints": dict(zip(H36M_19.joints, joints, strict=True)),
            **grouped,
        }


def by_limb(joints: dict[str, float]) -> dict[str, float]:
    """Joints' figures with left and right averaged, named as in LIMBS."""
    pairs = defaultdict(list)
    for name, value in joints.items():
        pairs[name[1:] + "s" if name[0] in "LR" else name].append(value)
    return {name: float(np.mean(values)) for name, values in pairs.items()}

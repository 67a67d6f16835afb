"""How good a lifter is on held-out motion capture, filmed and detected by the training data's own models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from blender_pose3d.skeleton import H36M_19

from ..errors import BadInput
from ..lift.lifter import Lifter
from ..train.mocap import FPS, Clip
from ..train.splits import TEST, split
from ..train.windows import Effects, View, Windows
from .lifter_metrics import aligned_errors, joint_errors, scaled_errors, velocity_errors

_MEASURES = ("MPJPE", "P-MPJPE", "N-MPJPE", "MPJVE")
_SEED = 7_001
# A body that was never trained on is still a body: proportions vary, detectors' points lie off the centres.
CONDITIONS = {"noisy": Effects(mirror=False), "exact": Effects(noise=False, surface=0.0, mirror=False)}


@dataclass
class Figures:
    """Sums over frames of one condition; millimetres come out."""

    frames: int = 0
    sums: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_MEASURES, 0.0))
    joints: np.ndarray = field(default_factory=lambda: np.zeros(len(H36M_19)))

    def add(self, prediction: np.ndarray, target: np.ndarray) -> None:
        """Both (T, 19, 3) in metres."""
        errors = joint_errors(prediction, target)
        velocity = velocity_errors(prediction, target)
        self.frames += len(errors)
        self.joints += errors.sum(axis=0)
        self.sums["MPJPE"] += errors.mean(axis=1).sum()
        self.sums["P-MPJPE"] += aligned_errors(prediction, target).mean(axis=1).sum()
        self.sums["N-MPJPE"] += scaled_errors(prediction, target).mean(axis=1).sum()
        self.sums["MPJVE"] += (velocity.mean() if len(velocity) else 0.0) * len(errors)

    def millimetres(self) -> dict[str, float]:
        return {
            name: round(1000 * float(total) / max(self.frames, 1), 2) for name, total in self.sums.items()
        }

    def joint_millimetres(self) -> dict[str, float]:
        return {
            name: round(1000 * float(value) / max(self.frames, 1), 1)
            for name, value in zip(H36M_19.joints, self.joints, strict=True)
        }


def evaluate(
    lifter: Lifter,
    clips: list[Clip],
    *,
    fps: float = 30.0,
    longest: int = 600,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Figures on the held-out subjects among the clips, in mm of a 1.70 m person; MPJVE in mm a frame.

    Each clip is seen once by one random body and camera, the same in every call; of a long clip the first
    ``longest`` frames at ``fps``. Conditions: "noisy" and "exact", each with and without the flip test.
    Raises BadInput where none of the clips is of a held-out subject.
    """
    if lifter.skeleton != H36M_19:
        raise BadInput(f"{lifter.name} is for {lifter.skeleton.name}; only {H36M_19.name} is evaluated.")
    clips = split(clips).test
    if not clips:
        raise BadInput(f"None of the clips is of a held-out subject ({', '.join(TEST)}).")
    result: dict[str, Any] = {"lifter": lifter.name, "sha256": lifter.sha256, "fps": fps, "clips": len(clips)}
    total = len(clips) * len(CONDITIONS)
    for number, (condition, effects) in enumerate(CONDITIONS.items()):
        plain, flipped = Figures(), Figures()
        subjects: dict[str, Figures] = {}
        for at, clip in enumerate(clips):
            view = _view(clip, effects, fps, longest, seed=_SEED + at)
            target = view.points[0].numpy()
            joints, score = view.joints[0].numpy(), view.score[0].numpy()
            lens = tuple(view.intrinsics[0].tolist())
            plain.add(lifter.lift(joints, score, lens, flip=False)[0], target)
            pose = lifter.lift(joints, score, lens, flip=True)[0]
            flipped.add(pose, target)
            subjects.setdefault(clip.subject, Figures()).add(pose, target)
            tell(number * len(clips) + at + 1, total)
        result[condition] = {
            "frames": flipped.frames,
            "flip": flipped.millimetres(),
            "plain": plain.millimetres(),
            "joints": flipped.joint_millimetres(),
            "subjects": {
                name: {"frames": f.frames, **f.millimetres()} for name, f in sorted(subjects.items())
            },
        }
    return result


def _view(clip: Clip, effects: Effects, fps: float, longest: int, seed: int) -> View:
    windows = Windows([clip], 1, 0, effects)
    count = min(max(int(len(clip.points) * fps / FPS), 1), longest)
    when = torch.arange(count, dtype=torch.float32)[None] * (FPS / fps)
    motion = windows.sequence(torch.zeros(1, dtype=torch.long), when)
    return windows.film(motion, torch.Generator().manual_seed(seed))


def table(result: dict[str, Any]) -> str:
    """The figures for people, millimetres."""
    lines = [f"{result['lifter']}: {result['clips']} clips of subjects never trained on, mm", ""]
    lines.append(f"{'':22}" + "".join(f"{name:>9}" for name in _MEASURES))
    for condition in CONDITIONS:
        for form in ("flip", "plain"):
            row = result[condition][form]
            lines.append(f"{condition + ', ' + form:22}" + "".join(f"{row[name]:9.1f}" for name in _MEASURES))
    for condition in CONDITIONS:
        lines += ["", f"{condition}, by subject"]
        for subject, row in result[condition]["subjects"].items():
            lines.append(f"{subject:>12} {row['frames']:8d} " + "".join(f"{row[n]:9.1f}" for n in _MEASURES))
    lines += ["", f"by joint, MPJPE{'':7}" + "".join(f"{c:>9}" for c in CONDITIONS)]
    for joint in H36M_19.joints[1:]:
        lines.append(f"{joint:>22}" + "".join(f"{result[c]['joints'][joint]:9.1f}" for c in CONDITIONS))
    return "\n".join(lines)

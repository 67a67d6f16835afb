"""How good lifters are on motion capture of the test subjects, filmed and detected as training data are."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from blender_pose3d.skeleton import H36M_19

from ..errors import BadInput
from ..lift.lifter import Lifter
from ..train.mocap import FPS, Clip
from ..train.noise import AS_MEASURED
from ..train.splits import TEST, action, split
from ..train.windows import Effects, View, Windows
from .figures import Figures

_SEED = 7_001
_TOES = [H36M_19.index(n) for n in ("LToe", "RToe")]


@dataclass(frozen=True)
class Condition:
    """How clips are seen. feet: whether the detector knows them."""

    says: str
    effects: Effects
    feet: bool = True


CONDITIONS = {
    "noisy": Condition("errors and scores as measured", Effects(mirror=False, margin=AS_MEASURED)),
    "exact": Condition("joint centres without error", Effects(noise=False, surface=0.0, mirror=False)),
    "surface": Condition("a body's keypoints without error", Effects(noise=False, mirror=False)),
    "no feet": Condition(
        "noisy, toes unseen, as of COCO-17", Effects(mirror=False, margin=AS_MEASURED), False
    ),
    "hidden": Condition("noisy, limbs behind things, legs cut off, other detectors", Effects(mirror=False)),
}
"""Bodies and cameras are the same in every condition and in every call."""


def evaluate(
    lifters: Sequence[Lifter],
    clips: list[Clip],
    *,
    fps: float = 30.0,
    longest: int = 600,
    conditions: Sequence[str] = tuple(CONDITIONS),
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Figures on the test subjects among the clips, in mm of a 1.70 m person; MPJVE in mm a frame.

    Each clip is seen by one body and camera that its name draws; of a long clip the first ``longest`` frames
    at ``fps``. Each condition without ("plain") and with the flip test ("flip").
    Raises BadInput where none of the clips is of a test subject or a lifter is for another skeleton.
    """
    for lifter in lifters:
        if lifter.skeleton != H36M_19:
            raise BadInput(f"{lifter.name} is for {lifter.skeleton.name}; only {H36M_19.name} is evaluated.")
    clips = split(clips).test
    if not clips:
        raise BadInput(f"None of the clips is of a test subject ({', '.join(TEST)}).")
    figures = {
        (lifter.name, name, form): Figures()
        for lifter in lifters
        for name in conditions
        for form in ("plain", "flip")
    }
    for at, clip in enumerate(clips):
        for name in conditions:
            view = _view(clip, CONDITIONS[name], fps, longest)
            target = view.points[0].numpy()
            for lifter in lifters:
                for form, pose in zip(("plain", "flip"), lift_both(lifter, view), strict=True):
                    figures[lifter.name, name, form].add(pose, target, clip.subject, action(clip.name))
        tell(at + 1, len(clips))
    return {
        "fps": fps,
        "clips": len(clips),
        "longest": longest,
        "conditions": {name: CONDITIONS[name].says for name in conditions},
        "lifters": {
            lifter.name: {
                "sha256": lifter.sha256,
                **{
                    name: {form: figures[lifter.name, name, form].to_dict() for form in ("plain", "flip")}
                    for name in conditions
                },
            }
            for lifter in lifters
        },
    }


def lift_both(lifter: Lifter, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Poses (T, 19, 3) of a view of one clip without and with the flip test, for the time of the latter."""
    joints, score = view.joints[0].numpy(), view.score[0].numpy()
    lens = tuple(view.intrinsics[0].tolist())
    plain, _ = lifter.lift(joints, score, lens, flip=False)
    mirror, across = H36M_19.mirror, np.array([-1.0, 1.0, 1.0], dtype=np.float32)
    flipped = joints[:, mirror] * across[:2] + np.array([2 * lens[2], 0.0], dtype=np.float32)
    pose, _ = lifter.lift(flipped, score[:, mirror], lens, flip=False)
    return plain, (plain + pose[:, mirror] * across) / 2


def _view(clip: Clip, condition: Condition, fps: float, longest: int) -> View:
    windows = Windows([clip], 1, 0, condition.effects)
    count = min(max(int(len(clip.points) * fps / FPS), 1), longest)
    when = torch.arange(count, dtype=torch.float32)[None] * (FPS / fps)
    motion = windows.sequence(torch.zeros(1, dtype=torch.long), when)
    seed = _SEED + zlib.crc32(clip.name.encode())
    view = windows.film(motion, torch.Generator().manual_seed(seed), rate=fps)
    if not condition.feet:
        view.score[..., _TOES] = 0.0
    return view

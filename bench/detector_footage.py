"""Rendered clips and what a detector saw in them, as engine/train/fit_errors.py reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import torch

from blender_pose3d.skeleton import HALPE_26
from engine.bridge import to_lifter
from engine.evaluate.seen import Seen, match
from engine.evaluate.truth import Truth, read_truth
from engine.lift.lifter import STATURE
from engine.train.detector_errors import DetectorErrors
from engine.train.noise import AS_MEASURED, detect
from engine.train.occlusion import hidden
from engine.train.residuals import Footage

_FAR = 10_000.0  # px round the picture within which truth is bridged like what is seen


def read_footage(folder: Path, network: str) -> Iterator[Footage]:
    """Footage of each clip below a folder that has a truth.npz and the network's seen.NETWORK.npz.

    Raises BadInput for a broken truth.npz.
    """
    for path in sorted(folder.rglob("truth.npz")):
        seen = path.with_name(f"seen.{network}.npz")
        if not seen.is_file():
            continue
        with np.load(seen, allow_pickle=False) as stored:
            found = Seen(**{field.name: stored[field.name] for field in fields(Seen)})
        if (clip := _footage(read_truth(path), found, _furnished(path.with_name("body.npz")))) is not None:
            yield clip


def _footage(truth: Truth, seen: Seen, things: bool) -> Footage | None:
    who = match(seen, truth.keypoints2d)
    if who is None:
        return None
    size = (float(truth.size[0]), float(truth.size[1]))
    wide = (size[0] + 2 * _FAR, size[1] + 2 * _FAR)
    exact, _ = to_lifter(truth.keypoints2d + _FAR, np.ones(truth.keypoints2d.shape[:2]), HALPE_26, wide)
    exact = exact.astype(np.float64) - _FAR
    joints, score = to_lifter(seen.joints2d[who], seen.score2d[who], HALPE_26, size)
    here = np.isfinite(joints[..., 0]).all(axis=1)
    stature = float(truth.stature)
    body = truth.joints3d * (STATURE / stature)
    return Footage(
        truth=exact,
        joints=np.where(here[:, None, None], joints, 0.0).astype(np.float64),
        score=np.where(here[:, None], score, 0.0).astype(np.float64),
        inside=((exact >= 0) & (exact <= np.array(size) - 1)).all(axis=-1),
        height=truth.intrinsics[0] * stature / truth.joints3d[:, 0, 2],
        body=body,
        behind=things & _behind(truth, body),
        fps=1.0 / float(np.median(np.diff(seen.time))),
    )


def _furnished(body: Path) -> bool:
    """Whether anything stands about that may hide the person; where nobody knows, it may."""
    if not body.is_file():
        return True
    with np.load(body, allow_pickle=False) as stored:
        return len(stored["boxes"]) > 0


def _behind(truth: Truth, body: np.ndarray) -> np.ndarray:
    """(T, 19): what cannot be seen and is not hidden by the body itself."""
    by_itself = hidden(torch.from_numpy(body[None]).float())[0].numpy()
    return ~truth.joints_visible & ~by_itself


def imitation(footage: Footage, errors: DetectorErrors, seed: int) -> Footage:
    """The same clip as the error model sees it, without what stands before the person; what the detector
    missed wholly stays missed."""
    truth = torch.from_numpy(footage.truth[None]).float()
    joints, score = detect(
        truth,
        torch.from_numpy(footage.height[None]).float(),
        torch.full((1, 2), torch.inf),
        torch.Generator().manual_seed(seed),
        body=torch.from_numpy(footage.body[None]).float(),
        rate=footage.fps,
        margin=AS_MEASURED,
        errors=errors,
    )
    here = footage.score.any(axis=1)[:, None] & footage.inside & ~footage.behind
    return replace(
        footage, joints=joints[0].double().numpy(), score=np.where(here, score[0].double().numpy(), 0.0)
    )

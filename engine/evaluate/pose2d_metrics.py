"""Errors of 2D keypoints on labelled people, as the field defines them: PCK, its curve, PCKh, swapped sides.

Shapes: poses are (N, 26, 2) px in the order of HALPE_26, one row a person; a missed person or a joint that a
network does not know is NaN. Errors are (N, 26) in units of each person's own scale: NaN where there is no
label, infinite where a label has no keypoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from blender_pose3d.skeleton import HALPE_26

THRESHOLDS = tuple(round(0.05 * n, 2) for n in range(1, 11))
"""Of PCK's curve, as shares of the torso; the area under it (AUC) is the mean over them."""
AT, HEAD_AT = 0.2, 0.5

LIMBS = tuple(
    HALPE_26.index(f"{side}_{name}")
    for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
)
"""The twelve joints that every data set and every network has."""
_ARMS = [j for j, n in enumerate(HALPE_26.joints) if n.endswith(("shoulder", "elbow", "wrist"))]
_LEGS = [j for j, n in enumerate(HALPE_26.joints) if n.endswith(("_hip", "knee", "ankle", "toe", "heel"))]
_FACE = [j for j, n in enumerate(HALPE_26.joints) if n.endswith(("eye", "ear"))]
_LEAST_SCALE = 1.0  # px; whoever's labels lie in one point has no scale


def torso_diagonal(joints: np.ndarray) -> np.ndarray:
    """(N,) px from the left shoulder to the right hip, NaN where one has no label.

    The scale of PCK: Sapp and Taskar, "MODEC: Multimodal Decomposable Models for Human Pose Estimation",
    CVPR 2013, for whom a torso's diameter is the distance of a shoulder from the opposite hip; which of the
    two is the left shoulder's in the evaluation of Andriluka et al., CVPR 2014, on Leeds Sports Pose.
    """
    return _between(joints, "left_shoulder", "right_hip")


def head_length(joints: np.ndarray) -> np.ndarray:
    """(N,) px from the neck to the top of the head, NaN where one has no label.

    The scale of PCKh: Andriluka et al., "2D Human Pose Estimation: New Benchmark and State of the Art
    Analysis", CVPR 2014 (they take the head's box; where none is labelled the segment is used).
    """
    return _between(joints, "neck", "head")


def upright(joints: np.ndarray) -> np.ndarray:
    """(N,) bool: the line from the middle of the hips to that of the shoulders is within 45 degrees of up."""
    shoulders, hips = (
        (joints[:, HALPE_26.index(f"left_{part}")] + joints[:, HALPE_26.index(f"right_{part}")]) / 2
        for part in ("shoulder", "hip")
    )
    spine = shoulders - hips
    return -spine[:, 1] >= np.abs(spine[:, 0])


def _between(joints: np.ndarray, one: str, other: str) -> np.ndarray:
    length = np.linalg.norm(joints[:, HALPE_26.index(one)] - joints[:, HALPE_26.index(other)], axis=-1)
    return np.where(length >= _LEAST_SCALE, length, np.nan)


def errors(prediction: np.ndarray, joints: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(N, 26): distances of a prediction from the labels (NaN where there is none) over the scale (N,)."""
    length = np.linalg.norm(prediction - joints, axis=-1)
    missed = np.isfinite(joints).all(axis=-1) & ~np.isfinite(prediction).all(axis=-1)
    with np.errstate(invalid="ignore"):
        return np.where(missed & np.isfinite(scale)[:, None], np.inf, length / scale[:, None])


def pck(error: np.ndarray, at: float = AT) -> float:
    """Percentage of correct keypoints: labelled joints within `at` of the scale; NaN of none."""
    known = ~np.isnan(error)
    return 100 * float((error[known] <= at).mean()) if known.any() else float("nan")


def on_their_sides(prediction: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """(N, 26, 2): the prediction with arms, legs or face of the other side where that fits the labels better.

    Each of the three groups is exchanged whole, where the sum of its distances is less then. What PCK gains
    by it is what left and right cost, whether the network or the label took one for the other.
    """
    crossed = prediction[:, HALPE_26.mirror]
    result = prediction.copy()
    for group in (_ARMS, _LEGS, _FACE):
        straight = np.nansum(np.linalg.norm(prediction[:, group] - joints[:, group], axis=-1), axis=1)
        other = np.nansum(np.linalg.norm(crossed[:, group] - joints[:, group], axis=-1), axis=1)
        swap = other < straight
        result[np.ix_(swap, group)] = crossed[np.ix_(swap, group)]
    return result


@dataclass(frozen=True)
class Labels:
    """What is known of N people. joints: (N, 26, 2) px, NaN where there is no label; visible: (N, 26) bool.

    measured: indices of the joints that count, the same for every network.
    """

    joints: np.ndarray
    visible: np.ndarray
    measured: tuple[int, ...]


def summary(prediction: np.ndarray, labels: Labels, known: np.ndarray) -> dict[str, Any]:
    """Figures in percent of N people, JSON-able; None for what cannot be told.

    prediction: (N, 26, 2), NaN where missed. known: (26,) bool, the joints that the network has at all: the
    others count neither for it nor against it, and "joints" says how many do. "limbs" are the figures of the
    twelve joints that all have. People whose torso is not labelled are left out; "people" says how many stay.
    """
    scale = torso_diagonal(labels.joints)
    columns = [j for j in labels.measured if known[j]]
    error = errors(prediction, labels.joints, scale)
    forgiven = errors(on_their_sides(prediction, labels.joints), labels.joints, scale)
    limbs = [j for j in LIMBS if j in columns]
    head = errors(prediction, labels.joints, head_length(labels.joints))
    seen = np.where(labels.visible, error, np.nan)
    hidden = np.where(labels.visible, np.nan, error)
    standing = upright(labels.joints)
    feet = [j for j in columns if HALPE_26.joints[j].endswith(("toe", "heel"))]
    return {
        "people": int(np.isfinite(scale).sum()),
        "missed": int((~np.isfinite(prediction).any(axis=(1, 2)) & np.isfinite(scale)).sum()),
        "joints": len(columns),
        "PCK": _shown(pck(error[:, columns])),
        "PCK, sides forgiven": _shown(pck(forgiven[:, columns])),
        "PCK of limbs": _shown(pck(error[:, limbs])),
        "PCK of limbs, sides forgiven": _shown(pck(forgiven[:, limbs])),
        "PCK of feet": _shown(pck(error[:, feet])),
        "PCK visible": _shown(pck(seen[:, columns])),
        "PCK hidden": _shown(pck(hidden[:, columns])),
        "PCK upright": _shown(pck(error[standing][:, columns])),
        "PCK turned": _shown(pck(error[~standing][:, columns])),
        "people upright": int((standing & np.isfinite(scale)).sum()),
        "PCKh": _shown(pck(head[:, columns], HEAD_AT)),
        "AUC": _shown(float(np.mean([pck(error[:, columns], at) for at in THRESHOLDS]))),
        "curve": {f"{at:g}": _shown(pck(error[:, columns], at)) for at in THRESHOLDS},
        "by joint": {HALPE_26.joints[j]: _shown(pck(error[:, j])) for j in columns},
        "by joint, sides forgiven": {HALPE_26.joints[j]: _shown(pck(forgiven[:, j])) for j in columns},
        "by joint, PCKh": {HALPE_26.joints[j]: _shown(pck(head[:, j], HEAD_AT)) for j in columns},
    }


def by_kind(joints: dict[str, float | None]) -> dict[str, float]:
    """Figures by joint with left and right averaged: "left_knee" and "right_knee" as "knees"."""
    pairs: dict[str, list[float]] = {}
    for name, value in joints.items():
        if value is not None:
            side, _, rest = name.partition("_")
            kind = f"{rest}s" if side in ("left", "right") else name
            pairs.setdefault(kind, []).append(value)
    return {name: float(np.mean(values)) for name, values in pairs.items()}


def _shown(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None

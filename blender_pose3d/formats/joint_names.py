"""What others call the joints of a body, and the joints of our skeletons made out of theirs.

Sets whose names are known, whatever their case and punctuation: our own H36M-17 and -19, OpenPose BODY_25,
COCO-17, Halpe-26 (Pose2Sim), MediaPipe's 33 (freemocap), OpenCap; markers by ``marker_sets``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from ..skeleton import H36M_17, H36M_19, Skeleton
from .points import FormatError

SIDES = ("left", "right")
# what stands after the side, without punctuation → what we call it
_SIDED = {
    "hip": "hip", "hjc": "hip", "knee": "knee", "kjc": "knee", "ankle": "ankle", "ajc": "ankle",
    "bigtoe": "big_toe", "footindex": "big_toe", "toe": "toe", "smalltoe": "small_toe", "heel": "heel",
    "shoulder": "shoulder", "elbow": "elbow", "wrist": "wrist", "ear": "ear", "eye": "eye",
}  # fmt: skip
_MIDDLE = {
    "nose": "nose", "head": "head", "headtop": "head", "neck": "neck", "neckcenter": "neck",
    "hip": "hip", "midhip": "hip", "hipscenter": "hip", "pelvis": "hip",
}  # fmt: skip
# Fractions of stature, of the same average body as bones.py: points of head and neck above the shoulders.
_LOBE, _EAR, _TOP, _BACK = 0.115, 0.130, 0.205, 0.270


def key(name: str) -> str:
    """A name without subject, case and punctuation: ``Anna:L_Knee_study`` → ``lknee``."""
    return re.sub(r"[^a-z0-9]", "", name.rsplit(":", 1)[-1].lower()).removesuffix("study")


def split_side(name: str, known: Iterable[str]) -> tuple[str, str] | None:
    """Side ("left" or "right") and the rest of a ``key``, if the rest is one of the known words."""
    for side in SIDES:
        for prefix in (side, side[0]):
            if name.startswith(prefix) and name.removeprefix(prefix) in known:
                return side, name.removeprefix(prefix)
            if name.endswith(prefix) and name.removesuffix(prefix) in known:
                return side, name.removesuffix(prefix)
    return None


def canonical(name: str) -> str | None:
    """``left_knee`` for LKnee, left_knee, L.Knee, ...; None for what is no joint that we know."""
    short = key(name)
    if short in _MIDDLE:
        return _MIDDLE[short]
    sided = split_side(short, _SIDED)
    return None if sided is None else f"{sided[0]}_{_SIDED[sided[1]]}"


def joints_of(names: Iterable[str], positions: np.ndarray, source: str) -> tuple[np.ndarray, Skeleton]:
    """Joints (T, J, 3) of H36M-19, or of H36M-17 where no toes are known, from named points (T, N, 3).

    z is up in both, metres. source: what to call the file. Raises FormatError, naming what lacks, for a set
    of names that makes no body.
    """
    from .marker_sets import joint_centres

    names = tuple(names)
    own = {key(name): positions[:, i] for i, name in enumerate(names)}
    for skeleton in (H36M_19, H36M_17):
        if all(joint.lower() in own for joint in skeleton.joints):
            return np.stack([own[joint.lower()] for joint in skeleton.joints], axis=1), skeleton
    found: dict[str, np.ndarray] = joint_centres(names, positions)
    for i, name in enumerate(names):
        joint = canonical(name)
        # two columns of one name, as OpenCap has of markers and of its network: the first one counts
        if joint is not None and joint not in found:
            found[joint] = positions[:, i]
    return assemble(found, source)


def assemble(found: Mapping[str, np.ndarray], source: str) -> tuple[np.ndarray, Skeleton]:
    """Joints (T, J, 3) from joints by our names, each (T, 3) metres, z up. Raises FormatError."""
    needed = [
        f"{side}_{joint}"
        for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
        for side in SIDES
    ]
    missing = [name.replace("_", " ") for name in needed if name not in found]
    if missing:
        shown = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" if len(missing) > 4 else "")
        raise FormatError(
            f"{source} has no point whose name we know for {shown}: "
            "docs/formats.md lists the names that are read."
        )
    made: dict[str, np.ndarray] = {}
    for side in SIDES:
        for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist"):
            made[side[0].upper() + joint.capitalize()] = found[f"{side}_{joint}"]
        if (toe := _toe(found, side)) is not None:
            made[side[0].upper() + "Toe"] = toe
    made["Hip"] = (made["LHip"] + made["RHip"]) / 2
    made["Thorax"] = (made["LShoulder"] + made["RShoulder"]) / 2
    made["Spine"] = (made["Hip"] + made["Thorax"]) / 2
    made["Neck"], made["Head"] = _head(found, made["Hip"], made["Thorax"])
    skeleton = H36M_19 if {"LToe", "RToe"} <= set(made) else H36M_17
    return np.stack([made[joint] for joint in skeleton.joints], axis=1), skeleton


def _toe(found: Mapping[str, np.ndarray], side: str) -> np.ndarray | None:
    return found.get(f"{side}_big_toe", found.get(f"{side}_toe"))


def _head(
    found: Mapping[str, np.ndarray], hip: np.ndarray, thorax: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Base of the skull and top of the head, each (T, 3), from the best that a set knows of them."""
    # where nothing of a head is seen it goes on as the back does
    along = (thorax - hip) / _BACK
    neck, head = thorax + _LOBE * along, thorax + _TOP * along
    if "head_base" in found:
        neck = _where(found["head_base"], neck)
    if "left_ear" in found and "right_ear" in found:
        up = (found["left_ear"] + found["right_ear"]) / 2 - thorax
        neck, head = _where(thorax + _LOBE / _EAR * up, neck), _where(thorax + _TOP / _EAR * up, head)
    elif "head" in found and "head_base" not in found:
        neck = _where(thorax + _LOBE / _TOP * (found["head"] - thorax), neck)
    return neck, _where(found["head"], head) if "head" in found else head


def _where(better: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(T, 3), the other where the better one is not known."""
    return np.where(np.isfinite(better).all(-1, keepdims=True), better, other)

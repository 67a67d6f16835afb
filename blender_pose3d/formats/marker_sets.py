"""Joint centres out of markers on the skin: Vicon's Plug-in Gait, OpenSim's gait models, OpenCap.

Hip: regression from the front of the pelvis by Bell, Pedersen and Brand, J. Biomechanics 23, 1990: 30 % of
the distance between the ASIS markers down, 19 % back, 36 % outward from their middle. Knee, ankle and elbow:
half way
between the outer and the inner marker; where there is none inside, a fixed way inward from the outer one
(below). Wrist: between its two markers. Shoulder: below the marker on the acromion, along the back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..rotations import reject, unit
from .joint_names import SIDES, key, split_side

Found = Mapping[str, np.ndarray]

# what stands after or before the side, without punctuation → what we call it
_SIDED = {
    "asi": "asis", "asis": "asis", "psi": "psis", "psis": "psis",
    "kne": "knee_out", "kneelat": "knee_out", "knelat": "knee_out", "knee": "knee_out",
    "kneemed": "knee_in", "knm": "knee_in", "mkn": "knee_in", "mknee": "knee_in", "kneem": "knee_in",
    "ank": "ankle_out", "anklelat": "ankle_out", "ankle": "ankle_out",
    "anklemed": "ankle_in", "anm": "ankle_in", "man": "ankle_in", "mankle": "ankle_in", "med": "ankle_in",
    "toe": "toe", "toetip": "toe_tip", "hee": "heel", "heel": "heel", "calc": "heel",
    "sho": "acromion", "acromium": "acromion", "acromion": "acromion", "shoulder": "acromion",
    "elb": "elbow_out", "elbowlat": "elbow_out", "lelbow": "elbow_out", "elbow": "elbow_out",
    "elbowmed": "elbow_in", "melbow": "elbow_in", "mel": "elbow_in", "elbm": "elbow_in",
    "wra": "wrist_thumb", "wristlat": "wrist_thumb", "lwrist": "wrist_thumb",
    "wrb": "wrist_little", "wristmed": "wrist_little", "mwrist": "wrist_little",
    "wrist": "wrist_thumb", "wri": "wrist_thumb",
    "fhd": "forehead", "bhd": "backhead",
}  # fmt: skip
_MIDDLE = {"sacr": "sacrum", "vsacral": "sacrum", "vsacrum": "sacrum", "sacral": "sacrum",
           "tophead": "head", "topofhead": "head"}  # fmt: skip
# Metres from the middle of a marker on the skin inward to the joint's centre: half an adult's joint and of a
# marker.
_KNEE, _ANKLE, _ELBOW, _SHOULDER = 0.055, 0.040, 0.040, 0.045
# From the middle of a head band down to the base of the skull and up to the top of the head; from the marker
# on the second toe's ball to the toe's tip.
_SKULL_DOWN, _SKULL_UP, _TOE_AHEAD = 0.085, 0.100, 0.060


def joint_centres(names: Sequence[str], positions: np.ndarray) -> dict[str, np.ndarray]:
    """Joints by our names, each (T, 3), from markers (T, N, 3), metres, z up; empty where no pelvis is
    marked."""
    at: dict[str, np.ndarray] = {}
    for i, name in enumerate(names):
        short = key(name)
        sided = split_side(short, _SIDED)
        word = _MIDDLE.get(short) or (f"{sided[0]}_{_SIDED[sided[1]]}" if sided else None)
        if word is not None:
            at.setdefault(word, positions[:, i])
    if "sacrum" not in at and {"left_psis", "right_psis"} <= set(at):
        at["sacrum"] = (at["left_psis"] + at["right_psis"]) / 2
    if not {"left_asis", "right_asis", "sacrum"} <= set(at):
        return {}
    made = _hips(at)
    across = unit(at["left_asis"] - at["right_asis"])
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        _leg(at, made, side, sign * across)
    _shoulders(at, made)
    for side in SIDES:
        _arm(at, made, side)
    made.update(_head(at))
    return made


def _hips(at: Found) -> dict[str, np.ndarray]:
    left, right = at["left_asis"], at["right_asis"]
    front, width = (left + right) / 2, np.linalg.norm(left - right, axis=-1, keepdims=True)
    outward = unit(left - right)
    ahead = unit(reject(front - at["sacrum"], outward))
    up = np.cross(ahead, outward)
    middle = front - 0.30 * width * up - 0.19 * width * ahead
    return {"left_hip": middle + 0.36 * width * outward, "right_hip": middle - 0.36 * width * outward}


def _leg(at: Found, made: dict[str, np.ndarray], side: str, outward: np.ndarray) -> None:
    """outward: (T, 3) unit, of the pelvis; a leg's own is at right angles to the bone."""
    above = made[f"{side}_hip"]
    for joint, inward in (("knee", _KNEE), ("ankle", _ANKLE)):
        out = at.get(f"{side}_{joint}_out")
        if out is None:
            return
        inner = at.get(f"{side}_{joint}_in")
        centre = out - inward * unit(reject(outward, unit(out - above)))
        if inner is not None:
            both = (out + inner) / 2
            centre = np.where(np.isfinite(both).all(-1, keepdims=True), both, centre)
        made[f"{side}_{joint}"] = above = centre
    if f"{side}_toe_tip" in at:
        made[f"{side}_big_toe"] = at[f"{side}_toe_tip"]
    elif f"{side}_toe" in at:
        toe = at[f"{side}_toe"]
        behind = at.get(f"{side}_heel", above)
        made[f"{side}_big_toe"] = toe + _TOE_AHEAD * unit((toe - behind) * (1.0, 1.0, 0.0))
    if f"{side}_heel" in at:
        made[f"{side}_heel"] = at[f"{side}_heel"]


def _shoulders(at: Found, made: dict[str, np.ndarray]) -> None:
    if not {"left_acromion", "right_acromion"} <= set(at):
        return
    hip = (made["left_hip"] + made["right_hip"]) / 2
    up = unit((at["left_acromion"] + at["right_acromion"]) / 2 - hip)
    for side in SIDES:
        made[f"{side}_shoulder"] = at[f"{side}_acromion"] - _SHOULDER * up


def _arm(at: Found, made: dict[str, np.ndarray], side: str) -> None:
    thumb, little = at.get(f"{side}_wrist_thumb"), at.get(f"{side}_wrist_little")
    if thumb is not None:
        made[f"{side}_wrist"] = thumb if little is None else (thumb + little) / 2
    out, inner = at.get(f"{side}_elbow_out"), at.get(f"{side}_elbow_in")
    if out is None:
        return
    centre = out
    if inner is not None:
        centre = (out + inner) / 2
    elif thumb is not None and little is not None and f"{side}_shoulder" in made:
        # the thumb's side of the wrist lies as the outer side of the elbow does
        inward = unit(reject(little - thumb, unit(out - made[f"{side}_shoulder"])))
        centre = out + _ELBOW * inward
    made[f"{side}_elbow"] = centre


def _head(at: Found) -> dict[str, np.ndarray]:
    names = [f"{side}_{part}" for part in ("forehead", "backhead") for side in SIDES]
    if not set(names) <= set(at):
        return {"head": at["head"]} if "head" in at else {}
    left_front, right_front, left_back, right_back = (at[name] for name in names)
    ahead = (left_front + right_front) - (left_back + right_back)
    leftward = (left_front + left_back) - (right_front + right_back)
    up = unit(np.cross(ahead, leftward))
    middle = (left_front + right_front + left_back + right_back) / 4
    return {"head_base": middle - _SKULL_DOWN * up, "head": middle + _SKULL_UP * up}

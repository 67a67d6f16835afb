"""A body to hang bones on: named points in metres, z up, facing -y, feet on z = 0."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

_MIDDLE = {
    "floor": (0, 0, 0), "hips": (0, 0.01, 0.96), "crotch": (0, 0.01, 0.88), "waist": (0, 0.0, 1.04),
    "belly": (0, -0.005, 1.13), "ribs": (0, 0.01, 1.23), "chest": (0, 0.03, 1.33), "throat": (0, 0.035, 1.47),
    "nape": (0, 0.02, 1.52), "skull": (0, 0.005, 1.57), "crown": (0, -0.01, 1.76), "jaw": (0, -0.03, 1.58),
    "chin": (0, -0.11, 1.55), "tail": (0, 0.1, 0.98), "tail_end": (0, 0.6, 0.5),
}  # fmt: skip
_LEFT = {
    "hip": (0.09, 0.01, 0.91), "knee": (0.095, -0.005, 0.49), "ankle": (0.1, 0.03, 0.08),
    "heel": (0.1, 0.07, 0.0), "ball": (0.11, -0.09, 0.02), "toe": (0.115, -0.16, 0.015),
    "collar": (0.02, 0.0, 1.43), "eye": (0.032, -0.075, 1.63), "breast": (0.09, -0.1, 1.31),
    "buttock": (0.08, 0.01, 1.0), "skirt": (0.12, -0.06, 0.95), "skirt_end": (0.2, -0.14, 0.35),
    "hair": (0.06, 0.05, 1.72), "hair_end": (0.12, 0.14, 1.2),
}  # fmt: skip
_ARM = {"shoulder": (0.17, 0.02, 1.43), "elbow": (0.44, 0.035, 1.43), "wrist": (0.69, 0.02, 1.43)}
_FINGERS = ("thumb", "index", "middle", "ring", "pinky")

Points = dict[str, np.ndarray]


def points(arms: float = 0.0, knees: float = 0.0, elbows: float = 0.0, stance: float = 0.0) -> Points:
    """Points by name; sided ones as ``knee.L``. T-pose unless told otherwise, all in degrees.

    arms: how far they hang down (90: at the sides). knees, elbows: how far they are bent. stance: how far
    each leg goes outwards.
    """
    left: Points = {name: np.array(at, float) for name, at in (_LEFT | _ARM | _hand()).items()}
    _turn(left, ("wrist", "knuckle", "tip", "joint"), left["elbow"].copy(), "z", -elbows)
    _turn(left, ("elbow", "wrist", "knuckle", "tip", "joint"), left["shoulder"].copy(), "y", arms)
    leg = ("ankle", "heel", "ball", "toe")
    _turn(left, leg, left["knee"].copy(), "x", knees)
    _turn(left, ("knee", *leg), left["hip"].copy(), "x", -knees / 2)
    _turn(left, ("knee", *leg), left["hip"].copy(), "y", -stance)
    found = {name: np.array(at, float) for name, at in _MIDDLE.items()}
    for name, at in left.items():
        found[f"{name}.L"], found[f"{name}.R"] = at, at * (-1, 1, 1)
    return found


def _hand() -> dict[str, tuple[float, float, float]]:
    """Knuckles, two joints and tips of five fingers of a hand in T-pose, palm down."""
    made = {"knuckle": (0.78, 0.02, 1.43), "tip": (0.87, 0.02, 1.42)}
    for i, finger in enumerate(_FINGERS):
        start, way = np.array((0.78, -0.03 + 0.025 * (i - 1), 1.43)), np.array((1.0, 0.0, -0.1))
        length = (0.0, 0.085, 0.095, 0.088, 0.07)[i]
        if finger == "thumb":
            start, way, length = np.array((0.71, -0.02, 1.42)), np.array((0.7, -0.7, -0.15)), 0.1
        for name, part in (("knuckle", 0.0), ("joint1", 0.45), ("joint2", 0.75), ("tip", 1.0)):
            made[f"{name}_{finger}"] = tuple(start + part * length * way)
    return made


def _turn(at: Points, heads: tuple[str, ...], pivot: np.ndarray, axis: str, degrees: float) -> None:
    turn = Rotation.from_euler(axis, degrees, degrees=True)
    for name in at:
        if name.split("_")[0].rstrip("0123456789") in heads:
            at[name] = pivot + turn.apply(at[name] - pivot)

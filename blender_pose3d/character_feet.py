"""The character's feet stay where they stand, as the person's do, whatever the length of its legs."""

from __future__ import annotations

import numpy as np

from .planting import plant
from .rotations import carry, unit
from .skeleton import H36M_19

_HEEL = 0.27  # how far the heel lies behind the ankle, over the way from ankle to toes


def keep_contacts(
    path: np.ndarray,
    turned: dict[str, np.ndarray],
    rest: np.ndarray,
    contacts: np.ndarray,
    fps: float,
    *,
    ground: float,
    sole: float,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Way of the hips (T, 3) and rotations of legs and feet with which feet rest during contacts.

    path: (T, 3) of the middle of the hips, world metres. turned: part → (T, 3, 3) away from rest. rest:
    (19, 3) joints of the character. contacts: (T, 4) bool, as ``motion.Motion`` has them. ground, sole:
    heights of the floor it stands on and of the floor under it at rest.
    """
    joints = _posed(path, turned, rest)
    ends = {side: _ends(rest, side, sole) for side in "LR"}
    points = np.stack(
        [
            joints[:, _at(f"{side}Ankle")] + turned[f"foot.{side}"] @ (end - rest[_at(f"{side}Ankle")])
            for side in "LR"
            for end in ends[side]
        ],
        axis=1,
    )
    heights = np.concatenate([ends["L"], ends["R"]])[:, 2] - sole
    floor = np.array([0.0, 0.0, ground])
    planted, soles = plant(joints - floor, points - floor, contacts, H36M_19, fps, heights=heights)
    new = dict(turned)
    for foot, side in enumerate("LR"):
        for part, start, end in (("thigh", "Hip", "Knee"), ("shin", "Knee", "Ankle")):
            before, after = (j[:, _at(side + end)] - j[:, _at(side + start)] for j in (joints, planted))
            new[f"{part}.{side}"] = _carried(turned[f"{part}.{side}"], before, after)
        before, after = (p[:, 2 * foot + 1] - p[:, 2 * foot] for p in (points, soles))
        new[f"foot.{side}"] = _carried(turned[f"foot.{side}"], before, after)
    return planted[:, 0] + floor, new


def _posed(path: np.ndarray, turned: dict[str, np.ndarray], rest: np.ndarray) -> np.ndarray:
    """(T, 19, 3) joints of the lower body; what is above the pelvis goes with it."""

    def way(part: str, start: str, end: str) -> np.ndarray:
        return turned[part] @ (rest[_at(end)] - rest[_at(start)])

    joints = path[:, None] + np.einsum("tij,nj->tni", turned["hips"], rest - rest[_at("Hip")])
    for side in "LR":
        for part, start, end in (
            ("thigh", "Hip", "Knee"),
            ("shin", "Knee", "Ankle"),
            ("foot", "Ankle", "Toe"),
        ):
            joints[:, _at(side + end)] = joints[:, _at(side + start)] + way(
                f"{part}.{side}", side + start, side + end
            )
    return joints


def _ends(rest: np.ndarray, side: str, sole: float) -> np.ndarray:
    """(2, 3) heel and tip of a foot at rest; the heel lies behind the ankle, on the floor."""
    ankle, toe = rest[_at(f"{side}Ankle")], rest[_at(f"{side}Toe")]
    ahead = unit((toe - ankle) * (1.0, 1.0, 0.0))
    length = float(np.linalg.norm((toe - ankle)[:2]))
    heel = ankle - _HEEL * length * ahead
    return np.array([[heel[0], heel[1], min(sole, ankle[2])], toe])


def _carried(turned: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Rotations (T, 3, 3) turned on by the smallest turn from directions ``before`` to ``after`` (T, 3)."""
    start, end = unit(before), unit(after)
    return np.stack([carry(turned[..., axis], start, end) for axis in range(3)], axis=-1)


def _at(name: str) -> int:
    return H36M_19.index(name)

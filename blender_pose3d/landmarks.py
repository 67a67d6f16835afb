"""The joints of a character at rest, read from its bones: those of ``skeleton.H36M_19``, as meant there."""

from __future__ import annotations

import numpy as np

from .retarget import RestPose
from .rotations import unit
from .skeleton import H36M_19

# Imported rigs often have tails that point anywhere: one further off than this is not believed.
_TRUSTED = np.cos(np.deg2rad(50.0))


class Landmarks:
    """Points of an armature at rest, world axes and metres, found by role.

    mapping: role → bone name, with at least hips, thighs, shins, upper arms and forearms. What the armature
    has no bone for (hands, toes, top of the head) is put where its neighbours suggest it.
    """

    def __init__(self, rest: RestPose, mapping: dict[str, str]) -> None:
        self.rest = rest
        self.bones = {role: rest.index(name) for role, name in mapping.items()}
        turn, place = rest.world[:3, :3], rest.world[:3, 3]
        self.heads = rest.matrices[:, :3, 3] @ turn.T + place
        tails = rest.matrices[:, :3, 3] + rest.matrices[:, :3, 1] * rest.lengths[:, None]
        self.tails = tails @ turn.T + place

    def head(self, role: str) -> np.ndarray:
        """(3,) head of the bone of a role."""
        return self.heads[self.bones[role]]

    def end(self, role: str) -> np.ndarray:
        """(3,) where a bone ends: at its only child, else at its tail."""
        bone = self.bones[role]
        children = np.flatnonzero(self.rest.parents == bone)
        if len(children) == 1 and np.linalg.norm(self.heads[children[0]] - self.heads[bone]) > 1e-6:
            return self.heads[children[0]]
        return self.tails[bone]

    def _ends_below(self, role: str) -> np.ndarray:
        """(3,) the middle of the ends of all chains that hang on a bone, such as toes; its own without."""
        parents = self.rest.parents
        below = {self.bones[role]}
        for bone in range(self.bones[role] + 1, len(parents)):
            if parents[bone] in below:
                below.add(bone)
        leaves = [bone for bone in below if bone not in set(parents.tolist())]
        return self.tails[leaves].mean(axis=0)

    def joints(self) -> np.ndarray:
        """(19, 3) joints in the order of ``H36M_19``."""
        at: dict[str, np.ndarray] = {}
        for side in ("L", "R"):
            at[f"{side}Hip"], at[f"{side}Knee"] = self.head(f"thigh.{side}"), self.head(f"shin.{side}")
            at[f"{side}Shoulder"] = self.head(f"upper_arm.{side}")
            at[f"{side}Elbow"] = self.head(f"forearm.{side}")
            at[f"{side}Ankle"] = self._child(f"foot.{side}", f"shin.{side}")
            at[f"{side}Wrist"] = self._child(f"hand.{side}", f"forearm.{side}")
        at["Hip"] = (at["LHip"] + at["RHip"]) / 2
        at["Thorax"] = (at["LShoulder"] + at["RShoulder"]) / 2
        up = unit(at["Thorax"] - at["Hip"])
        forward = unit(np.cross(at["LHip"] - at["RHip"], up))
        at["Spine"] = self._middle_of_back(at["Hip"], at["Thorax"])
        at["Neck"], at["Head"] = self._neck_and_head(at["Hip"], at["Thorax"])
        for side in ("L", "R"):
            at[f"{side}Toe"] = self._toe(side, at[f"{side}Ankle"], forward, up)
        return np.array([at[name] for name in H36M_19.joints])

    def _child(self, role: str, parent: str) -> np.ndarray:
        return self.head(role) if role in self.bones else self.end(parent)

    def _middle_of_back(self, hip: np.ndarray, thorax: np.ndarray) -> np.ndarray:
        upper = self.bones.get("chest", self.bones.get("spine"))
        between = self.rest.path(self.bones["hips"], upper) if upper is not None else []
        back = np.array([hip, *self.heads[between], thorax])
        height = (back - hip) @ (thorax - hip) / max(float(((thorax - hip) ** 2).sum()), 1e-12)
        rising = np.maximum.accumulate(height)
        return np.array([np.interp(0.5, rising, back[:, axis]) for axis in range(3)])

    def _neck_and_head(self, hip: np.ndarray, thorax: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        back = thorax - hip
        if "head" not in self.bones:
            return thorax + 0.25 * back, thorax + 0.65 * back
        skull = self.head("head")
        upwards = unit(skull - thorax)
        if unit(back) @ upwards < 0.3:  # the head bone starts at the shoulders or below
            skull, upwards = thorax + 0.25 * back, unit(back)
        top = self.end("head")
        if unit(top - skull) @ upwards < _TRUSTED:
            top = skull + 0.4 * back
        return skull, top

    def _toe(self, side: str, ankle: np.ndarray, forward: np.ndarray, up: np.ndarray) -> np.ndarray:
        tips = []
        if f"toe.{side}" in self.bones:
            tips = [self.end(f"toe.{side}"), self.head(f"toe.{side}")]
        elif f"foot.{side}" in self.bones:
            tips = [self._ends_below(f"foot.{side}"), self.end(f"foot.{side}")]
        for tip in tips:
            if unit(tip - ankle) @ forward > 0.4:
                return tip
        shin = float(np.linalg.norm(ankle - self.head(f"shin.{side}")))
        return ankle + shin * (0.4 * forward - 0.18 * up)

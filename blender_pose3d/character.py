"""A character as the fit sees it: its joints at rest, the bones of each part, and how its trunk bends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .chains import SPINE, Chains
from .landmarks import Landmarks
from .quaternions import rotate
from .retarget import RestPose
from .rig_pose import RigPose
from .rotations import unit
from .shoulders import lift, lifted
from .skeleton import H36M_19
from .spine import Back, Ways, bend_neck, bend_spine

Turns = dict[str, np.ndarray]
Bones = dict[int, np.ndarray]


@dataclass(frozen=True)
class Girdle:
    """Where the arms hang. middle: (3,) between the heads of the collar bones, at rest. root: (3,) where the
    bone ends that the back sees under them, at rest. outwards: (T, 3) from there to the middle of the
    shoulders. carrier: which bone of the neck they hang on, None for the chest."""

    middle: np.ndarray
    root: np.ndarray
    outwards: np.ndarray
    carrier: int | None


class Character:
    """An armature with a map.

    bones: role → bone index. heads: (B, 3) world, at rest. joints: (19, 3) of ``H36M_19`` at rest, world.
    """

    def __init__(
        self,
        rest: RestPose,
        mapping: Mapping[str, str],
        extras: Mapping[str, Sequence[str]] | None = None,
        twists: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        landmarks = Landmarks(rest, dict(mapping))
        self.rest, self.bones, self.heads = rest, landmarks.bones, landmarks.heads
        self.joints = landmarks.joints()
        self.chains = Chains(rest, mapping, self.heads, extras, twists)

    def at(self, joint: str) -> np.ndarray:
        """(3,) a joint at rest."""
        return self.joints[H36M_19.index(joint)]

    def pose(self, turned: Bones, path: np.ndarray) -> RigPose:
        """The character with bones turned (index → (4, T)), the middle of its hip joints on path (T, 3)."""
        hips = self.bones["hips"]
        still = RigPose(self.rest, self.heads, turned, hips, np.zeros_like(path))
        thighs = [still.head(self.bones[f"thigh.{side}"]) for side in "LR"]
        return RigPose(self.rest, self.heads, turned, hips, path - (thighs[0] + thighs[1]) / 2)

    def trunk(self, turned: Turns, frames: Turns, rest_frames: Turns, joints: np.ndarray) -> Bones:
        """Bone → (4, T) world rotation away from rest, of hips, spine, neck, head and collar bones.

        turned: part → (4, T). frames: part → (T, 3, 3), and those at rest (1, 3, 3). joints: (T, 19, 3).
        """
        bones: Bones = {self.bones["hips"]: turned["hips"]}
        bones |= dict.fromkeys(self.chains.pelvis, turned["hips"])
        collars = self._collars(turned, frames, rest_frames)
        bones |= {self.bones[f"shoulder.{side}"]: turn for side, turn in collars.items()}
        if "head" in self.bones:
            bones[self.bones["head"]] = turned["head"]
        girdle = self._girdle(collars)
        if girdle.carrier is None:
            bones |= self._spine(turned, joints, girdle)
            return bones | self._neck(turned, joints, bones, girdle)
        bones |= self._neck(turned, joints, bones, girdle)
        return bones | self._spine(turned, joints, self._on_neck(girdle, bones))

    def _girdle(self, collars: Turns) -> Girdle:
        arms = {side: self.at(f"{side}Shoulder") for side in "LR"}
        roots = {side: self.heads[self.bones[f"shoulder.{side}"]] for side in collars}
        outwards = np.zeros((1, 3))
        for side, turn in collars.items():
            outwards = outwards + rotate(turn, arms[side] - roots[side]) / 2
        middle = sum(roots.get(side, arms[side]) for side in "LR") / 2
        start = self.bones.get("shoulder.L", self.bones["upper_arm.L"])
        above = self.rest.ancestors(start)
        carrier = max((i for i, bone in enumerate(self.chains.neck) if bone in above), default=None)
        return Girdle(middle, middle, outwards, carrier)

    def _on_neck(self, girdle: Girdle, bones: Bones) -> Girdle:
        """As the back sees collar bones that hang on a neck (Character Studio's do)."""
        chain = self.chains.neck[: (girdle.carrier or 0) + 1]
        points = [*self.heads[list(chain)], girdle.middle]
        beyond = girdle.outwards
        for bone, start, end in zip(chain, points[:-1], points[1:], strict=True):
            beyond = beyond + rotate(bones[bone], end - start)
        return Girdle(girdle.middle, points[0], beyond, girdle.carrier)

    def _collars(self, turned: Turns, frames: Turns, rest_frames: Turns) -> Turns:
        sides = [side for side in "LR" if f"shoulder.{side}" in self.bones]
        if not sides:
            return {}
        up, rest_up = frames["chest"][..., 0], rest_frames["chest"][0, :, 0]
        arms = {side: frames[f"upper_arm.{side}"][..., 0] for side in "LR"}
        at_rest = {side: rest_frames[f"upper_arm.{side}"][0, :, 0] for side in "LR"}
        angle = lift(arms, at_rest, up, rest_up)
        return {side: lifted(turned[f"shoulder.{side}"], side, frames["chest"], angle) for side in sides}

    def _spine(self, turned: Turns, joints: np.ndarray, girdle: Girdle) -> Bones:
        chain = self.chains.spine
        if not chain:
            return {}
        hip, spine, thorax = (joints[:, H36M_19.index(name)] for name in ("Hip", "Spine", "Thorax"))
        back = Back(np.array([*self.heads[list(chain)], girdle.root]), self.at("Hip"), self.at("Thorax"))
        ways = Ways(unit(spine - hip), unit(thorax - spine), unit(thorax - hip))
        below = rotate(turned["hips"], back.points[0] - back.start)
        beyond = np.broadcast_to(girdle.outwards, hip.shape)
        turns = bend_spine(back, turned["spine"], turned["chest"], ways, below=below, beyond=beyond)
        return dict(zip(chain, turns, strict=True))

    def _neck(self, turned: Turns, joints: np.ndarray, bones: Bones, girdle: Girdle) -> Bones:
        chain = self.chains.neck
        if not chain:
            return {}
        end = self.heads[self.bones["head"]] if "head" in self.bones else self.at("Neck")
        points = np.array([*self.heads[list(chain)], end])
        if girdle.carrier is None:
            top = next(
                (self.bones[role] for role in reversed(SPINE) if role in self.bones), self.bones["hips"]
            )
            chest, pose = bones[top], self.pose(bones, np.zeros((len(joints), 3)))
            shoulders = [pose.head(self.bones[f"upper_arm.{side}"]) for side in "LR"]
            below = pose.head(chain[0]) - (shoulders[0] + shoulders[1]) / 2
        else:
            # Shoulders go with the neck: the way to the skull begins where they hang.
            points[: girdle.carrier + 1] = girdle.middle
            chest, below = turned["chest"], np.broadcast_to(-girdle.outwards, (len(joints), 3))
        back = Back(points, self.at("Thorax"), self.at("Neck"))
        thorax, skull = (joints[:, H36M_19.index(name)] for name in ("Thorax", "Neck"))
        turns = bend_neck(back, (chest, turned["neck"], turned["head"]), unit(skull - thorax), below=below)
        return dict(zip(chain, turns, strict=True))

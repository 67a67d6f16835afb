"""A character on its way from a person's orientations to a pose: feet that stand, hands that rest, twist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from .character import Bones, Character, Turns
from .character_feet import Legs, ends, keep_contacts, stepped, stiff
from .character_hands import HandTarget, move_hands
from .hip_path import floors
from .ik import Chain
from .quaternions import rotate
from .rig_pose import RigPose
from .rotations import unit
from .toes import bend_toes
from .twist import shared

# Nothing is known of hands from joints: like toes in the air they go with their parents as at rest.
STILL = ("hand", "toe")
_LEG, _ARM = ("thigh", "shin", "foot"), ("upper_arm", "forearm", "hand")
_TWISTED = {"upper_arm": ("Shoulder", "Elbow"), "thigh": ("Hip", "Knee")}


@dataclass(frozen=True)
class Posing:
    """A character in T frames.

    trunk: bone → (4, T) world rotation away from rest of all that is no limb. turned: part → (4, T), limbs
    too. hinges: upper_arm and thigh with ``.L``, ``.R`` → (T, 3) axis of elbow or knee. path: (T, 3) of the
    middle of the hips, world metres. toes: bone → (4, T), where toes bend.
    """

    character: Character
    trunk: Bones
    turned: Turns
    hinges: Turns
    path: np.ndarray
    fps: float
    toes: Bones = field(default_factory=dict)

    def pose(self) -> RigPose:
        """Where its bones are, before twist is shared, which moves nothing."""
        limbs = {bone: self.turned[role] for role, bone in self._limbs() if role in self.turned}
        return self.character.pose(limbs | self.trunk, self.path)

    def standing(self, contacts: np.ndarray, *, refine: bool = True) -> Posing:
        """The same with feet that rest during contacts (T, 4) of left heel and toe, right heel and toe.

        refine: as ``character_feet.keep_contacts`` has it.
        """
        character, pose = self.character, self.pose()
        ground, sole = floors(character.joints, float(character.rest.world[2, 3]))
        chains, heels, tips, at_rest = {}, {}, {}, {}
        for side in "LR":
            chains[side] = self._chain(pose, side, _LEG, "Ankle")
            ankle, foot = character.at(f"{side}Ankle"), self.turned[f"foot.{side}"]
            heel, tip = ends(ankle, character.at(f"{side}Toe"), sole)
            heels[side], tips[side] = (stiff(foot, chains[side].end, ankle, point) for point in (heel, tip))
            at_rest[side] = np.array([heel[2], tip[2]]) - sole
        spine = self.path + rotate(self.turned["hips"], character.at("Spine") - character.at("Hip"))
        legs = Legs(self.path, spine, chains, heels, tips, at_rest)
        planted = keep_contacts(legs, contacts, self.fps, ground, refine=refine)
        turned = stepped(legs, planted, self.turned)
        turned, toes = bend_toes(character, planted, turned, contacts, self.fps)
        return replace(self, turned=turned, path=self.path + planted.shift, toes=toes)

    def reaching(
        self, rests: np.ndarray | None = None, targets: Mapping[str, HandTarget] | None = None
    ) -> Posing:
        """The same with hands that stay while they rest (T, 2), and go to their targets."""
        pose = self.pose()
        arms = {side: self._chain(pose, side, _ARM, "Wrist") for side in "LR"}
        return replace(self, turned=move_hands(arms, self.turned, self.fps, rests=rests, targets=targets))

    def bones(self) -> Bones:
        """Bone → (4, T) world rotation away from rest, of every bone that turns."""
        bones = dict(self.trunk)
        for role, bone in self._limbs():
            part, _, side = role.partition(".")
            if part in STILL:
                continue
            turn = self.turned[role]
            limb = self.character.chains.limbs.get(role)
            if limb is None:
                bones[bone] = turn
            elif part in _TWISTED:
                start, end = (self.character.at(side + name) for name in _TWISTED[part])
                axis = rotate(turn, unit(end - start))
                bones |= shared(limb, self.turned[f"{part}_swing.{side}"], turn, axis)
            else:
                bones |= dict.fromkeys(limb.serial, turn)
        return bones | self.toes

    def _limbs(self) -> list[tuple[str, int]]:
        return [
            (role, bone)
            for role, bone in self.character.bones.items()
            if "." in role and not role.startswith("shoulder")
        ]

    def _chain(self, pose: RigPose, side: str, roles: tuple[str, str, str], joint: str) -> Chain:
        upper, lower, tip = (f"{role}.{side}" for role in roles)
        bones = self.character.bones
        if tip in bones:
            end = pose.head(bones[tip])
        else:
            end = pose.point(bones[lower], self.character.at(side + joint))
        return Chain(pose.head(bones[upper]), pose.head(bones[lower]), end, self.hinges[upper])

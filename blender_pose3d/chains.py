"""Which bones make up a part of the body: a spine of five, a thigh of two, a forearm with twist bones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .retarget import RestPose

# Parts of a limb, and the part that begins where they end.
NEXT = {"upper_arm": "forearm", "forearm": "hand", "thigh": "shin", "shin": "foot"}
SPINE, NECK = ("spine", "chest"), ("neck",)


@dataclass(frozen=True)
class Limb:
    """A part of a limb. serial: bones on the way to its end, in order. beside: (bone, how far along it lies,
    0 to 1) of twist bones that hang on it."""

    serial: tuple[int, ...]
    beside: tuple[tuple[int, float], ...]


class Chains:
    """Bones of each part of a character, from its map, its hierarchy and what detection knows besides.

    extras: role → further bones in line with that part, which may turn with it; without any, all in line may.
    twists: role → bones beside it. Names that are gone or mapped are passed over.
    """

    def __init__(
        self,
        rest: RestPose,
        mapping: Mapping[str, str],
        heads: np.ndarray,
        extras: Mapping[str, Sequence[str]] | None = None,
        twists: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._rest, self._heads = rest, heads
        self._bones = {role: rest.index(name) for role, name in mapping.items()}
        known = set(rest.names) - set(mapping.values())
        self._extras, self._twists = (
            {
                role: [rest.index(name) for name in names if name in known]
                for role, names in (more or {}).items()
            }
            for more in (extras, twists)
        )
        free = {bone for bones in self._extras.values() for bone in bones}
        self._may_turn = set(range(len(rest.names))) if extras is None else free | set(self._bones.values())
        thighs = {bone for side in "LR" for bone in rest.ancestors(self._bones[f"thigh.{side}"])[1:]}
        spine = self._spine()
        self.pelvis = tuple(bone for bone in spine if bone in thighs)
        self.spine = tuple(bone for bone in spine if bone not in thighs)
        self.neck = self._neck()
        self.limbs = {role: self._limb(role) for role in mapping if role.split(".")[0] in NEXT}

    def _spine(self) -> list[int]:
        tops = [self._bones[role] for role in SPINE if role in self._bones]
        if not tops:
            return []
        top = max(tops, key=lambda bone: len(self._rest.ancestors(bone)))
        chain = self._rest.path(self._bones["hips"], top)
        lower = [bone for bone in tops if bone not in chain]
        return lower + self._free(chain)

    def _free(self, bones: Sequence[int]) -> list[int]:
        return [bone for bone in bones if bone in self._may_turn]

    def _neck(self) -> tuple[int, ...]:
        own = [self._bones[role] for role in NECK if role in self._bones]
        if not own:
            return ()
        if "head" not in self._bones:
            return tuple(own)
        way = self._rest.ancestors(self._bones["head"])[1:]
        if own[0] not in way:
            return tuple(own)
        return tuple(self._free(way[: way.index(own[0]) + 1][::-1]))

    def _limb(self, role: str) -> Limb:
        part, _, side = role.partition(".")
        bone, rest = self._bones[role], self._rest
        end = self._bones.get(f"{NEXT[part]}.{side}")
        serial = [bone]
        if end is not None and bone in rest.ancestors(end):
            serial += self._free(rest.path(bone, end)[:-1])
        found = [*self._extras.get(role, []), *self._twists.get(role, [])]
        found = [one for one in found if one not in serial]
        above = set(rest.ancestors(bone))
        serial = [one for one in found if one in above] + serial
        stop = self._heads[end] if end is not None else self._tail(bone)
        way = stop - self._heads[bone]
        far = [
            (one, float((self._heads[one] - self._heads[bone]) @ way / max(float(way @ way), 1e-12)))
            for one in found
            if one not in above
        ]
        return Limb(tuple(serial), tuple((one, min(max(share, 0.0), 1.0)) for one, share in far))

    def _tail(self, bone: int) -> np.ndarray:
        matrix = self._rest.world @ self._rest.matrices[bone]
        return matrix[:3, 3] + matrix[:3, 1] * self._rest.lengths[bone]

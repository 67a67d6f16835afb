"""What a user may set between a fitted animation and the keys on an armature, with its bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

ROOT_MOTION = ("hips", "root_bone", "object", "in_place")
"""What carries the way over the floor: the hips, the armature's root bone, its object, or nothing."""
LAYERS = ("new", "replace", "add")
"""An action of its own, or a strip over the earlier one that replaces or adds to it."""
CURVES = ("bezier", "linear")
"""How a curve runs between the keys that a reduction leaves."""
LIMBS = ("fk", "ik")
"""Which controls of a control rig are keyed."""
LAST = 2**31 - 1
"""As the last frame of a range: to the end."""


@dataclass(frozen=True)
class BakeSettings:
    """Settings of a bake. Raises ValueError with one line for a value out of bounds.

    root_motion: one of ``ROOT_MOTION``. root_turns: the root also takes the way the person faces; in place,
    that is taken out with the way. layer: one of ``LAYERS``. start: frame of the scene that the first key
    lands on, None for the scene's first. frames: first and last frame of the motion, from 1, both baked; None
    for all. reduce: degrees by which a bone may stray from the motion in any frame so that keys can be left
    out, None to key every frame. reduce_location: the same in millimetres, of bones that move. curve: one of
    ``CURVES``. mute_constraints: mute constraints and drivers that would pull the baked bones elsewhere;
    False tells of them alone. limbs: one of ``LIMBS``, for rigs that have both. refine: hips, legs and feet
    share what the character's proportions cost, as of ``fit.fit``.
    """

    root_motion: str = "hips"
    root_turns: bool = False
    layer: str = "new"
    start: int | None = None
    frames: tuple[int, int] | None = None
    reduce: float | None = None
    reduce_location: float = 1.0
    curve: str = "bezier"
    mute_constraints: bool = False
    limbs: str = "fk"
    refine: bool = True

    def __post_init__(self) -> None:
        choices = (("root_motion", ROOT_MOTION), ("layer", LAYERS), ("curve", CURVES), ("limbs", LIMBS))
        for name, known in choices:
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is one of {', '.join(known)}, not {getattr(self, name)!r}.")
        for name, value, limit in (
            ("reduce", self.reduce, 45.0),
            ("reduce_location", self.reduce_location, 1e3),
        ):
            if value is not None and not (math.isfinite(value) and 0 < value <= limit):
                raise ValueError(f"{name} is above 0 and up to {limit:g}, not {value:g}.")
        if self.start is not None and not -1048574 <= self.start <= 1048574:  # Blender's own bounds
            raise ValueError(f"start is a frame of the scene, not {self.start}.")
        if self.frames is not None:
            first, last = self.frames
            if not 1 <= first <= last:
                raise ValueError(f"Frames run from 1 or later to no earlier one, not {first}:{last}.")

    def cut(self, frames: int) -> slice:
        """Which frames of a motion are baked. Raises ValueError if it ends before the first asked for."""
        first, last = self.frames or (1, frames)
        if first > frames:
            raise ValueError(f"The motion has {frames} frames, so there is no frame {first} to start from.")
        return slice(first - 1, min(last, frames))

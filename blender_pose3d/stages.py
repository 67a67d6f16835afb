"""What the stages between tracks and motion made, kept with the settings that each hangs on.

Whoever moves a slider changes one setting; the stages before the first that reads it need not run again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from .settings import MotionSettings
from .tracks import Tracks

READS: dict[str, tuple[str, ...]] = {
    "take": ("fps", "max_gap", "lens"),
    "mend": ("fix_swaps", "remove_outliers", "fit_picture"),
    "calm": ("filter", "strength", "parts", "constant_bones"),
    "path": (),
    "place": ("camera_tilt", "camera_roll"),
    "settle": ("plant_feet", "left_foot", "right_foot", "ground_jumps"),
    "stand": ("hold_hands",),
}
"""The stages in their order, and the settings that each reads beside those of the stages before it."""

_VERSIONS = 2  # of each stage: a draft at a part of the rate, and the whole
_MOST = 40_000  # frames; of a longer motion nothing is kept, so that memory stays what one motion takes

Made = TypeVar("Made")


class Stages:
    """Of one tracks object at a time; used from one thread at a time. keeps: whether anything is kept at all:
    who makes a motion once has no use for it, and the memory is worth more."""

    def __init__(self, *, keeps: bool = True) -> None:
        self._keeps = keeps
        self._tracks: Tracks | None = None
        self._kept: dict[str, dict[Hashable, Any]] = {name: {} for name in READS}

    def chain(self, tracks: Tracks, person: int, settings: MotionSettings) -> Chain:
        """The way from these tracks to a motion; of other tracks nothing stays."""
        if tracks is not self._tracks:
            self._tracks = tracks
            self._kept = {name: {} for name in READS}
        return Chain(self._kept, person, settings, keeps=self._keeps)

    def knows(self, tracks: Tracks, person: int, settings: MotionSettings) -> bool:
        """Whether the first stages, which take the longest, need not run for this."""
        known = self.chain(tracks, person, settings)
        return all(known.key(name) in self._kept[name] for name in ("take", "mend"))


class Chain:
    """The stages of one motion, gone through in their order."""

    def __init__(
        self, kept: dict[str, dict[Hashable, Any]], person: int, settings: MotionSettings, *, keeps: bool
    ) -> None:
        self._kept, self._person, self._settings = kept, person, settings
        self._keeps = keeps

    def key(self, name: str) -> Hashable:
        """What the result of a stage hangs on: the settings that it and the stages before it read."""
        order = list(READS)
        read = [setting for stage in order[: order.index(name) + 1] for setting in READS[stage]]
        return (self._person, *(_hashable(getattr(self._settings, setting)) for setting in read))

    def of(self, name: str, make: Callable[[], Made]) -> Made:
        """The result of a stage: as it was made before, or made now."""
        key, known = self.key(name), self._kept[name]
        made = known.pop(key) if key in known else make()
        if self._keeps:
            known[key] = made  # the newest goes last
            while len(known) > _VERSIONS:
                del known[next(iter(known))]
        return made

    def count(self, frames: int) -> None:
        """How long the motion is: of a very long one nothing more is kept."""
        if frames > _MOST:
            self._keeps = False
            for known in self._kept.values():
                known.clear()


def _hashable(value: Any) -> Hashable:
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value

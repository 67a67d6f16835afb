"""What a choice of quality stands for, for those who do not know networks by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import BadArguments
from .pose2d.default import YARDSTICK, default_pose2d

QUALITIES = ("fast", "balanced", "best")
_CAREFUL = "blazepose-heavy"


@dataclass(frozen=True)
class Preset:
    """pose2d: the 2D network's name. every_frame: look at every frame. flip: the flip test, where the network
    has one."""

    pose2d: str
    every_frame: bool = False
    flip: bool = False

    def settings(self) -> dict[str, Any]:
        """As fields of Settings."""
        return {"pose2d": self.pose2d, "every_frame": self.every_frame, "flip": self.flip}


def preset(quality: str) -> Preset:
    """What `quality` stands for. Raises BadArguments for another word than QUALITIES.

    ``fast`` is the small network, ``balanced`` the large one of the same family; both look at every frame
    where motion is quick alone. ``best`` looks at every frame, with the network that is best on real photos.
    """
    if quality not in QUALITIES:
        raise BadArguments(f"There is no quality {quality!r}.", f"Choose one of {', '.join(QUALITIES)}.")
    if quality == "fast":
        return Preset(YARDSTICK)
    if quality == "balanced":
        return Preset(_CAREFUL)
    ours = default_pose2d()
    return Preset(_CAREFUL if ours == YARDSTICK else ours, every_frame=True, flip=True)

"""Which 2D network a choice of quality stands for, for those who do not know networks by name."""

from __future__ import annotations

from .errors import BadArguments
from .pose2d.default import YARDSTICK, default_pose2d

QUALITIES = ("fast", "balanced", "best")
_CAREFUL = "blazepose-heavy"


def network_for(quality: str) -> str:
    """The 2D network's name: for ``fast`` the small one, for ``balanced`` the large one of the same family.

    ``best`` is our own network as soon as it is the better one on real photos, until then as balanced.
    Raises BadArguments for another word.
    """
    if quality not in QUALITIES:
        raise BadArguments(f"There is no quality {quality!r}.", f"Choose one of {', '.join(QUALITIES)}.")
    if quality == "fast":
        return YARDSTICK
    ours = default_pose2d()
    return ours if quality == "best" and ours != YARDSTICK else _CAREFUL

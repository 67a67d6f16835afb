"""Which bones of a humanoid play which role, by hierarchy, lengths and places alone."""

from __future__ import annotations

from dataclasses import dataclass

from .retarget import RestPose

BY_SHAPE = "by_shape"


@dataclass(frozen=True)
class Shape:
    """mapping: role → bone name. confidence: 0 to 1. notes: for the user."""

    mapping: dict[str, str]
    confidence: float
    notes: tuple[str, ...] = ()


def by_shape(rest: RestPose) -> Shape | str:
    """The roles of a humanoid's bones; or the reason why it is none."""
    return "its shape says nothing"


def objections(rest: RestPose, mapping: dict[str, str]) -> str | None:
    """Why an armature whose names say humanoid is none all the same; None when it is one."""
    return None

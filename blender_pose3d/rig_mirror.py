"""A bone map whose one side is done: the other side's bones, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .rig_names import normalised

_OTHER = {"L": "R", "R": "L"}


def mirrored(
    mapping: Mapping[str, str], bone_names: Iterable[str], side: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """A map, role → bone, with the roles of one side filled from the other's.

    side: "L" or "R", the side that is done. Returns the whole new map, and the roles of the other side that
    were left as they were, since no bone has a name that is the same but for the side. Raises ValueError for
    another side.
    """
    if side not in _OTHER:
        raise ValueError(f"a side is L or R, not {side}")
    names = list(bone_names)
    by_key = {normalised(name): name for name in reversed(names)}
    have, made, left = set(names), dict(mapping), []
    for role, bone in mapping.items():
        part, _, own = role.partition(".")
        if own != side:
            continue
        found = _other(bone, side, by_key, have)
        if found is None:
            left.append(f"{part}.{_OTHER[side]}")
        else:
            made[f"{part}.{_OTHER[side]}"] = found
    return made, tuple(left)


def _other(bone: str, side: str, by_key: Mapping[tuple[str, str], str], have: set[str]) -> str | None:
    """The bone of the other side; None where names do not tell."""
    told, core = normalised(bone)
    if told == side:
        return by_key.get((_OTHER[side], core))
    # a side as the first letter alone counts where the same name exists with the other letter
    if not told and bone[:1].upper() == side:
        other = _OTHER[side] if bone[0].isupper() else _OTHER[side].lower()
        return other + bone[1:] if other + bone[1:] in have else None
    return None

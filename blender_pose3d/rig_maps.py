"""Which bone of an armature plays which role: known rigs of ``rigs/*.json``, found by bone names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .fit import REQUIRED, ROLES

_FOLDER = Path(__file__).parent / "rigs"
# The synonyms of many rigs at once: only asked when no rig is known better.
_FALLBACK = "generic"
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SIDES = {"l": "L", "left": "L", "r": "R", "right": "R"}


class RigError(ValueError):
    """Bones that make no humanoid known here; the message is for the user."""


@dataclass(frozen=True)
class Rig:
    """A known rig. bones: role → names it goes by, the preferred one first."""

    name: str
    title: str
    bones: dict[str, tuple[str, ...]]


class Detection(NamedTuple):
    """rig: file name of the rig in ``rigs/``. mapping: role → bone name. confidence: 0 to 1."""

    rig: str
    mapping: dict[str, str]
    confidence: float


@lru_cache(maxsize=1)
def known_rigs() -> tuple[Rig, ...]:
    """All rigs of the folder, by name, the collection of synonyms last."""
    rigs = [read_rig(path) for path in sorted(_FOLDER.glob("*.json"))]
    return tuple(sorted(rigs, key=lambda rig: rig.name == _FALLBACK))


def title(name: str) -> str:
    """What people call a known rig: ``rigify_metarig`` → Rigify metarig."""
    return next((rig.title for rig in known_rigs() if rig.name == name), name)


def read_rig(path: Path) -> Rig:
    """One rig from its JSON file: ``{"title": ..., "bones": {role: [name, ...]}}``. Raises RigError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        bones = {role: tuple(names) for role, names in content["bones"].items()}
        title = str(content["title"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RigError(f"{path.name} is not a rig file: {error!r}") from error
    unknown = sorted(set(bones) - set(ROLES))
    if unknown:
        raise RigError(f"{path.name} has roles that do not exist: {', '.join(unknown)}")
    return Rig(path.stem, title, bones)


def detect(bone_names: Iterable[str], armature: str = "the armature") -> Detection:
    """The known rig that an armature's bones fit best.

    Names are compared without prefixes and namespaces, and whatever way sides are spelt (``.L``, ``_l``,
    ``Left``). armature: what to call it in the message. Raises RigError when hips, a thigh, shin, upper arm
    or forearm is missing in all rigs.
    """
    names = list(bone_names)
    found = [(rig, match(rig, names)) for rig in known_rigs()]
    complete = [(rig, mapping) for rig, mapping in found if not set(REQUIRED) - set(mapping)]
    if not complete:
        _, nearest = max(found, key=lambda pair: len(set(REQUIRED) & set(pair[1])))
        missing = ", ".join(role for role in REQUIRED if role not in nearest)
        raise RigError(f"{armature} is not a humanoid this version knows: missing {missing}")
    rig, mapping = max(complete, key=lambda pair: (len(pair[1]), _verbatim(*pair), _preferred(*pair)))
    spelt = _verbatim(rig, mapping) / len(mapping)
    share = len(mapping) / len(rig.bones)
    return Detection(rig.name, mapping, round(share * (0.9 + 0.1 * spelt), 3))


def match(rig: Rig, bone_names: list[str]) -> dict[str, str]:
    """Role → bone for the roles of a rig that have one; no bone is used twice."""
    plain: dict[tuple[str, str], str] = {}
    for name in bone_names:
        plain.setdefault(normalised(name), name)
    exact = set(bone_names)
    mapping: dict[str, str] = {}
    for role, aliases in rig.bones.items():
        candidates = [alias if alias in exact else plain.get(normalised(alias)) for alias in aliases]
        free = [bone for bone in candidates if bone is not None and bone not in mapping.values()]
        if free:
            mapping[role] = free[0]
    return mapping


def normalised(name: str) -> tuple[str, str]:
    """(side, core) of a bone's name: ``mixamorig:LeftUpLeg`` → ("L", "upleg"), ``arm_l`` → ("L", "arm").

    side: "L", "R" or "". Namespaces before ``:`` or ``|`` and Mixamo's prefix go; digits stay.
    """
    own = re.split(r"[:|]", name)[-1]
    own = re.sub(r"^mixamorig\d*_?", "", own)
    words = [word.lower() for word in _WORD.findall(own)]
    sides = [_SIDES[word] for word in words if word in _SIDES]
    core = "".join(word for word in words if word not in _SIDES)
    return (sides[0] if sides else ""), core


def _verbatim(rig: Rig, mapping: dict[str, str]) -> int:
    return sum(bone in rig.bones[role] for role, bone in mapping.items())


def _preferred(rig: Rig, mapping: dict[str, str]) -> int:
    return sum(normalised(bone) == normalised(rig.bones[role][0]) for role, bone in mapping.items())

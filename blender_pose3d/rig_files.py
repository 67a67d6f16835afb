"""Rig files: which bone plays which role, as JSON; those that ship and a user's own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .fit import REQUIRED, ROLES

# What can be given a target: ends of limbs, and the points that elbows and knees point to.
IK_ROLES = tuple(f"{part}.{side}" for part in ("hand", "foot", "elbow", "knee") for side in "LR")

Properties = dict[str, dict[str, float | bool]]


class RigError(ValueError):
    """Bones that make no humanoid known here, or a map that does not fit; the message is for the user."""


@dataclass(frozen=True)
class Rig:
    """A known rig. name: of its file. title: what people call it.

    bones: role → names it goes by, the preferred one first. control: the bones are controls of an animation
    rig, which move others by constraints. properties: bone → custom property → value, to be set so that
    ``bones`` drive the character. ik: role of ``IK_ROLES`` → names, and ik_properties: what to set so that
    these drive it instead. follows: bone → the control that it copies by a constraint, so that what hangs on
    the bone moves as if it hung on the control. armature: whose map it is, of a user's own.
    """

    name: str
    title: str
    bones: dict[str, tuple[str, ...]]
    control: bool = False
    properties: Properties = field(default_factory=dict)
    ik: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ik_properties: Properties = field(default_factory=dict)
    follows: dict[str, str] = field(default_factory=dict)
    armature: str = ""


def read_rig(path: str | Path) -> Rig:
    """One rig from its JSON file: ``{"title": ..., "bones": {role: [name, ...]}}``. Raises RigError."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RigError(f"cannot read the bone map {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise RigError(f"{path.name} is not a bone map: it is no text") from error
    return rig_of(text, path.name)


def rig_of(text: str, called: str) -> Rig:
    """One rig from its JSON text. called: name of the file, for messages. Raises RigError."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise RigError(f"{called} is not a bone map: {error}") from error
    try:
        rig = Rig(
            Path(called).stem,
            str(content["title"]),
            _names(content["bones"]),
            bool(content.get("control", False)),
            _properties(content.get("properties", {})),
            _names(content.get("ik", {}).get("bones", {})),
            _properties(content.get("ik", {}).get("properties", {})),
            {str(bone): str(control) for bone, control in content.get("follows", {}).items()},
            str(content.get("armature", "")),
        )
    except KeyError as error:
        raise RigError(f"{called} is not a bone map: {error} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise RigError(f"{called} is not a bone map: {error}") from error
    unknown = sorted({*rig.bones} - {*ROLES}) + sorted({*rig.ik} - {*IK_ROLES})
    if unknown:
        raise RigError(f"{called} has roles that do not exist: {', '.join(unknown)}")
    return rig


def text_of(rig: Rig) -> str:
    """The JSON text of a rig, as ``rig_of`` reads it."""
    content: dict[str, Any] = {"title": rig.title, "armature": rig.armature, "control": rig.control}
    content["bones"] = {role: list(rig.bones[role]) for role in ROLES if role in rig.bones}
    content["properties"] = rig.properties
    content["ik"] = {
        "bones": {r: list(names) for r, names in rig.ik.items()},
        "properties": rig.ik_properties,
    }
    content["follows"] = rig.follows
    filled = {
        key: value for key, value in content.items() if value and value != {"bones": {}, "properties": {}}
    }
    return json.dumps(filled, indent=2, ensure_ascii=False) + "\n"


def save_map(path: str | Path, rig: Rig) -> Path:
    """Write a map of one's own, one bone a role, in the format of the rigs that ship.

    The file is whole or not there: it is renamed into place. Raises RigError for a map that could not be
    loaded again, and for a place that cannot be written.
    """
    path = Path(path)
    mapping = {role: names[0] for role, names in rig.bones.items()}
    problems = problems_of(mapping, mapping.values())
    if problems:
        raise RigError("\n".join(problems))
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text_of(rig), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise RigError(f"cannot write the bone map {path}: {error.strerror}") from error
    return path


def load_map(path: str | Path, bone_names: Iterable[str]) -> Rig:
    """A map of one's own for an armature that has these bones, one name a role.

    Where a role has several names, the first that the armature has. Raises RigError with one line for each
    thing wrong: a bone that is gone, two roles on one bone, a role that is missing or unknown.
    """
    rig = read_rig(path)
    have = set(bone_names)
    mapping = {
        role: next((name for name in names if name in have), names[0])
        for role, names in rig.bones.items()
        if names
    }
    problems = problems_of(mapping, have)
    if problems:
        raise RigError("\n".join(f"{Path(path).name}: {problem}" for problem in problems))
    return replace(rig, bones={role: (bone,) for role, bone in mapping.items()})


def problems_of(mapping: dict[str, str], bone_names: Iterable[str]) -> list[str]:
    """One line for each reason why a map, role → bone, does not suit an armature with these bones."""
    have = set(bone_names)
    roles: dict[str, list[str]] = {}
    for role, bone in mapping.items():
        roles.setdefault(bone, []).append(role)
    twice = [bone for bone, count in Counter(mapping.values()).items() if count > 1]
    return [
        *(f"there is no role called {role}" for role in mapping if role not in ROLES),
        *(f"bone {bone}, mapped to {role}, is not in the armature" for role, bone in mapping.items()
          if bone not in have),
        *(f"bone {bone} is mapped to two roles: {', '.join(roles[bone])}" for bone in twice),
        *(f"no bone is mapped to {role}" for role in REQUIRED if role not in mapping),
    ]  # fmt: skip


def _names(bones: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    if not isinstance(bones, dict) or any(isinstance(names, str) for names in bones.values()):
        raise TypeError("bones must be lists of names by role")
    return {str(role): tuple(str(name) for name in names) for role, names in bones.items()}


def _properties(wanted: dict[str, dict[str, Any]]) -> Properties:
    return {
        str(bone): {str(key): value if isinstance(value, bool) else float(value) for key, value in of.items()}
        for bone, of in wanted.items()
    }

"""Which bone of an armature plays which role: known rigs of ``rigs/*.json`` by bone names, else by shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from .fit import REQUIRED, ROLES
from .retarget import RestPose
from .rig_chains import as_driven, extra_bones, twist_bones
from .rig_files import Properties, Rig, RigError, read_rig
from .rig_geometry import BY_SHAPE, Shape, by_shape, objections
from .rig_names import NameTable, is_helper, normalised

__all__ = [
    "Detection",
    "Rig",
    "RigError",
    "as_map",
    "detect",
    "known_rigs",
    "match",
    "normalised",
    "read_rig",
    "title",
    "with_map",
]

_FOLDER = Path(__file__).parent / "rigs"
# The synonyms of many rigs at once: only asked when no rig is known better.
_FALLBACK = "generic"


@dataclass(frozen=True)
class Detection:
    """What was found out about an armature.

    rig: file name of the rig in ``rigs/``, or ``rig_geometry.BY_SHAPE``. mapping: role → bone name.
    confidence: 0 to 1. extras: role → further bones of the same segment in line, outwards (a Daz upper arm's
    twist half; the back between hips and chest); only these may share the role's motion. twists: role → bones
    beside the segment that take a part of its twist. missing: roles without a bone. helpers: bones that
    twist, correct or control by their name, with no part here. unmapped: all other bones. control, follows:
    as of ``rig_files.Rig``, with the bones as they are called here. properties: bone →
    custom property → value, to be set so that the mapped bones drive the character; ik: role of
    ``rig_files.IK_ROLES`` → control bone, and ik_properties: to be set so that these drive it instead.
    notes: for the user. rest: the rest pose, each bone on the parent that it has in effect where constraints
    do a parent's work: what a fit is to be made on. Without a rest pose, it, extras and twists are empty.
    """

    rig: str
    mapping: dict[str, str]
    confidence: float
    extras: dict[str, tuple[str, ...]] = field(default_factory=dict)
    twists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    control: bool = False
    properties: Properties = field(default_factory=dict)
    ik: dict[str, str] = field(default_factory=dict)
    ik_properties: Properties = field(default_factory=dict)
    follows: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    rest: RestPose | None = field(default=None, compare=False, repr=False)


@lru_cache(maxsize=1)
def known_rigs() -> tuple[Rig, ...]:
    """All rigs of the folder, by name, the collection of synonyms last."""
    rigs = [read_rig(path) for path in sorted(_FOLDER.glob("*.json"))]
    return tuple(sorted(rigs, key=lambda rig: rig.name == _FALLBACK))


def title(name: str) -> str:
    """What people call a known rig: ``rigify_metarig`` → Rigify metarig."""
    if name == BY_SHAPE:
        return "Humanoid by its shape"
    return next((rig.title for rig in known_rigs() if rig.name == name), name)


def detect(rest: RestPose | Iterable[str], armature: str = "the armature") -> Detection:
    """Which bones of an armature play which roles.

    rest: the rest pose; or only its bone names, and then only names are looked at. First all known rigs are
    tried by name: prefixes, namespaces, case and the spelling of sides do not matter. What the best of them
    says must also look like a body. Else hierarchy, lengths and places of the bones decide alone. armature:
    what to call it in a message. Raises RigError with the reason when it is no humanoid, or when left cannot
    be told from right.
    """
    pose = rest if isinstance(rest, RestPose) else None
    names = list(rest.names if isinstance(rest, RestPose) else rest)
    if not names:
        raise RigError(f"{armature} has no bones")
    found = _by_names(names, pose)
    if isinstance(found, Detection):
        refused = objections(pose, found.mapping) if pose else None
        if refused:
            raise RigError(f"{armature} is not a humanoid this version knows: {refused}")
        return _completed(found, names, pose)
    if pose is None:
        raise RigError(f"{armature} is not a humanoid this version knows: {found}")
    shape = by_shape(pose)
    if not isinstance(shape, Shape):
        raise RigError(
            f"{armature} is not a humanoid this version knows: {shape}; by its bones' names, {found}"
        )
    note = "The names of the bones are not known: they were told apart by their shape. Look the map over."
    made = Detection(BY_SHAPE, shape.mapping, shape.confidence, notes=(note, *shape.notes))
    return _completed(made, names, pose)


def with_map(rig: Rig, rest: RestPose) -> Detection:
    """What follows from a user's own map, as ``rig_files.load_map`` gives it."""
    names = list(rest.names)
    mapping = {role: bones[0] for role, bones in rig.bones.items()}
    return _completed(_of_rig(rig, mapping, NameTable(names)), names, rest)


def as_map(found: Detection, armature: str) -> Rig:
    """A detection as a map of one's own, to be saved. armature: whose it is."""
    return Rig(
        armature,
        f"Map of {armature}",
        {role: (bone,) for role, bone in found.mapping.items()},
        found.control,
        found.properties,
        {role: (bone,) for role, bone in found.ik.items()},
        found.ik_properties,
        found.follows,
        armature,
    )


def match(rig: Rig, bone_names: Iterable[str] | NameTable) -> dict[str, str]:
    """Role → bone for the roles of a rig that have one; no bone is used twice."""
    table = bone_names if isinstance(bone_names, NameTable) else NameTable(list(bone_names))
    mapping: dict[str, str] = {}
    for role, aliases in rig.bones.items():
        candidates = (table.find(alias) for alias in aliases)
        free = next((b for b in candidates if b is not None and b not in mapping.values()), None)
        if free is not None:
            mapping[role] = free
    return mapping


def _by_names(names: list[str], pose: RestPose | None) -> Detection | str:
    """The known rig that the names fit best, or what the nearest one misses."""
    table = NameTable(names)
    found = [(rig, match(rig, table)) for rig in known_rigs()]
    complete = [(rig, mapping) for rig, mapping in found if not set(REQUIRED) - set(mapping)]
    if pose is not None:
        complete = [(rig, _topmost(rig, mapping, pose, table)) for rig, mapping in complete]
        complete = [(rig, mapping) for rig, mapping in complete if _hangs_together(mapping, pose)]
    if not complete:
        _, nearest = max(found, key=lambda pair: len(set(REQUIRED) & set(pair[1])))
        missing = [role for role in REQUIRED if role not in nearest]
        if len(missing) == len(REQUIRED) and pose is not None:
            return "none is known"
        return f"missing {', '.join(missing)}" if missing else "limbs do not hang together"

    def rank(pair: tuple[Rig, dict[str, str]]) -> tuple[int, bool, int, int]:
        return len(pair[1]), pair[0].control, _verbatim(*pair), _preferred(*pair, table)

    rig, mapping = max(complete, key=rank)
    share = len(mapping) / len(rig.bones)
    known = 0.9 if rig.name == _FALLBACK else 1.0
    confidence = known * share * (0.9 + 0.1 * _verbatim(rig, mapping) / len(mapping))
    return replace(_of_rig(rig, mapping, table), confidence=round(confidence, 3))


def _of_rig(rig: Rig, mapping: dict[str, str], table: NameTable) -> Detection:
    """A known rig with its bones as they are called here."""
    pairs = ((table.find(bone), table.find(leader)) for bone, leader in rig.follows.items())
    return Detection(
        rig.name,
        mapping,
        1.0,
        control=rig.control,
        properties=_named(rig.properties, table),
        ik=match(replace(rig, bones=rig.ik), table),
        ik_properties=_named(rig.ik_properties, table),
        follows={bone: leader for bone, leader in pairs if bone is not None and leader is not None},
    )


def _completed(found: Detection, names: list[str], pose: RestPose | None) -> Detection:
    """With everything that follows from the mapping."""
    if pose is not None:
        pose = as_driven(pose, found.follows)
    extras = extra_bones(pose, found.mapping, found.control) if pose else {}
    twists = twist_bones(pose, found.mapping, extras) if pose and not found.control else {}
    used = {*found.mapping.values(), *found.ik.values()}
    used.update(bone for group in (extras, twists) for bones in group.values() for bone in bones)
    left = [name for name in names if name not in used]
    return replace(
        found,
        extras=extras,
        twists=twists,
        missing=tuple(role for role in ROLES if role not in found.mapping),
        helpers=tuple(name for name in left if is_helper(name)),
        unmapped=tuple(name for name in left if not is_helper(name)),
        rest=pose,
    )


def _topmost(rig: Rig, mapping: dict[str, str], pose: RestPose, table: NameTable) -> dict[str, str]:
    """Roles moved up to the first bone of their segment, where parents have names of the same role."""
    index = {name: bone for bone, name in enumerate(pose.names)}
    moved = dict(mapping)
    for role, aliases in rig.bones.items():
        if role in mapping and role.split(".")[0] in ("upper_arm", "thigh"):
            group = {table.find(alias) for alias in aliases}
            bone = index[mapping[role]]
            while pose.parents[bone] >= 0 and pose.names[pose.parents[bone]] in group:
                bone = int(pose.parents[bone])
            moved[role] = pose.names[bone]
    return moved


def _hangs_together(mapping: dict[str, str], pose: RestPose) -> bool:
    """Whether shins hang on thighs and forearms on upper arms."""
    index = {name: bone for bone, name in enumerate(pose.names)}
    for side in "LR":
        for upper, lower in (("thigh", "shin"), ("upper_arm", "forearm")):
            bone, goal = index[mapping[f"{lower}.{side}"]], index[mapping[f"{upper}.{side}"]]
            while bone not in (goal, -1):
                bone = int(pose.parents[bone])
            if bone != goal:
                return False
    return True


def _named(wanted: Properties, table: NameTable) -> Properties:
    """Properties of the bones as they are called here."""
    found = ((table.find(bone), of) for bone, of in wanted.items())
    return {bone: of for bone, of in found if bone is not None}


def _verbatim(rig: Rig, mapping: dict[str, str]) -> int:
    return sum(bone in rig.bones[role] for role, bone in mapping.items())


def _preferred(rig: Rig, mapping: dict[str, str], table: NameTable) -> int:
    return sum(table.find(rig.bones[role][0]) == bone for role, bone in mapping.items())

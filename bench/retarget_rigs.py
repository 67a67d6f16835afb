"""Armatures as arrays, to measure the fit on: rest poses, transforms, chains and bodies that rigs have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.proportions import Proportions, RestBone, rest_bones
from blender_pose3d.retarget import RestPose
from blender_pose3d.rotations import frame

_UP = np.array([0.0, 0.0, 1.0])
Bones = list[RestBone]


@dataclass(frozen=True)
class BenchRig:
    """rest: the armature. mapping: role → bone. extras, twists: as ``fit`` takes them."""

    name: str
    rest: RestPose
    mapping: dict[str, str]
    extras: dict[str, list[str]] | None = None
    twists: dict[str, list[str]] = field(default_factory=dict)


def rigs() -> list[BenchRig]:
    """The rigs of the bench; each has at least one thing that no other has."""
    body = Proportions()
    long_legs = replace(body, thigh=1.25 * body.thigh, shin=1.25 * body.shin)
    dwarf = replace(body, thigh=0.65 * body.thigh, shin=0.65 * body.shin, foot=1.5 * body.foot)
    turned = Rotation.from_euler("xyz", (90, 0, 35), degrees=True).as_matrix()
    plain = rest_bones(body)
    return [
        _rig("T-pose", plain),
        _rig("A-pose, rolled", _posed(plain, arms=45), rolls=1),
        _rig("arms down, 0.01, turned", _posed(plain, arms=84), rolls=2, world=_world(0.01, turned)),
        _rig("bent rest pose", _posed(plain, arms=60, elbows=40, knees=25), rolls=3),
        _rig("60 bones, 5 spine, fingers", _fingers(_spine(plain, 4)), rolls=4),
        _daz(plain),
        _beside(_spine(_posed(plain, arms=50), 3)),
        _biped(plain),
        _rig("no spine, neck, clavicles", _without(plain, "spine", "chest", "neck", "head", "shoulder")),
        _free_bones(plain),
        _rig("long legs", rest_bones(long_legs), rolls=7),
        _rig("short legs, big feet", rest_bones(dwarf), rolls=8),
        _rig("wide hips, long arms", rest_bones(replace(
            body, hip_width=1.6 * body.hip_width, upper_arm=1.3 * body.upper_arm,
            forearm=1.3 * body.forearm, shoulder_width=1.3 * body.shoulder_width))),
    ]  # fmt: skip


def rest_pose(bones: Bones, world: np.ndarray | None = None, rolls: int | None = None) -> RestPose:
    """Bones given in world metres as a RestPose. rolls: seed of random rolls."""
    world = np.eye(4) if world is None else world
    inverse, random = np.linalg.inv(world), np.random.default_rng(rolls)
    names = [bone.name for bone in bones]
    matrices, lengths = [], []
    for bone in bones:
        head, tail = (inverse[:3, :3] @ p + inverse[:3, 3] for p in (bone.head, bone.tail))
        axes = frame(tail - head, inverse[:3, :3] @ bone.roll_axis)
        matrix = np.eye(4)
        matrix[:3, :3] = np.roll(axes, 1, axis=1)  # the bone along y
        if rolls is not None:
            matrix[:3, :3] @= Rotation.from_euler("y", random.uniform(-np.pi, np.pi)).as_matrix()
        matrix[:3, 3] = head
        matrices.append(matrix)
        lengths.append(np.linalg.norm(tail - head))
    return RestPose(
        tuple(names), np.array([names.index(b.parent) if b.parent else -1 for b in bones]),
        np.array(matrices), np.array(lengths), world, np.array([b.connected for b in bones]),
        np.ones(len(bones), bool), np.ones(len(bones), bool),
    )  # fmt: skip


def _rig(name: str, bones: Bones, rolls: int | None = None, world: np.ndarray | None = None) -> BenchRig:
    rest = rest_pose(bones, world, rolls)
    roles = {b.name: b.name for b in bones if b.name.split("_")[0] not in ("finger", "back", "root")}
    return BenchRig(name, rest, roles)


def _world(scale: float, turn: np.ndarray) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = scale * turn
    matrix[:3, 3] = [0.4, -0.3, 0.0]
    return matrix


def _moved(bones: Bones, names: set[str], place: Callable[[np.ndarray], np.ndarray], turn: Rotation) -> Bones:
    return [
        replace(b, head=place(b.head), tail=place(b.tail), roll_axis=turn.apply(b.roll_axis))
        if b.name in names
        else b
        for b in bones
    ]


def _below(bones: Bones, name: str) -> set[str]:
    found = {name}
    for bone in bones:
        if bone.parent in found:
            found.add(bone.name)
    return found


def _posed(bones: Bones, arms: float = 0.0, elbows: float = 0.0, knees: float = 0.0) -> Bones:
    """Another rest pose: degrees of arms down, elbows forwards and knees back."""
    for side, sign in (("L", 1.0), ("R", -1.0)):
        turns = (
            (f"upper_arm.{side}", [0, sign * arms, 0]),
            (f"forearm.{side}", [0, 0, -sign * elbows]),
            (f"thigh.{side}", [-knees / 2, 0, 0]),
            (f"shin.{side}", [knees, 0, 0]),
            (f"foot.{side}", [-knees / 2, 0, 0]),
        )
        for name, degrees in turns[::-1]:
            turn = Rotation.from_rotvec(degrees, degrees=True)
            centre = next(b.head for b in bones if b.name == name)
            bones = _moved(bones, _below(bones, name), lambda p, c=centre, t=turn: c + t.apply(p - c), turn)
    return bones


def _split(bones: Bones, name: str, parts: list[str]) -> Bones:
    """A bone cut into as many as there are names, which hang on each other; children go to the last."""
    found: Bones = []
    for bone in bones:
        if bone.name != name:
            found.append(replace(bone, parent=parts[-1]) if bone.parent == name else bone)
            continue
        cuts = np.linspace(bone.head, bone.tail, len(parts) + 1)
        for i, part in enumerate(parts):
            above = parts[i - 1] if i else bone.parent
            found.append(
                replace(bone, name=part, parent=above, head=cuts[i], tail=cuts[i + 1], connected=i > 0)
            )
    return found


def _spine(bones: Bones, count: int) -> Bones:
    """A back of ``count`` more bones and a neck of two."""
    return _split(
        _split(bones, "spine", ["spine", *(f"back_{i}" for i in range(count - 1))]),
        "neck",
        ["neck", "back_neck"],
    )


def _fingers(bones: Bones) -> Bones:
    made = list(bones)
    for side in "LR":
        hand = next(b for b in bones if b.name == f"hand.{side}")
        for finger in range(5):
            spread = np.array([0.0, 0.02 * (finger - 2), 0.0])
            parent, head = hand.name, hand.tail + spread
            for joint in range(3):
                tail = head + 0.025 * (hand.tail - hand.head) / np.linalg.norm(hand.tail - hand.head)
                name = f"finger_{finger}{joint}.{side}"
                made.append(RestBone(name, parent, head, tail, _UP))
                parent, head = name, tail
    return made


def _daz(bones: Bones) -> BenchRig:
    """Thighs and arms of a bone that bends and one that twists; a long chain of the back; connected hips."""
    bones = _spine(bones, 3)
    extras: dict[str, list[str]] = {"spine": ["back_0", "back_1"], "neck": ["back_neck"]}
    for side in "LR":
        for part in ("thigh", "upper_arm", "forearm"):
            role, twist = f"{part}.{side}", f"back_{part}.{side}"
            bones = _split(bones, role, [role, twist])
            extras[role] = [twist]
    return replace(_rig("bend and twist bones in line", bones, rolls=5), extras=extras)


def _beside(bones: Bones) -> BenchRig:
    """A root bone, and twist bones that hang beside thigh, upper arm and forearm."""
    made, twists = [], {}
    root = RestBone("root", None, np.zeros(3), 0.3 * _UP, np.array([0.0, -1.0, 0.0]))
    for bone in bones:
        made.append(replace(bone, parent=bone.parent or "root"))
        if bone.name.split(".")[0] in ("thigh", "upper_arm", "forearm"):
            beside: list[str] = []
            for place in (0.33, 0.66):
                head = bone.head + place * (bone.tail - bone.head)
                name = f"back_{len(beside)}_{bone.name}"
                made.append(RestBone(name, bone.name, head, head + 0.3 * (bone.tail - head), bone.roll_axis))
                beside.append(name)
            twists[bone.name] = beside
    return replace(_rig("twist bones beside, root", [root, *made], rolls=6), twists=twists)


def _biped(bones: Bones) -> BenchRig:
    """Thighs hang on the first bone of the spine, as Character Studio's do."""
    order = ["hips", "spine", "chest", "neck", "head"]
    trunk = sorted((b for b in bones if b.name in order), key=lambda b: order.index(b.name))
    rest = [
        replace(b, parent="spine") if b.name.startswith("thigh") else b for b in bones if b.name not in order
    ]
    return _rig("thighs on the spine", trunk + rest)


def _without(bones: Bones, *parts: str) -> Bones:
    gone = {b.name for b in bones if b.name.split(".")[0] in parts}
    kept = [b for b in bones if b.name not in gone]
    return [replace(b, parent="hips", connected=False) if b.parent in gone else b for b in kept]


def _free_bones(bones: Bones) -> BenchRig:
    """Bones that do not inherit rotation; collars and hands that are locked."""
    rig = _rig("no inheritance, locks", bones, rolls=9)
    inherit = np.array([not name.startswith(("upper_arm", "thigh", "head")) for name in rig.rest.names])
    still = np.array([name.startswith(("shoulder", "hand")) for name in rig.rest.names])
    locked = np.repeat(still[:, None], 3, axis=1)
    orders = ("QUATERNION",) * len(inherit)
    return replace(rig, rest=replace(rig.rest, inherit_rotation=inherit, locked=locked, orders=orders))

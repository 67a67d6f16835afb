"""Rigs as tables of bones: what a row says, and how rows become a rest pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.retarget import RestPose
from tests.rig_makers.body import Points, points

FINGERS = ("thumb", "index", "middle", "ring", "pinky")


@dataclass(frozen=True)
class Maker:
    """A rig. rows: ``name | parent | start | end [| connected]`` a line.

    Points are those of ``body``, ``a>b@0.5`` one between two.

    Rows with ``{}`` are made for both sides, sides saying how. truth: role → bone, sided ones by part.
    axes: ``along`` (a bone's y axis points along it), ``across`` (its x axis does, as of Unreal's files) or
    ``upright`` (all bones stand on end). unit: of the armature's data, in metres; y_up: the data are, and the
    object is turned. pose: arguments of ``body.points``. roll: seed of random rolls.
    """

    rows: str
    truth: dict[str, str]
    sides: tuple[str, str] = ("L", "R")
    axes: str = "along"
    unit: float = 1.0
    y_up: bool = False
    pose: tuple[tuple[str, float], ...] = ()
    roll: int | None = None

    def rest(self, **pose: float) -> RestPose:
        """The rig in its rest pose; or in another, arguments as of ``body.points``."""
        at = points(**(dict(self.pose) | pose))
        return assembled(expanded(self.rows, self.sides, at), self.world(), self.axes, self.roll)

    def mapping(self) -> dict[str, str]:
        """Role → bone as a person would say it."""
        found: dict[str, str] = {}
        for role, bone in self.truth.items():
            if "{" in bone:
                found |= {
                    f"{role}.{s}": sided_name(bone, word) for s, word in zip("LR", self.sides, strict=True)
                }
            else:
                found[role] = bone
        return found

    def world(self) -> np.ndarray:
        """(4, 4) of the armature object."""
        world = np.eye(4)
        turn = Rotation.from_euler("x", 90 if self.y_up else 0, degrees=True).as_matrix()
        world[:3, :3] = self.unit * turn
        return world


@dataclass(frozen=True)
class Bone:
    """A bone in world metres. roll: radians away from the direction that ``axes`` gives it."""

    name: str
    parent: str
    head: np.ndarray
    tail: np.ndarray
    connected: bool = False


def expanded(rows: str, sides: tuple[str, str], at: Points) -> list[Bone]:
    """The bones of a table, parents first as written."""
    found = []
    for row in filter(str.strip, rows.splitlines()):
        name, parent, start, end, *more = (cell.strip() for cell in row.split("|"))
        for side, word in zip("LR", sides, strict=True) if "{" in name else (("", ""),):
            head, tail = (_point(text, side, at) for text in (start, end))
            own, above = sided_name(name, word), sided_name(parent, word)
            found.append(Bone(own, "" if above == "-" else above, head, tail, bool(more)))
    return found


def fingers(pattern: str, parent: str, names: tuple[str, ...] = FINGERS, joints: int = 3) -> str:
    """Rows of five fingers: ``pattern`` has ``{f}`` for the finger and ``{n}`` for the joint from 1."""
    rows = []
    for finger, called in zip(FINGERS, names, strict=True):
        stops = [f"{stop}_{finger}" for stop in ("knuckle", "joint1", "joint2", "tip")]
        above = parent
        for n in range(joints):
            own = pattern.replace("{f}", called).replace("{n}", str(n + 1))
            rows.append(f"{own} | {above} | {stops[n]} | {stops[n + 1]}")
            above = own
    return "\n" + "\n".join(rows) + "\n"


def assembled(bones: list[Bone], world: np.ndarray, axes: str = "along", roll: int | None = None) -> RestPose:
    """Bones in world metres as the rest pose of an armature object with this transform."""
    inverse = np.linalg.inv(world)
    scale = np.linalg.norm(inverse[:3, 0])
    random = np.random.default_rng(roll)
    names = [bone.name for bone in bones]
    matrices, lengths = [], []
    for bone in bones:
        way = inverse[:3, :3] @ (bone.tail - bone.head)
        length = max(float(np.linalg.norm(way)), 1e-3 * scale)
        matrix = np.eye(4)
        matrix[:3, :3] = _orientation(way / length, axes, inverse[:3, :3] / scale)
        if roll is not None:
            matrix[:3, :3] @= Rotation.from_euler("y", random.uniform(-np.pi, np.pi)).as_matrix()
        matrix[:3, 3] = inverse[:3, :3] @ bone.head + inverse[:3, 3]
        matrices.append(matrix)
        lengths.append(0.05 * scale if axes == "upright" else length)
    return RestPose(
        names=tuple(names),
        parents=np.array([names.index(bone.parent) if bone.parent else -1 for bone in bones]),
        matrices=np.array(matrices),
        lengths=np.array(lengths),
        world=world,
        connected=np.array([bone.connected for bone in bones]),
        inherit_rotation=np.ones(len(bones), bool),
        local_location=np.ones(len(bones), bool),
    )


def _orientation(way: np.ndarray, axes: str, turned: np.ndarray) -> np.ndarray:
    """(3, 3) of a bone that goes this way."""
    if axes == "upright":
        return turned @ Rotation.from_euler("x", 90, degrees=True).as_matrix()
    if not way.any():
        way = turned @ (0.0, 0.0, 1.0)
    side = np.cross(way, turned @ (0.0, -1.0, 0.0))
    if np.linalg.norm(side) < 0.1:
        side = np.cross(way, turned @ (0.0, 0.0, 1.0))
    side /= np.linalg.norm(side)
    along = np.stack([side, way, np.cross(side, way)], axis=-1)
    return along if axes == "along" else along[:, [1, 2, 0]]  # across: x along the bone


def _point(text: str, side: str, at: Points) -> np.ndarray:
    if ">" in text:
        ends, _, part = text.partition("@")
        start, _, end = ends.partition(">")
        first, second = _point(start, side, at), _point(end, side, at)
        return first + float(part) * (second - first)
    sided = f"{text}.{side}"
    return at[sided] if sided in at else at[text]


def sided_name(name: str, word: str) -> str:
    """A name with its side put in: ``{}`` is the word, ``{2}`` its first letter."""
    return name.replace("{}", word).replace("{2}", word[0]) if word else name

"""A clip put into an FBX file that has none: one take, a key in every frame of what moves.

Writing whole arrays takes a fraction of the time that an exporter takes which asks for one bone in one frame
after the other. Kinds and names of records are those of Autodesk's FBX SDK: stack, layer, curve nodes,
curves.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .channels import euler_angles
from .fbx_curves import Channel, Curves
from .fbx_nodes import FbxError, FbxFile, Node, node, read_fbx, written
from .fbx_shapes import shape_channels
from .quaternions import from_frames

# The file's own rest pose may be this far from ours, in its units and as elements of a matrix.
_PLACE, _TURN = 0.02, 1e-3
# From this version on files count time in other ticks.
_OTHER_CLOCK = 7700


@dataclass(frozen=True)
class FbxClip:
    """name: of the take. fps: frames a second. joints: J names of the file's limb nodes. tops: (J,) bool,
    those with no joint above. rest: (J, 4, 4) rigid matrices from a joint to the one above (or to the
    armature's node), in the file's units; local: (T, J, 4, 4) the same in each frame. still: how near to
    rest, in these units, a joint's place stays that gets no keys. shapes: (mesh's node, shape) → (T,)."""

    name: str
    fps: float
    joints: tuple[str, ...]
    tops: np.ndarray
    rest: np.ndarray
    local: np.ndarray
    still: float
    shapes: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)


def with_clip(data: bytes, clip: FbxClip) -> bytes:
    """A binary FBX file with a clip for its joints; nothing else of it changes.

    Every joint gets its rotation, as Euler angles that run without jumps; its place only where that differs
    from the rest pose, and the upmost always: so a clip also fits a character of other proportions. Nothing
    is scaled. Raises FbxError where the file is not what is expected, its rest pose among it.
    """
    file = read_fbx(data)
    if file.version >= _OTHER_CLOCK:
        raise FbxError(f"FBX {file.version / 1000:g} counts time in another way")
    curves = Curves(clip.name, clip.fps, len(clip.local), _free_id(file))
    for channel in [*_channels(file, clip), *shape_channels(file, clip.shapes)]:
        curves.add(channel)
    _append(file, curves)
    _set_times(file, clip.name, curves.end)
    return written(file)


def _channels(file: FbxFile, clip: FbxClip) -> list[Channel]:
    limbs = _limbs(file)
    missing = [name for name in clip.joints if name not in limbs]
    if missing:
        raise FbxError(f"the file has no joint {', '.join(missing)}")
    models = [limbs[name] for name in clip.joints]
    places = np.array([_vector(model, "Lcl Translation") for model in models])
    angles = np.array([_vector(model, "Lcl Rotation") for model in models])
    _check_rest(clip, places, angles)
    turned = _angles(clip, angles)
    moved = clip.local[..., :3, 3]
    moves = clip.tops | (np.abs(moved - places).max(axis=(0, 2)) > clip.still)
    found = []
    for j, model in enumerate(models):
        for wanted, name, letter, values, rest in (
            (moves[j], "Lcl Translation", "T", moved[:, j], places[j]),
            (True, "Lcl Rotation", "R", turned[:, j], angles[j]),
        ):
            if wanted:
                _mark(model, name, rest)
                found.append(Channel(model.values[0], name, letter, ("d|X", "d|Y", "d|Z"), values, rest))
    return found


def _angles(clip: FbxClip, rest: np.ndarray) -> np.ndarray:
    """(T, J, 3) degrees, without jumps, and on from the angles (J, 3) that the file has for the rest pose."""
    turns = np.concatenate([clip.rest[None, :, :3, :3], clip.local[..., :3, :3]])
    quaternions = from_frames(turns.reshape(-1, 3, 3)).T.reshape(*turns.shape[:2], 4)
    angles = np.degrees(euler_angles(quaternions, "XYZ"))
    # each rotation has two triples of angles, and each of these comes again after a whole turn
    both = np.stack([angles[0], angles[0] * (1, -1, 1) + 180])
    away = (both - rest + 180) % 360 - 180
    second = np.abs(away[1]).sum(axis=1) < np.abs(away[0]).sum(axis=1)
    angles[:, second] = angles[:, second] * (1, -1, 1) + 180
    return (angles - 360 * np.rint((angles[0] - rest) / 360))[1:]


def _limbs(file: FbxFile) -> dict[str, Node]:
    found = {}
    for one in file.root.child(b"Objects").children:
        if one.name == b"Model":
            _, name, kind = one.values
            if kind == b"LimbNode":
                found[name.split(b"\x00")[0].decode()] = one
    return found


def _properties(model: Node) -> dict[bytes, Node]:
    return {one.values[0]: one for one in model.child(b"Properties70").children}


def _vector(model: Node, name: str) -> list[float]:
    """Three numbers of a model's property; zeros, as the file's template has them, where it is not given."""
    given = _properties(model).get(name.encode())
    return given.values[4:7] if given else [0.0, 0.0, 0.0]


def _mark(model: Node, name: str, values: np.ndarray) -> None:
    """Say that a property is animated, which "A+" stands for."""
    made = node("P", name, name, "", "A+", *map(float, values))
    within = model.child(b"Properties70").children
    before = _properties(model).get(name.encode())
    if before is None:
        within.append(made)
    else:
        within[within.index(before)] = made


def _check_rest(clip: FbxClip, places: np.ndarray, angles: np.ndarray) -> None:
    """That the file's nodes stand as ours do: bones have no axes of their own there, places no other unit."""
    from scipy.spatial.transform import Rotation

    turned = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    far = np.abs(places - clip.rest[:, :3, 3]).max()
    bent = np.abs(turned - clip.rest[:, :3, :3]).max()
    if far > _PLACE or bent > _TURN:
        raise FbxError("the file's rest pose is not the expected one")


def _free_id(file: FbxFile) -> int:
    return 1 + max(one.values[0] for one in file.root.child(b"Objects").children)


def _append(file: FbxFile, curves: Curves) -> None:
    definitions = file.root.child(b"Definitions")
    total = definitions.child(b"Count")
    number = total.values[0] + sum(curves.counts.values())
    definitions.children[definitions.children.index(total)] = node("Count", np.int32(number))
    definitions.children += curves.definitions()
    file.root.child(b"Objects").children += curves.objects
    file.root.child(b"Connections").children += curves.connections


def _set_times(file: FbxFile, name: str, end: int) -> None:
    span = {b"TimeSpanStart": 0, b"TimeSpanStop": end}
    settings = file.root.child(b"GlobalSettings").child(b"Properties70").children
    for i, one in enumerate(settings):
        key, *rest = one.values[:4]
        if key in span:
            settings[i] = node("P", key, *rest, np.int64(span[key]))
    times = (np.int64(0), np.int64(end))
    takes = file.root.child(b"Takes")
    takes.children = [
        node("Current", name),
        node(
            "Take",
            name,
            children=[
                node("FileName", f"{name}.tak"),
                node("LocalTime", *times),
                node("ReferenceTime", *times),
            ],
        ),
    ]
    takes.closed = True

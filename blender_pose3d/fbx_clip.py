"""A clip put into an FBX file that has none: one take, a key in every frame of what moves.

Writing whole arrays takes a fraction of the time that an exporter takes which asks for one bone in one frame
after the other. Kinds and names of records are those of Autodesk's FBX SDK: stack, layer, curve nodes,
curves.
"""

from __future__ import annotations

import numpy as np

from .channels import euler_angles, quaternions_from_euler
from .fbx_curves import Channel, Curves
from .fbx_nodes import FbxError, FbxFile, Node, node, read_fbx, written
from .fbx_shapes import shape_channels
from .joint_clip import JointClip
from .quaternions import from_frames
from .rotations import matrices_from

# From this version on files count time in other ticks.
_OTHER_CLOCK = 7700


def with_clip(data: bytes, clip: JointClip) -> bytes:
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


def _channels(file: FbxFile, clip: JointClip) -> list[Channel]:
    limbs = _limbs(file)
    missing = [name for name in clip.joints if name not in limbs]
    if missing:
        raise FbxError(f"the file has no joint {', '.join(missing)}")
    models = [limbs[name] for name in clip.joints]
    places = np.array([_vector(model, "Lcl Translation") for model in models])
    angles = np.array([_vector(model, "Lcl Rotation") for model in models])
    if not clip.is_at_rest(places, matrices_from(quaternions_from_euler(np.radians(angles), "XYZ"))):
        raise FbxError("the file's rest pose is not the expected one")
    turned = _angles(clip, angles)
    moved = clip.local[..., :3, 3]
    moves = clip.moves(places)
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


def _angles(clip: JointClip, rest: np.ndarray) -> np.ndarray:
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

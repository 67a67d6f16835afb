"""Who carries the way through the room: the hips, the rig's root bone, the armature's object, or nobody.

The way over the floor G (a shift, and a turn about the vertical if it is wanted) is taken from the bones and
given to the root. With D for how a bone stands away from its rest place in armature space, D = G · D' for
every bone, so what is seen stays as it was, bit by bit; in place, G is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .banded import stiffness_for, whittaker
from .retarget import Animation, RestPose
from .rotations import continuous, matrices_from, quaternions_from

# Hz: slower movement of the hips is travel, faster is sway, which stays with the hips.
_TRAVEL = 0.5
# Of a turn's twist about the vertical, below which somebody nearly upside down faces nowhere.
_FACES = 0.3


class RootMotionError(ValueError):
    """An armature that cannot carry the way as asked; the message is for the user."""


@dataclass(frozen=True)
class Carried:
    """animation: of the bones, the root bone among them where it carries. travel: (T, 4, 4) rigid world
    transforms for the armature's object, from where it stands; None unless the object carries."""

    animation: Animation
    travel: np.ndarray | None = None


def carry_root(animation: Animation, rest: RestPose, hips: str, how: str, turns: bool = False) -> Carried:
    """Hand the way over the floor from the hips to who shall carry it.

    hips: the bone that plays the hips. how: one of ``bake_settings.ROOT_MOTION``. turns: the way the person
    faces goes with it. The way is the slow part of the hips' movement, so that they keep their sway; the
    height stays theirs. Raises RootMotionError where there is no bone above the hips to carry it.
    """
    mover = next((name for name in _upwards(rest, hips) if name in animation.locations), None)
    if how == "hips" or mover is None:
        return Carried(animation)
    root = _upwards(rest, mover)[-1]
    if how == "root_bone" and (root == mover or root in animation.bone_names):
        raise RootMotionError(
            f"the armature has no root bone above {hips}: let the hips or the object carry the motion"
        )
    way = _way(animation, rest, hips, mover, turns)
    freed = _without(way, animation, rest, root if how == "root_bone" else None, turns)
    if how == "in_place":
        return Carried(freed)
    if how == "object":
        return Carried(freed, way)
    return Carried(_with_root(freed, rest, root, _in_armature(way, rest.world), turns))


def _way(animation: Animation, rest: RestPose, hips: str, mover: str, turns: bool) -> np.ndarray:
    """(T, 4, 4) world transforms from the rest place to where the person is on the floor, and faces."""
    start = (rest.world @ rest.matrices[rest.index(mover)])[:3, 3]
    shift = animation.locations[mover] @ _axes(rest, mover).T @ rest.world[:3, :3].T
    ground = _slow((start + shift)[:, :2], animation.fps)
    way = np.tile(np.eye(4), (animation.frames, 1, 1))
    if turns:
        yaw = _slow(_facing(_turned(animation, rest, hips), rest.world)[:, None], animation.fps)[:, 0]
        way[:, 0, 0] = way[:, 1, 1] = np.cos(yaw)
        way[:, 1, 0], way[:, 0, 1] = np.sin(yaw), -np.sin(yaw)
    way[:, :2, 3] = ground - way[:, :2, :2] @ start[:2]
    return way


def _slow(values: np.ndarray, fps: float) -> np.ndarray:
    return whittaker(values, np.ones(len(values)), stiffness_for(min(_TRAVEL, fps / 4), fps, 2), order=2)


def _turned(animation: Animation, rest: RestPose, bone: str) -> np.ndarray:
    """(T, 3, 3) rotation of a bone away from its rest orientation, armature space."""
    turned = np.broadcast_to(np.eye(3), (animation.frames, 3, 3))
    for name in _upwards(rest, bone):
        index = rest.index(name)
        if name in animation.bone_names:
            basis = matrices_from(animation.rotations[:, animation.bone_names.index(name)])
            own = rest.matrices[index, :3, :3]
            turned = own @ basis @ own.T @ turned
        if not rest.inherit_rotation[index]:
            break
    return turned


def _facing(turned: np.ndarray, world: np.ndarray) -> np.ndarray:
    """(T,) radians about the vertical by which rotations (T, 3, 3) in armature space turn: their twist.

    Continuous; where somebody is upside down it is interpolated.
    """
    axes = _rotation(world)
    quaternions = quaternions_from(axes @ turned @ axes.T)
    twist = np.hypot(quaternions[:, 0], quaternions[:, 3])
    tells = np.flatnonzero(twist > _FACES)
    if not len(tells):
        return np.zeros(len(turned))
    yaw = np.unwrap(2 * np.arctan2(quaternions[tells, 3], quaternions[tells, 0]))
    return np.interp(np.arange(len(turned)), tells, yaw)


def _without(
    way: np.ndarray, animation: Animation, rest: RestPose, root: str | None, turns: bool
) -> Animation:
    """The animation as seen from the way. root: the bone that will follow the way, None for the object."""
    local = _in_armature(way, rest.world)
    back = np.swapaxes(local[:, :3, :3], -1, -2)
    rotations, locations = animation.rotations.copy(), dict(animation.locations)
    moved = {*animation.bone_names, *animation.locations}
    for name in moved:
        index = rest.index(name)
        top = not moved & set(_upwards(rest, name)[1:])
        if turns and name in animation.bone_names and _turns_back(rest, index, top, root):
            own, column = rest.matrices[index, :3, :3], animation.bone_names.index(name)
            rotations[:, column] = quaternions_from(own.T @ back @ own @ matrices_from(rotations[:, column]))
        if top and name in locations:
            axes, head = _axes(rest, name), rest.matrices[index, :3, 3]
            place = head + locations[name] @ axes.T - local[:, :3, 3]
            locations[name] = ((back @ place[..., None])[..., 0] - head) @ axes
    return replace(animation, rotations=continuous(rotations) if turns else rotations, locations=locations)


def _turns_back(rest: RestPose, index: int, top: bool, root: str | None) -> bool:
    """Whether a bone's own channel must take the way's turn back: the object turns all bones, a root bone
    only those that inherit rotation."""
    inherits = bool(rest.inherit_rotation[index])
    return (top and inherits) if root is not None else (top or not inherits)


def _with_root(animation: Animation, rest: RestPose, root: str, local: np.ndarray, turns: bool) -> Animation:
    """The animation with a root bone, moved by (T, 4, 4) transforms in armature space."""
    index = rest.index(root)
    own, head = rest.matrices[index, :3, :3], rest.matrices[index, :3, 3]
    shift = (local[:, :3, :3] @ head) + local[:, :3, 3] - head
    locations = {**animation.locations, root: shift @ _axes(rest, root)}
    if not turns:
        return replace(animation, locations=locations)
    basis = continuous(quaternions_from(own.T @ local[:, :3, :3] @ own))
    rotations = np.concatenate([basis[:, None], animation.rotations], axis=1)
    return replace(
        animation, bone_names=(root, *animation.bone_names), rotations=rotations, locations=locations
    )


def _in_armature(way: np.ndarray, world: np.ndarray) -> np.ndarray:
    """World transforms (T, 4, 4) as seen in armature space."""
    return np.linalg.inv(world) @ way @ world


def _axes(rest: RestPose, bone: str) -> np.ndarray:
    """(3, 3) axes of a bone's location channel, armature space, its ancestors at rest."""
    index = rest.index(bone)
    if rest.local_location[index]:
        return rest.matrices[index, :3, :3]
    parent = rest.parents[index]
    return rest.matrices[parent, :3, :3] if parent >= 0 else np.eye(3)


def _rotation(world: np.ndarray) -> np.ndarray:
    return world[:3, :3] / np.linalg.norm(world[:3, :3], axis=0)


def _upwards(rest: RestPose, bone: str) -> list[str]:
    """A bone and its ancestors, up to the root."""
    found = [rest.index(bone)]
    while rest.parents[found[-1]] >= 0:
        found.append(int(rest.parents[found[-1]]))
    return [rest.names[index] for index in found]

"""Rigs in motion for tests of exports, and what Blender itself makes of them."""

from dataclasses import dataclass

import bpy
import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.blender.armature import rest_pose
from blender_pose3d.blender.bake import bake
from blender_pose3d.blender.rig_map import told
from blender_pose3d.blender.scene import frame_rate, sample_pose, set_frame_rate, set_range
from blender_pose3d.retarget import Animation
from tests.blender.moving_rigs import generated, mixamo, swinging
from tests.blender.readers import Read
from tests.rig_makers import blender as rig_makers

FRAMES = 12
OWN = {"generated": generated, "mixamo": mixamo}
# Plain, scaled and lying, with a root bone, centimetres and many bones, controls with constraints.
RIGS = (*OWN, "unreal5", "genesis8", "rigify_generated")


@dataclass
class Truth:
    """Of the bones that deform: places (T, 3), turns (T, 3, 3) from rest, rest (3,), world axes, metres."""

    places: dict[str, np.ndarray]
    turns: dict[str, np.ndarray]
    rest: dict[str, np.ndarray]


def animated(rig: str, fps: float = 29.97, start: int = 1) -> tuple[bpy.types.Object, Truth]:
    """A rig in motion over FRAMES frames from ``start``."""
    armature = OWN[rig]() if rig in OWN else rig_makers.make(rig)
    animation = swinging(armature, FRAMES, fps)
    if rig == "rigify_generated":
        _move_controls(armature, animation, start)
    else:
        bake(armature, animation, name="Swing", start=start)
    set_frame_rate(bpy.context.scene, fps)
    set_range(bpy.context.scene, start, FRAMES)
    return armature, truth(armature)


def _move_controls(armature: bpy.types.Object, swing: Animation, start: int) -> None:
    """Only what an animator moves, and not so far that limbs stretch."""
    found = told(armature, rest_pose(armature))
    names = tuple(found.mapping.values())
    columns = [swing.bone_names.index(name) for name in names]
    small = Rotation.from_quat(np.roll(swing.rotations[:, columns].reshape(-1, 4), -1, axis=-1)).as_rotvec()
    turned = np.roll(Rotation.from_rotvec(0.3 * small).as_quat(), 1, axis=-1)
    way = {found.mapping["hips"]: 2 * next(iter(swing.locations.values()))}
    animation = Animation(swing.fps, names, turned.reshape(len(swing.rotations), -1, 4), way)
    bake(armature, animation, name="Swing", start=start, switches=found.properties)


def truth(armature: bpy.types.Object) -> Truth:
    """What Blender makes of the scene's frame range."""
    scene = bpy.context.scene
    world, pose = sample_pose(armature, range(scene.frame_start, scene.frame_end + 1))
    posed = world[:, None] @ pose
    base = np.array(armature.matrix_world)
    base[:3, 3] = 0
    rest = base @ np.array([bone.bone.matrix_local for bone in armature.pose.bones])
    turns = _rotation(posed) @ np.swapaxes(_rotation(rest), -1, -2)
    deform = {b.name: i for i, b in enumerate(armature.pose.bones) if b.bone.use_deform}
    return Truth(
        {name: posed[:, i, :3, 3] for name, i in deform.items()},
        {name: turns[:, i] for name, i in deform.items()},
        {name: rest[i, :3, 3] for name, i in deform.items()},
    )


def check(read: Read, expected: Truth, *, frames: int = FRAMES, named: dict[str, str] | None = None) -> None:
    """Places within 1 mm, turns within 0.1°, rest pose, number of frames, rate. named: bone → in the file."""
    assert read.frames == frames
    assert abs(read.fps / frame_rate(bpy.context.scene) - 1) < 1e-5
    named = named or {name: name for name in expected.places}
    assert set(named.values()) <= set(read.joints)
    moved = max(np.ptp(place, axis=0).max() for place in expected.places.values())
    assert moved > 0.1, "nothing moves, so nothing is tested"
    far = {n: np.abs(read.joints[m] - expected.places[n]).max() for n, m in named.items()}
    assert max(far.values()) < 1e-3, far
    if read.turns:
        bent = {n: degrees_apart(read.turns[m], expected.turns[n]) for n, m in named.items()}
        assert max(bent.values()) < 0.1, bent
    if read.rest:
        # BVH keeps no place of the root at rest
        first = next(iter(named))
        shift = expected.rest[first] - read.rest[named[first]]
        off = {n: np.abs(read.rest[m] + shift - expected.rest[n]).max() for n, m in named.items()}
        assert max(off.values()) < 1e-3, off
        if read.parents and read.unit != 1.0:
            assert np.abs(shift).max() < 1e-3


def degrees_apart(first: np.ndarray, second: np.ndarray) -> float:
    between = Rotation.from_matrix(first) * Rotation.from_matrix(second).inv()
    return float(np.degrees(between.magnitude()).max())


def _rotation(matrices: np.ndarray) -> np.ndarray:
    axes = matrices[..., :3, :3] / np.linalg.norm(matrices[..., :3, :3], axis=-2, keepdims=True)
    return Rotation.from_matrix(axes.reshape(-1, 3, 3)).as_matrix().reshape(axes.shape)

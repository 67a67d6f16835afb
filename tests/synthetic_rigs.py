"""Armatures as arrays, of any rest pose and roll, and Blender's own rule for posing them."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.proportions import Proportions, RestBone, rest_bones
from blender_pose3d.retarget import Animation, RestPose
from blender_pose3d.rotations import frame, matrices_from
from blender_pose3d.skeleton import H36M_19

# bone of the tool's own armature whose head is the joint; toes and the top of the head are tails
HEADS = {
    "Hip": "hips", "Neck": "head",
    **{f"{s}{joint}": f"{bone}.{s}" for s in "LR" for joint, bone in (
        ("Hip", "thigh"), ("Knee", "shin"), ("Ankle", "foot"),
        ("Shoulder", "upper_arm"), ("Elbow", "forearm"), ("Wrist", "hand"))},
}  # fmt: skip
TAILS = {"Head": "head", "LToe": "toe.L", "RToe": "toe.R"}


def identity_map(rest: RestPose) -> dict[str, str]:
    """Role → bone for armatures whose bones are named by role."""
    return {name: name for name in rest.names}


def rest_of(
    bones: list[RestBone] | None = None, world: np.ndarray | None = None, rolls: int | None = None
) -> RestPose:
    """RestPose of bones given in world metres. rolls: seed of random rolls. world: object matrix (4, 4)."""
    bones = bones or rest_bones(Proportions())
    world = np.eye(4) if world is None else world
    inverse = np.linalg.inv(world)
    random = np.random.default_rng(rolls)
    names = [bone.name for bone in bones]
    matrices, lengths = [], []
    for bone in bones:
        head, tail = (inverse[:3, :3] @ p + inverse[:3, 3] for p in (bone.head, bone.tail))
        axes = frame(tail - head, inverse[:3, :3] @ bone.roll_axis)  # columns: along, roll axis, side
        matrix = np.eye(4)
        matrix[:3, :3] = np.stack([axes[:, 2], axes[:, 0], axes[:, 1]], axis=-1)
        matrix[:3, :3] *= np.sign(np.linalg.det(matrix[:3, :3]))
        if rolls is not None:
            matrix[:3, :3] @= Rotation.from_euler("y", random.uniform(-np.pi, np.pi)).as_matrix()
        matrix[:3, 3] = head
        matrices.append(matrix)
        lengths.append(np.linalg.norm(tail - head))
    return RestPose(
        names=tuple(names),
        parents=np.array([names.index(b.parent) if b.parent else -1 for b in bones]),
        matrices=np.array(matrices),
        lengths=np.array(lengths),
        world=world,
        connected=np.array([b.connected for b in bones]),
        inherit_rotation=np.ones(len(bones), bool),
        local_location=np.ones(len(bones), bool),
    )


def posed(rest: RestPose, animation: Animation) -> np.ndarray:
    """(T, B, 4, 4) pose matrices in the world, object scale included."""
    count = animation.frames
    turns = dict(
        zip(animation.bone_names, np.moveaxis(matrices_from(animation.rotations), 1, 0), strict=True)
    )
    pose = np.zeros((count, len(rest.names), 4, 4))
    for bone, name in enumerate(rest.names):
        basis = np.broadcast_to(np.eye(4), (count, 4, 4)).copy()
        basis[:, :3, :3] = turns.get(name, np.eye(3))
        basis[:, :3, 3] = animation.locations.get(name, 0.0)
        parent = rest.parents[bone]
        carried = pose[:, parent] @ np.linalg.inv(rest.matrices[parent]) if parent >= 0 else np.eye(4)
        full = carried @ rest.matrices[bone]
        turn = full[..., :3, :3] if rest.inherit_rotation[bone] else rest.matrices[bone, :3, :3]
        axes = full[..., :3, :3]
        if not rest.local_location[bone]:
            axes = pose[:, parent, :3, :3] if parent >= 0 else np.eye(3)
        pose[:, bone, :3, 3] = full[..., :3, 3] + (axes @ basis[:, :3, 3:])[..., 0]
        pose[:, bone, :3, :3] = turn @ basis[:, :3, :3]
        pose[:, bone, 3, 3] = 1.0
    return rest.world @ pose


def joints_of(rest: RestPose, pose: np.ndarray) -> np.ndarray:
    """(T, 19, 3) joints of a posed armature with the tool's bone names; Thorax between the shoulders."""
    at = {joint: pose[:, rest.index(bone), :3, 3] for joint, bone in HEADS.items()}
    for joint, bone in TAILS.items():
        index = rest.index(bone)
        at[joint] = pose[:, index, :3, 3] + pose[:, index, :3, 1] * rest.lengths[index]
    at["Hip"] = (at["LHip"] + at["RHip"]) / 2
    at["Thorax"] = (at["LShoulder"] + at["RShoulder"]) / 2
    at["Spine"] = pose[:, rest.index("chest"), :3, 3]
    return np.stack([at[name] for name in H36M_19.joints], axis=1)


def angles_between(first: np.ndarray, second: np.ndarray, pairs: tuple[tuple[str, str], ...]) -> np.ndarray:
    """(T, n) degrees between the same bones of two sets of joints (T, 19, 3)."""
    a, b = (np.array([H36M_19.index(name) for name in names]) for names in zip(*pairs, strict=True))
    one, two = first[:, b] - first[:, a], second[:, b] - second[:, a]
    sine = np.linalg.norm(np.cross(one, two), axis=-1)
    return np.rad2deg(np.arctan2(sine, (one * two).sum(-1)))


def steps(rotations: np.ndarray) -> np.ndarray:
    """(T-1, M) degrees that bones turn from frame to frame, from quaternions (T, M, 4)."""
    dots = np.abs((rotations[1:] * rotations[:-1]).sum(-1)).clip(0, 1)
    return np.rad2deg(2 * np.arccos(dots))

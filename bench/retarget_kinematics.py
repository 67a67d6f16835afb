"""Poses of armatures by Blender's rule, and what is read off them: joints, bone directions, ends of feet."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.character_feet import ends
from blender_pose3d.frames import part_frames
from blender_pose3d.hip_path import floors
from blender_pose3d.landmarks import Landmarks
from blender_pose3d.motion import Motion
from blender_pose3d.retarget import Animation, RestPose
from blender_pose3d.skeleton import H36M_19
from blender_pose3d.soles import level_soles

from .retarget_rigs import BenchRig

LIMBS = [(s + a, s + b) for s in "LR" for a, b in (
    ("Hip", "Knee"), ("Knee", "Ankle"), ("Ankle", "Toe"), ("Shoulder", "Elbow"), ("Elbow", "Wrist"),
)]  # fmt: skip
# What a rig needs for a direction to be its own: a role, or none.
PAIRS = [
    *((pair, "hips") for pair in LIMBS),
    (("RHip", "LHip"), "hips"), (("RShoulder", "LShoulder"), "chest"), (("Hip", "Thorax"), "chest"),
    (("Hip", "Spine"), "spine"), (("Spine", "Thorax"), "spine"), (("Thorax", "Neck"), "neck"),
    (("Neck", "Head"), "head"),
]  # fmt: skip
# What carries a joint where a rig has no bone of its own for it.
_INSTEAD = {"toe": "foot", "foot": "shin", "hand": "forearm"}


def posed(rest: RestPose, animation: Animation) -> np.ndarray:
    """(T, B, 4, 4) pose matrices in the world: pose = pose_p · R_p⁻¹ · R · B, as Blender evaluates them."""
    count = animation.frames
    quaternions = dict(zip(animation.bone_names, np.moveaxis(animation.rotations, 1, 0), strict=True))
    pose = np.zeros((count, len(rest.names), 4, 4))
    for bone, name in enumerate(rest.names):
        turn = np.broadcast_to(np.eye(3), (count, 3, 3))
        if name in quaternions:
            turn = Rotation.from_quat(np.roll(quaternions[name], -1, axis=-1)).as_matrix()
        parent = rest.parents[bone]
        full = np.broadcast_to(rest.matrices[bone], (count, 4, 4))
        if parent >= 0:
            full = pose[:, parent] @ np.linalg.inv(rest.matrices[parent]) @ rest.matrices[bone]
        own = full[:, :3, :3] if rest.inherit_rotation[bone] else rest.matrices[bone, :3, :3]
        pose[:, bone, :3, :3] = own @ turn
        moved = np.zeros((count, 3)) if name not in animation.locations else animation.locations[name]
        pose[:, bone, :3, 3] = full[:, :3, 3] + np.einsum("tij,tj->ti", full[:, :3, :3], moved)
        pose[:, bone, 3, 3] = 1.0
    return rest.world @ pose


def joints_of(rig: BenchRig, pose: np.ndarray) -> np.ndarray:
    """(T, 19, 3) joints, each stiff with its bone; those between hips or shoulders between."""
    marks = Landmarks(rig.rest, rig.mapping)
    still = dict(zip(H36M_19.joints, marks.joints(), strict=True))
    rest = rig.rest
    carrier = {"Neck": "head", "Head": "head"}
    for side in "LR":
        carrier |= {side + joint: f"{role}.{side}" for joint, role in (
            ("Hip", "thigh"), ("Knee", "shin"), ("Ankle", "foot"), ("Toe", "toe"), ("Shoulder", "upper_arm"),
            ("Elbow", "forearm"), ("Wrist", "hand"))}  # fmt: skip
    at = {}
    for joint, role in carrier.items():
        part, dot, side = role.partition(".")
        while part in _INSTEAD and part + dot + side not in marks.bones:
            part = _INSTEAD[part]
        bone = marks.bones.get(part + dot + side, marks.bones["hips"])
        at[joint] = _stiff(rest, pose, bone, still[joint])
    at["Hip"], at["Thorax"] = (at["LHip"] + at["RHip"]) / 2, (at["LShoulder"] + at["RShoulder"]) / 2
    at["Spine"] = _stiff(rest, pose, _middle_bone(rig, marks, still), still["Spine"])
    return np.stack([at[name] for name in H36M_19.joints], axis=1)


def _middle_bone(rig: BenchRig, marks: Landmarks, still: dict[str, np.ndarray]) -> int:
    """The bone of the back that holds its middle."""
    top = marks.bones.get("chest", marks.bones["hips"])
    chain = [marks.bones["hips"], *rig.rest.path(marks.bones["hips"], top)]
    up = still["Thorax"] - still["Hip"]
    below = [bone for bone in chain if (marks.heads[bone] - still["Spine"]) @ up < 1e-6]
    return below[-1] if below else chain[0]


def _stiff(rest: RestPose, pose: np.ndarray, bone: int, point: np.ndarray) -> np.ndarray:
    local = np.linalg.inv(rest.world @ rest.matrices[bone]) @ np.append(point, 1.0)
    return (pose[:, bone] @ local)[:, :3]


def foot_ends(rig: BenchRig, pose: np.ndarray) -> np.ndarray:
    """(T, 4, 3) heel and tip of the left and the right foot."""
    marks = Landmarks(rig.rest, rig.mapping)
    still = dict(zip(H36M_19.joints, marks.joints(), strict=True))
    sole = floors(marks.joints(), float(rig.rest.world[2, 3]))[1]
    found = []
    for side in "LR":
        heel, tip = ends(still[f"{side}Ankle"], still[f"{side}Toe"], sole)
        toe = marks.bones.get(f"toe.{side}", marks.bones[f"foot.{side}"])
        found += [_stiff(rig.rest, pose, marks.bones[f"foot.{side}"], heel), _stiff(rig.rest, pose, toe, tip)]
    return np.stack(found, axis=1)


def directions(found: np.ndarray, truth: np.ndarray, rig: BenchRig) -> dict[str, np.ndarray]:
    """Bone → (T,) degrees between a character's joints and the person's, (T, 19, 3), where the rig has it."""
    result = {}
    for (start, end), role in PAIRS:
        if role not in rig.mapping:
            continue
        a, b = H36M_19.index(start), H36M_19.index(end)
        one, two = found[:, b] - found[:, a], truth[:, b] - truth[:, a]
        sine = np.linalg.norm(np.cross(one, two), axis=-1)
        result[f"{start}-{end}"] = np.rad2deg(np.arctan2(sine, (one * two).sum(-1)))
    return result


def level_toes(motion: Motion, rig: BenchRig) -> np.ndarray:
    """(T, 19, 3) the person's joints with toes pitched by a constant: flat feet slope as the rig's at rest.

    How steep the way from ankle to tip is on a flat foot is anatomy, and not motion.
    """
    joints = motion.joints.copy()
    still = Landmarks(rig.rest, rig.mapping).joints()
    frames = level_soles(part_frames(joints, motion.fps), motion.contacts, motion.fps)
    for foot, side in enumerate("LR"):
        ankle, toe = (H36M_19.index(side + name) for name in ("Ankle", "Toe"))
        way = joints[:, toe] - joints[:, ankle]
        length = np.linalg.norm(way, axis=-1, keepdims=True)
        flat = motion.contacts[:, 2 * foot] & motion.contacts[:, 2 * foot + 1]
        if not flat.any():
            continue
        rest = still[toe] - still[ankle]
        angle = np.arcsin(rest[2] / np.linalg.norm(rest)) - np.arcsin(np.median((way / length)[flat, 2]))
        across = frames[f"foot.{side}"][..., 1]
        turned = Rotation.from_rotvec(-angle * across).apply(way)
        joints[:, toe] = joints[:, ankle] + turned
    return joints


def turn_steps(joints: np.ndarray) -> np.ndarray:
    """(T-1,) degrees by which the quickest bone of a person turns from frame to frame."""
    start, end = (
        np.array([H36M_19.index(n) for n in names]) for names in zip(*(p for p, _ in PAIRS), strict=True)
    )
    ways = joints[:, end] - joints[:, start]
    ways /= np.maximum(np.linalg.norm(ways, axis=-1, keepdims=True), 1e-9)
    return np.rad2deg(np.arccos((ways[1:] * ways[:-1]).sum(-1).clip(-1, 1))).max(axis=1)

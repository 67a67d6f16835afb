"""Joints to rotations: a person's motion on a character's bones.

For each part of the body an orientation is built from joints, by one rule, for the person in every frame and
for the character at rest; the difference between the two turns the bone from its rest orientation. So the
rest pose (T, A, arms down), the roll of the bones and the armature's own transform do not matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .character_feet import keep_contacts
from .frames import part_frames, with_toes
from .hip_path import floors, hip_path
from .landmarks import Landmarks
from .retarget import Animation, RestPose, local_location, local_rotations
from .rotations import blend, continuous, quaternions_from, smoothstep
from .skeleton import H36M_17, H36M_19

if TYPE_CHECKING:
    from .motion import Motion

SIDED = ("shoulder", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")
ROLES = ("hips", "spine", "chest", "neck", "head", *(f"{part}.{side}" for part in SIDED for side in "LR"))
REQUIRED = ("hips", *(f"{p}.{s}" for p in ("thigh", "shin", "upper_arm", "forearm") for s in "LR"))
# Nothing is known of these from joints: they keep their rest pose relative to their parent.
_STILL = ("hand", "toe")


class FitError(ValueError):
    """A motion that cannot be put on an armature; the message is for the user."""


def fit(motion: Motion, rest: RestPose, mapping: dict[str, str]) -> Animation:
    """Rotations and hip location that make an armature follow a person.

    motion: joints (T, J, 3) in world metres, z up, floor at 0, as ``H36M_17`` or ``H36M_19``.
    mapping: role (one of ``ROLES``) → bone name; spine bones between hips and chest share their motion.
    Orientations are the person's in the world; the way starts at the armature object's origin and is scaled
    by the ratio of leg lengths. Raises FitError for joints that are not numbers, for an unknown skeleton, for
    a mapping that does not suit the armature and for an armature whose transform has no rotation.
    """
    _check_mapping(rest, mapping)
    turn = _world_rotation(rest.world)
    landmarks = Landmarks(rest, mapping)
    rest_joints = landmarks.joints()
    _check_limbs(rest_joints[None], "the armature has a bone of length zero or a wrong bone map")
    rest_parts = part_frames(rest_joints[None], motion.fps)
    joints, notes = _joints19(motion, rest_parts)
    _check_limbs(joints, "the tracks are broken there")
    parts = part_frames(joints, motion.fps)
    # (T, 3, 3) world rotation of each part away from its rest pose
    turned = {part: parts[part] @ rest_parts[part][0].T for part in parts}
    path = hip_path(joints, rest_joints, rest.world[:3, 3])
    if motion.contacts is not None:
        ground, sole = floors(rest_joints, float(rest.world[2, 3]))
        path, turned = keep_contacts(
            path, turned, rest_joints, motion.contacts, motion.fps, ground=ground, sole=sole
        )
    bones = _turned_bones(rest, mapping, landmarks, turned)
    pose = {name: turn.T @ delta @ turn @ _own(rest, name) for name, delta in bones.items()}
    basis = local_rotations(rest, pose)
    frames = len(joints)
    names = [name for name in rest.names if name in basis or name in _still_bones(mapping)]
    still = np.broadcast_to(np.eye(3), (frames, 3, 3))
    matrices = np.stack([basis.get(name, still) for name in names], axis=1)
    shift = _hip_shift(landmarks, rest_joints, path, turned["hips"])
    mover, location = local_location(rest, mapping["hips"], shift)
    return Animation(
        motion.fps, tuple(names), continuous(quaternions_from(matrices)), {mover: location}, notes
    )


def _turned_bones(
    rest: RestPose, mapping: dict[str, str], landmarks: Landmarks, turned: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Bone name → (T, 3, 3) world rotation away from rest, the chain of the spine included."""
    bones = {
        name: turned[role]
        for role, name in mapping.items()
        if role.split(".")[0] not in _STILL and role not in ("spine", "chest")
    }
    top = mapping.get("chest", mapping.get("spine"))
    if top is None:
        return bones
    chain = rest.path(landmarks.bones["hips"], rest.index(top))
    if "spine" in mapping and landmarks.bones["spine"] not in chain:
        chain.insert(0, landmarks.bones["spine"])
    for bone, weight in zip(chain, _spine_weights(landmarks, chain), strict=True):
        bones[rest.names[bone]] = blend(turned["spine"], turned["chest"], weight)
    return bones


def _spine_weights(landmarks: Landmarks, chain: list[int]) -> np.ndarray:
    """(n,) how far each spine bone follows the chest (1) rather than the lower back (0).

    By where its middle lies between hips and shoulders: below the middle of the back it is lower back.
    """
    heads = landmarks.heads
    hip = (landmarks.head("thigh.L") + landmarks.head("thigh.R")) / 2
    thorax = (landmarks.head("upper_arm.L") + landmarks.head("upper_arm.R")) / 2
    ends = np.array([*heads[chain[1:]], thorax])
    middles = (heads[chain] + ends) / 2
    height = (middles - hip) @ (thorax - hip) / ((thorax - hip) ** 2).sum()
    weights = smoothstep(height, 0.2, 0.8)
    weights[-1] = 1.0
    return weights


def _hip_shift(
    landmarks: Landmarks, rest_joints: np.ndarray, path: np.ndarray, turned: np.ndarray
) -> np.ndarray:
    """(T, 3) way of the hip bone's head from its rest place, in the armature's own space and units."""
    world = landmarks.rest.world
    middle = rest_joints[H36M_19.index("Hip")]
    head = landmarks.head("hips")
    # The hip bone's head circles about the middle of the hips as the pelvis turns.
    shift = path + turned @ (head - middle) - head
    return shift @ np.linalg.inv(world[:3, :3]).T


def _joints19(motion: Motion, rest_parts: dict[str, np.ndarray]) -> tuple[np.ndarray, list[str]]:
    joints = np.asarray(motion.joints, dtype=np.float64)
    if motion.skeleton.name not in (H36M_17.name, H36M_19.name):
        known = f"{H36M_17.name} or {H36M_19.name}"
        raise FitError(f"cannot fit joints of the skeleton {motion.skeleton.name}, only {known}")
    if joints.ndim != 3 or joints.shape[1:] != (len(motion.skeleton), 3) or not len(joints):
        raise FitError(f"joints have shape {joints.shape}, not (frames, {len(motion.skeleton)}, 3)")
    lost = ~np.isfinite(joints).all(axis=(1, 2))
    if lost.any():
        raise FitError(
            f"joints are missing in {lost.sum()} of {len(joints)} frames, first in frame {lost.argmax()}:"
            " fill or cut those frames before fitting"
        )
    if motion.skeleton.name == H36M_19.name:
        return joints, []
    shin = np.linalg.norm(joints[:, H36M_17.index("LAnkle")] - joints[:, H36M_17.index("LKnee")], axis=-1)
    foot = 0.45 * float(np.median(shin))
    return with_toes(joints, motion.fps, rest_parts, foot), [
        "no toes in the tracks: feet follow the shins, and lie level where they stand"
    ]


def _check_mapping(rest: RestPose, mapping: dict[str, str]) -> None:
    unknown = sorted(set(mapping) - set(ROLES))
    if unknown:
        raise FitError(f"unknown role in the bone map: {', '.join(unknown)}")
    missing = [role for role in REQUIRED if role not in mapping]
    if missing:
        raise FitError(f"the bone map has no bone for {', '.join(missing)}")
    gone = sorted(name for name in mapping.values() if name not in rest.names)
    if gone:
        raise FitError(f"the armature has no bone called {', '.join(gone)}")
    roles: dict[str, str] = {}
    for role, name in mapping.items():
        if name in roles:
            raise FitError(f"bone {name} is mapped twice: as {roles[name]} and as {role}")
        roles[name] = role


def _check_limbs(joints: np.ndarray, reason: str) -> None:
    size = float(np.ptp(joints, axis=1).max())
    parents, children = H36M_19.bones.T
    short = np.linalg.norm(joints[:, children] - joints[:, parents], axis=-1) <= 1e-4 * size
    if short.any():
        frame, limb = np.argwhere(short)[0]
        names = " and ".join(H36M_19.joints[j] for j in H36M_19.bones[limb])
        raise FitError(f"{names} are at the same place (frame {frame}): {reason}")


def _world_rotation(world: np.ndarray) -> np.ndarray:
    """(3, 3) rotation of an object matrix without its scale."""
    scale = np.linalg.norm(world[:3, :3], axis=0)
    if not np.isfinite(world).all() or scale.min() < 1e-9:
        raise FitError("the armature object has a scale of zero")
    if scale.max() / scale.min() > 1.01 or np.linalg.det(world[:3, :3]) < 0:
        raise FitError("the armature object is stretched or mirrored: apply its scale first")
    return world[:3, :3] / scale


def _own(rest: RestPose, name: str) -> np.ndarray:
    return rest.matrices[rest.index(name), :3, :3]


def _still_bones(mapping: dict[str, str]) -> set[str]:
    return {name for role, name in mapping.items() if role.split(".")[0] in _STILL}

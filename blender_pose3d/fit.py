"""Joints to rotations: a person's motion on a character's bones.

For each part of the body an orientation is built from joints, by one rule, for the person in every frame and
for the character at rest; the difference between the two turns the bone from its rest orientation. So the
rest pose (T, A, arms down), the roll of the bones and the armature's own transform do not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .character import Character, Turns
from .character_hands import HandTarget
from .frames import part_frames, with_toes
from .hands import resting_hands
from .hip_path import hip_path, leg_length
from .posing import STILL, Posing
from .quaternions import from_frames, in_axes
from .retarget import Animation, RestPose, local_location, local_rotations
from .rotations import norm
from .skeleton import H36M_17, H36M_19
from .soles import level_feet, level_soles

if TYPE_CHECKING:
    from .motion import Motion

SIDED = ("shoulder", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")
ROLES = ("hips", "spine", "chest", "neck", "head", *(f"{part}.{side}" for part in SIDED for side in "LR"))
REQUIRED = ("hips", *(f"{p}.{s}" for p in ("thigh", "shin", "upper_arm", "forearm") for s in "LR"))
# Leg of somebody 1.70 m tall, metres: what is known of resting hands is known of that size.
_LEG = 0.835


class FitError(ValueError):
    """A motion that cannot be put on an armature; the message is for the user."""


def fit(
    motion: Motion,
    rest: RestPose,
    mapping: Mapping[str, str],
    *,
    extras: Mapping[str, Sequence[str]] | None = None,
    twists: Mapping[str, Sequence[str]] | None = None,
    hold_hands: bool = False,
    hand_targets: Mapping[str, HandTarget] | None = None,
    refine: bool = True,
) -> Animation:
    """Rotations and hip location that make an armature follow a person.

    motion: joints (T, J, 3) in world metres, z up, floor at 0, as ``H36M_17`` or ``H36M_19``.
    mapping: role (one of ``ROLES``) → bone name; spine bones between hips and chest share their motion.
    extras, twists: role → further bones in line with that part and beside it, as ``rig_maps.detect`` finds
    them; without extras all bones in line turn with their part. hold_hands: the character's hands stay in one
    place while the person's rest, as they do anyway where the motion tells of
    rests. hand_targets: "L", "R" → where wrists are wanted. refine: hips, legs and feet share what the
    character's proportions cost (``refine_body``); without, legs do what feet ask for.
    Orientations are the person's in the world; the way starts at the armature object's origin and is scaled
    by the ratio of leg lengths. Raises FitError for joints that are not numbers, for an unknown skeleton, for
    a mapping that does not suit the armature and for an armature whose transform has no rotation.
    """
    _check_rest(rest)
    _check_mapping(rest, mapping)
    turn = _world_rotation(rest.world)
    character = Character(rest, mapping, extras, twists)
    _check_limbs(character.joints[None], "the armature has a bone of length zero or a wrong bone map")
    rest_frames = part_frames(character.joints[None], motion.fps)
    joints, notes = _joints19(motion, rest_frames)
    _check_limbs(joints, "the tracks are broken there")
    frames = part_frames(joints, motion.fps)
    if motion.contacts is not None:
        rest_frames = level_feet(rest_frames, joints, motion.contacts)
        frames = level_soles(frames, motion.contacts, motion.fps)
    path = hip_path(joints, character.joints, rest.world[:3, 3], motion.contacts)
    posing = _posing(character, joints, (frames, rest_frames), path, motion.fps)
    if motion.contacts is not None:
        posing = posing.standing(motion.contacts, refine=refine)
    rests = _rests(motion) if hold_hands else motion.hands
    if rests is not None or hand_targets:
        posing = posing.reaching(rests, hand_targets)
    return _animation(posing, mapping, turn, notes)


def _posing(
    character: Character, joints: np.ndarray, both: tuple[Turns, Turns], path: np.ndarray, fps: float
) -> Posing:
    """The character in the orientations of a person with joints (T, 19, 3), on a path (T, 3) of its hips.

    both: part → (T, 3, 3) frames of the person, (1, 3, 3) of the character at rest.
    """
    frames, rest_frames = both
    turned = {}
    for part, frame in frames.items():
        away = frame.reshape(-1, 3) @ rest_frames[part][0].T
        turned[part] = from_frames(away.reshape(-1, 3, 3))
    trunk = character.trunk(turned, frames, rest_frames, joints)
    limbs = (f"{part}.{side}" for part in ("upper_arm", "thigh") for side in "LR")
    hinges = {limb: frames[limb][..., 1].copy() for limb in limbs}
    return Posing(character, trunk, turned, hinges, path, fps)


def _rests(motion: Motion) -> np.ndarray:
    """(T, 2) bool: when the person's left and right hand rest."""
    joints = np.asarray(motion.joints, dtype=np.float64)
    size = leg_length(joints, motion.skeleton) / _LEG
    return resting_hands(joints, motion.score, motion.skeleton, motion.fps, size)


def _animation(posing: Posing, mapping: Mapping[str, str], turn: np.ndarray, notes: list[str]) -> Animation:
    """A pose as channels of bones. turn: (3, 3) rotation of the armature object."""
    character, rest, bones = posing.character, posing.character.rest, posing.bones()
    basis = local_rotations(rest, {rest.names[bone]: in_axes(q, turn) for bone, q in bones.items()})
    hips = character.bones["hips"]
    shift = character.pose(bones, posing.path).head(hips) - character.heads[hips]
    shift = shift @ np.linalg.inv(rest.world[:3, :3]).T
    mover, location = local_location(rest, rest.names[hips], shift, tuple(mapping.values()))
    still = {name for role, name in mapping.items() if role.split(".")[0] in STILL}
    names = [name for name in rest.names if name in basis or name in still]
    rotations = np.zeros((len(posing.path), len(names), 4), dtype=np.float32)  # as keys are
    rotations[..., 0] = 1.0
    for place, name in enumerate(names):
        if name in basis:
            rotations[:, place] = basis[name].T
    return Animation(posing.fps, tuple(names), rotations, {mover: location}, notes)


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


def _check_rest(rest: RestPose) -> None:
    if not len(rest.names):
        raise FitError("the armature has no bones")
    if not np.isfinite(rest.matrices).all() or not np.isfinite(rest.world).all():
        raise FitError("the armature has bones or a transform that are no numbers: reset its transform")


def _check_mapping(rest: RestPose, mapping: Mapping[str, str]) -> None:
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
    size = float(np.abs(joints - joints[:, :1]).max())
    parents, children = H36M_19.bones.T
    short = norm(joints[:, children] - joints[:, parents]) <= 1e-4 * size
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

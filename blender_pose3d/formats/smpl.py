"""SMPL parameters in .npz, as AMASS, GVHMR, WHAM and others write them.

SMPL: Loper et al., "SMPL: A Skinned Multi-Person Linear Model", SIGGRAPH Asia 2015. Its model file may not be
shipped, and without it nobody knows how long a bone is: the rotations of its 22 body joints drive a body of
our own
average proportions, 1.70 m tall, whose rest pose is taken for SMPL's. ``betas`` (the shape) are therefore
not used.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from ..proportions import Proportions, rest_bones
from ..skeleton import H36M_19
from ..tracks import Tracks
from .points import FormatError, checked_rate
from .world_tracks import body_up, tracks_from_world, turn_up

_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
_JOINTS = len(_PARENTS)
_ROOT = ("global_orient", "root_orient", "body_orient", "poses_root_world")
_BODY = ("body_pose", "pose_body", "poses_body")
_PLACE = ("transl", "trans", "translation", "trans_world")
_RATE = ("mocap_framerate", "mocap_frame_rate", "fps", "framerate")
_USUAL_RATE = 30.0
_LARGEST = 2_000_000_000  # bytes when unpacked: an archive may claim anything
_APART = 6.0  # degrees by which each thigh of SMPL's rest pose points outward
_BROKEN = (OSError, ValueError, EOFError, KeyError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)


def holds_smpl(path: str | Path) -> bool:
    """Whether an .npz archive has the names of SMPL's parameters and not of our tracks; False for no
    archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            keys = {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return False
    return "joints3d" not in keys and bool(keys & {"poses", "pose", *_ROOT, *_BODY})


def read_smpl(path: str | Path, fps: float | None = None) -> Tracks:
    """Tracks of somebody whose SMPL parameters a file holds. fps: where the file has no rate; else 30.

    poses: (T, 66 or more), or root and body apart: (T, 3) and (T, 63 or 69), axis times radians; or rotation
    matrices (T, 22 or 24, 3, 3). Place: (T, 3) metres. Raises FormatError.
    """
    path = Path(path)
    held = _load(path)
    rotations = _rotations(held, path.name)
    frames = len(rotations)
    place = np.zeros((frames, 3))
    for name in _PLACE:
        if name in held:
            place = np.asarray(held[name], dtype=np.float64).reshape(-1, 3)
            break
    if len(place) != frames:
        raise FormatError(f"{path.name} is damaged: {frames} poses, but {len(place)} places.")
    stated = next((float(np.asarray(held[name]).reshape(-1)[0]) for name in _RATE if name in held), None)
    rate = checked_rate(stated or fps or _USUAL_RATE, path.name)
    joints = _posed(rotations) + place[:, None]
    # AMASS has z up, most others y; a camera's axes have it down: the body tells
    up = body_up(joints, H36M_19) or ("z" if "mocap_framerate" in held or "mocap_frame_rate" in held else "y")
    joints = joints @ turn_up(up).T
    return tracks_from_world(joints[None], H36M_19, 1 + np.arange(frames), rate, path.name)


def _load(path: Path) -> dict[str, np.ndarray]:
    wanted = {"poses", "pose", *_ROOT, *_BODY, *_PLACE, *_RATE}
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _LARGEST:
                raise FormatError(f"{path.name} claims to unpack to more than 2 GB, too much for one clip.")
        with np.load(path, allow_pickle=False) as archive:
            held = {name: archive[name] for name in archive.files if name in wanted}
    except FormatError:
        raise
    except _BROKEN as error:
        reason = " ".join(str(error).split())
        raise FormatError(
            f"{path.name} is no file of SMPL parameters, or it is damaged ({reason})."
        ) from error
    for name, values in held.items():
        if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            raise FormatError(f"{path.name} is damaged: {name} holds what are no numbers.")
    return held


def _rotations(held: dict[str, Any], name: str) -> np.ndarray:
    """(T, 22, 3, 3) each joint's rotation relative to its parent."""
    whole = held.get("poses", held.get("pose"))
    root = next((held[key] for key in _ROOT if key in held), None)
    body = next((held[key] for key in _BODY if key in held), None)
    if whole is None and (root is None or body is None):
        raise FormatError(f"{name} lacks poses, or global_orient and body_pose, of SMPL.")
    if root is not None and body is not None:
        frames = len(root) if root.ndim else 0
        parts = [_matrices(part, frames, name) for part in (root, body)]
        made = np.concatenate([parts[0][:, :1], parts[1]], axis=1)
    else:
        both = np.asarray(whole)
        made = _matrices(both, len(both) if both.ndim else 0, name)
    if made.shape[1] < _JOINTS:
        raise FormatError(f"{name} holds {made.shape[1]} rotations a frame; SMPL's body has {_JOINTS}.")
    return made[:, :_JOINTS]


def _matrices(values: np.ndarray, frames: int, name: str) -> np.ndarray:
    if frames and values.shape[-2:] == (3, 3) and values.ndim >= 3:
        matrices = np.asarray(values, dtype=np.float64).reshape(frames, -1, 3, 3)
        return Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_matrix().reshape(matrices.shape)
    if not frames or values.size % (3 * frames):
        raise FormatError(
            f"{name} is damaged: poses of shape {values.shape} are no rotations of three numbers each."
        )
    vectors = np.asarray(values, dtype=np.float64).reshape(-1, 3)
    return Rotation.from_rotvec(vectors).as_matrix().reshape(frames, -1, 3, 3)


def _posed(rotations: np.ndarray) -> np.ndarray:
    """(T, 19, 3) joints of our average body, pelvis at 0, for rotations (T, 22, 3, 3) in SMPL's axes."""
    rest, points = _rest()
    world = rotations.copy()
    places = np.zeros((*rotations.shape[:2], 3))
    for joint, parent in enumerate(_PARENTS[1:], start=1):
        world[:, joint] = world[:, parent] @ rotations[:, joint]
        places[:, joint] = places[:, parent] + world[:, parent] @ (rest[joint] - rest[parent])
    out = np.empty((len(rotations), len(H36M_19), 3))
    for i, name in enumerate(H36M_19.joints):
        joint, offset = points[name]
        out[:, i] = places[:, joint] + world[:, joint] @ offset
    at = H36M_19.index
    # by definition of our skeleton, and shoulders rise with collar bones
    out[:, at("Hip")] = (out[:, at("LHip")] + out[:, at("RHip")]) / 2
    out[:, at("Thorax")] = (out[:, at("LShoulder")] + out[:, at("RShoulder")]) / 2
    return out


def _rest() -> tuple[np.ndarray, dict[str, tuple[int, np.ndarray]]]:
    """Rest places (22, 3) of SMPL's joints on our body, y up, facing z, pelvis at 0; and our joints: the
    joint of
    SMPL's each goes with, and its offset from that at rest."""
    bones = {bone.name: bone for bone in rest_bones(Proportions())}

    def at(point: np.ndarray) -> np.ndarray:
        x, y, z = point - bones["hips"].head
        return np.array([x, z, -y])

    back = [at(bones["hips"].head), at(bones["chest"].tail)]
    places = np.zeros((_JOINTS, 3))
    # the trunk's three joints and the neck's two are spread over the back; where, changes little
    for joint, share in ((3, 0.24), (6, 0.50), (9, 0.62)):
        places[joint] = back[0] + share * (back[1] - back[0])
    neck, head = at(bones["neck"].head), at(bones["head"].head)
    places[12], places[15] = neck, head
    points: dict[str, tuple[int, np.ndarray]] = {
        "Spine": (6, np.zeros(3)), "Neck": (15, np.zeros(3)), "Head": (15, at(bones["head"].tail) - head),
        "Hip": (0, np.zeros(3)), "Thorax": (12, np.zeros(3)),
    }  # fmt: skip
    for letter, odd in (("L", 0), ("R", 1)):
        leg = [at(bones[f"{part}.{letter}"].head) for part in ("thigh", "shin", "foot", "toe")]
        leg.append(at(bones[f"toe.{letter}"].tail))
        angle = np.radians(_APART if letter == "L" else -_APART)
        # whole leg below the hip swings outward; the foot keeps pointing ahead
        turn = Rotation.from_rotvec([0.0, 0.0, angle]).as_matrix()
        ankle = leg[0] + turn @ (leg[2] - leg[0])
        places[1 + odd], places[4 + odd] = leg[0], leg[0] + turn @ (leg[1] - leg[0])
        places[7 + odd], places[10 + odd] = ankle, ankle + leg[3] - leg[2]
        arm = [at(bones[f"{part}.{letter}"].head) for part in ("shoulder", "upper_arm", "forearm", "hand")]
        for joint, place in zip((13, 16, 18, 20), arm, strict=True):
            places[joint + odd] = place
        joints = {"Hip": 1, "Knee": 4, "Ankle": 7, "Shoulder": 16, "Elbow": 18, "Wrist": 20}
        points |= {letter + name: (joint + odd, np.zeros(3)) for name, joint in joints.items()}
        points[letter + "Toe"] = (10 + odd, leg[4] - leg[3])
    return places, points

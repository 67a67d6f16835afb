"""One walk, written as every format that is read: the tiny samples whose beginnings docs/formats.md shows.

The motion is known exactly, so whatever comes of a sample can be measured.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.bvh import JointMotion, bvh_text
from blender_pose3d.formats.motion_text import csv_text, json_text
from blender_pose3d.formats.points import Points
from blender_pose3d.formats.trc import trc_text
from blender_pose3d.proportions import Proportions, rest_bones
from blender_pose3d.skeleton import COCO_17, H36M_19, HALPE_26
from tests.walker import camera_at, walk

FPS = 30.0
WALK = walk(1.0)
"""(30, 19, 3) metres, z up, heading along +x: where everybody's joints are."""
WIDTH, HEIGHT = 1280, 720
_SIDES = {"left": ("L", 0.05), "right": ("R", -0.05)}
_LIMBS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
BODY_25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel",
    "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip
# MediaPipe's 33, in its own words; mouth and fingers lie near nose and wrists
_MEDIAPIPE = (
    "nose", "left_eye", "left_eye", "left_eye", "right_eye", "right_eye", "right_eye", "left_ear",
    "right_ear", "nose", "nose", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", *("left_wrist", "right_wrist") * 3, "left_hip", "right_hip", "left_knee",
    "right_knee", "left_ankle", "right_ankle", "left_heel", "right_heel", "left_big_toe", "right_big_toe",
)  # fmt: skip


def at(joints: np.ndarray, name: str) -> np.ndarray:
    """A joint (..., 3) of H36M-19."""
    return joints[..., H36M_19.index(name), :]


def body_points() -> dict[str, np.ndarray]:
    """Points (T, 3) of the walk by the names of Halpe-26, face and heels with it."""
    found = {name: at(WALK, name.capitalize()) for name in ("head", "neck", "hip")}
    # the neck of pictures is between the shoulders
    found["neck"] = at(WALK, "Thorax")
    skull = (found["head"] + at(WALK, "Neck")) / 2
    found["nose"] = skull + np.array([0.10, 0, 0])
    for side, (letter, out) in _SIDES.items():
        for limb in _LIMBS:
            found[f"{side}_{limb}"] = at(WALK, letter + limb.capitalize())
        found[f"{side}_eye"] = skull + np.array([0.09, 0.6 * out, 0.03])
        found[f"{side}_ear"] = skull + np.array([0, 1.4 * out, 0])
        found[f"{side}_big_toe"] = at(WALK, f"{letter}Toe")
        found[f"{side}_small_toe"] = at(WALK, f"{letter}Toe") + np.array([-0.03, out, 0])
        found[f"{side}_heel"] = at(WALK, f"{letter}Ankle") + np.array([-0.05, 0, -0.06])
    return found


def pose2sim_trc() -> str:
    """Markers by the names of Pose2Sim's HALPE_26 model; y up, metres."""
    short = {"left": "L", "right": "R"}
    points = body_points()
    names = {}
    for name in HALPE_26.joints:
        side, _, rest = name.partition("_")
        word = "".join(part.capitalize() for part in (rest or name).split("_"))
        names[name] = short[side] + word if rest else word
    kept = [name for name in names if "eye" not in name and "ear" not in name]
    joints = np.stack([points[name] for name in kept], axis=1)
    return trc_text(tuple(names[name] for name in kept), joints, FPS, name="pose2sim.trc")


def freemocap_trc() -> str:
    """Joints by MediaPipe's names, in millimetres, z up as freemocap's space is."""
    points = body_points()
    names = {name: name.replace("big_toe", "foot_index") for name in points if "small" not in name}
    joints = np.stack([points[name] for name in names], axis=1)
    # the writer turns y up: turned before, z stays up
    lain = 1000 * np.stack([joints[..., 0], -joints[..., 2], joints[..., 1]], axis=-1)
    text = trc_text(tuple(names.values()), lain, FPS, name="freemocap.trc")
    return text.replace("\tm\t", "\tmm\t")


def openpose_frames() -> list[str]:
    """OpenPose's document of each frame: BODY_25."""
    flat = _flat(BODY_25)
    return [
        json.dumps({"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": row}]})
        for row in flat
    ]


def coco_json() -> str:
    """A list of detections with COCO's 17 keypoints."""
    rows = enumerate(_flat(COCO_17.joints))
    return json.dumps([{"image_id": i, "category_id": 1, "keypoints": row, "score": 0.9} for i, row in rows])


def halpe_json() -> str:
    """AlphaPose's list with Halpe's 26 keypoints."""
    rows = enumerate(_flat(HALPE_26.joints))
    return json.dumps(
        [
            {"image_id": f"{i}.jpg", "category_id": 1, "keypoints": row, "score": 2.9, "idx": 1}
            for i, row in rows
        ]
    )


def mediapipe_json() -> str:
    """MediaPipe's 33 landmarks of each frame, in parts of the picture."""
    points, camera = body_points(), camera_at()
    flat = np.stack([camera.project(points[name]) for name in _MEDIAPIPE], axis=1) / (WIDTH, HEIGHT)
    frames = [
        {"landmarks": [{"x": x, "y": y, "visibility": 0.9} for x, y in frame.round(5).tolist()]}
        for frame in flat
    ]
    return json.dumps({"width": WIDTH, "height": HEIGHT, "fps": FPS, "frames": frames})


def smpl_arrays() -> dict[str, np.ndarray]:
    """Parameters of AMASS: somebody who goes ahead along -y, bending the left knee, the right elbow bent."""
    frames = len(WALK)
    poses = np.zeros((frames, 72))
    poses[:, 0] = np.pi / 2  # y up in SMPL's rest pose, z up in AMASS
    poses[:, 3 * 4] = KNEE
    poses[:, 3 * 19 + 1] = ELBOW
    trans = np.stack([np.zeros(frames), -np.arange(frames) / FPS, np.full(frames, 0.95)], axis=-1)
    return {"poses": poses, "trans": trans, "betas": np.zeros(10), "mocap_framerate": np.array(FPS)}


KNEE = np.radians(40.0) * np.sin(np.linspace(0, np.pi, len(WALK)))
ELBOW = np.radians(60.0)


def other_bvh() -> str:
    """Somebody else's BVH: our average body by MotionBuilder's names, in centimetres, going ahead and bending
    the left knee by 30 degrees."""
    usual = {
        "hips": "Hips", "spine": "Spine", "chest": "Spine1", "neck": "Neck", "head": "Head",
        "shoulder": "Shoulder", "upper_arm": "Arm", "forearm": "ForeArm", "hand": "Hand",
        "thigh": "UpLeg", "shin": "Leg", "foot": "Foot", "toe": "ToeBase",
    }  # fmt: skip
    bones = rest_bones(Proportions())
    index = {bone.name: i for i, bone in enumerate(bones)}
    parents = np.array([index[bone.parent] if bone.parent else -1 for bone in bones])
    world = np.tile(np.eye(4), (len(WALK), len(bones), 1, 1))
    world[:, :, :3, 3] = [100 * np.array(bone.head) for bone in bones]
    rest = world[0].copy()
    knee = bones[index["shin.L"]]
    turn = Rotation.from_euler("x", 30, degrees=True).as_matrix()
    for name in ("shin.L", "foot.L", "toe.L"):
        arm = 100 * (np.array(bones[index[name]].head) - knee.head)
        world[:, index[name], :3, :3] = turn
        world[:, index[name], :3, 3] = 100 * np.array(knee.head) + turn @ arm
    world[:, :, 1, 3] -= 100 * np.arange(len(WALK))[:, None] / FPS
    sides = {"L": "Left", "R": "Right", "": ""}
    parts = [bone.name.partition(".") for bone in bones]
    names = tuple(sides[side] + usual.get(part, part) for part, _, side in parts)
    tails = np.array([100 * np.array(bone.tail) for bone in bones])
    return bvh_text(JointMotion(names, parents, rest, tails, world), FPS)


def points() -> Points:
    """The walk as points, for C3D."""
    return Points(H36M_19.joints, WALK, FPS, up="z", sure=True)


def texts() -> dict[str, str]:
    """Every sample that is one file of text, by its name."""
    return {
        "pose2sim.trc": pose2sim_trc(),
        "freemocap.trc": freemocap_trc(),
        "walk_000000000000_keypoints.json": openpose_frames()[0],
        "coco.json": coco_json(),
        "halpe.json": halpe_json(),
        "mediapipe.json": mediapipe_json(),
        "motionbuilder.bvh": other_bvh(),
        "walk.trc": trc_text(H36M_19.joints, WALK, FPS, name="walk.trc"),
        "walk.csv": csv_text(H36M_19.joints, WALK, FPS),
        "walk.json": json_text(H36M_19.name, WALK, FPS),
    }


def write(folder: Path, *names: str) -> list[Path]:
    """Write samples; of OpenPose all frames."""
    made = []
    for name in names:
        path = folder / name
        if name.endswith(".npz"):
            np.savez(path, **smpl_arrays())
        elif name.endswith("_keypoints.json"):
            for frame, text in enumerate(openpose_frames()):
                (folder / f"walk_{frame:012d}_keypoints.json").write_text(text)
        else:
            path.write_text(texts()[name])
        made.append(path)
    return made


def _flat(names: tuple[str, ...]) -> list[list[float]]:
    """x, y, score of each name, frame by frame, px."""
    points, camera = body_points(), camera_at()
    places = np.stack([camera.project(points[name]) for name in names], axis=1)
    rows = np.concatenate([places.round(2), np.full((*places.shape[:2], 1), 0.9)], axis=-1)
    return [row.ravel().round(2).tolist() for row in rows]

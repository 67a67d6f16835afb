"""Flat pictures of people whose keypoints are known, in every format, and a network that reads the truth."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import cv2
import numpy as np

from blender_pose3d.skeleton import COCO_17, HALPE_26
from engine.pose2d.base import Region
from engine.pose2d.blazepose_detector import Candidates
from engine.train.packs import PackWriter

WIDTH, HEIGHT, STEP = 200, 160, 8
LSPET_ORDER = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist",
    "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head",
)  # fmt: skip
_BODY = {
    "nose": (0, -60), "left_eye": (3, -63), "right_eye": (-3, -63), "left_ear": (6, -61),
    "right_ear": (-6, -61), "left_shoulder": (15, -45), "right_shoulder": (-15, -45),
    "left_elbow": (22, -25), "right_elbow": (-22, -25), "left_wrist": (24, -5), "right_wrist": (-24, -5),
    "left_hip": (9, -3), "right_hip": (-9, -3), "left_knee": (10, 30), "right_knee": (-10, 30),
    "left_ankle": (11, 60), "right_ankle": (-11, 60), "head": (0, -72), "neck": (0, -47), "hip": (0, -3),
    "left_big_toe": (15, 66), "right_big_toe": (-15, 66), "left_small_toe": (18, 65),
    "right_small_toe": (-18, 65), "left_heel": (9, 64), "right_heel": (-9, 64),
}  # fmt: skip
BODY = np.array([_BODY[name] for name in HALPE_26.joints], np.float64)
TORSO = float(np.hypot(15 + 9, 45 - 3))  # px, left shoulder to right hip


def people(count: int) -> np.ndarray:
    """(count, 26, 2) px from the picture's corner: each stands elsewhere in a picture of their own."""
    at = np.stack([90 + 3.0 * np.arange(count), 80 + 1.0 * np.arange(count)], axis=1)
    return BODY + at[:, None]


def picture(number: int) -> np.ndarray:
    """A picture whose brightness tells its number."""
    return np.full((HEIGHT, WIDTH, 3), STEP * (number + 1), np.uint8)


class Truthful:
    """Knows where everybody is in every picture; `wrong` (26, 2) px is added, `sides` are exchanged."""

    sha256 = "0" * 64

    def __init__(self, joints: np.ndarray, wrong: np.ndarray | float = 0.0, name: str = "true") -> None:
        self.joints, self.wrong, self.name, self.sides = joints, wrong, name, False
        self.skeleton = HALPE_26
        self.asked: list[Region] = []

    def region(self, joints: np.ndarray, score: np.ndarray) -> Region:
        return Region(joints.mean(axis=0), np.full(2, 150.0))

    def region_from_box(self, box: np.ndarray) -> Region:
        return Region((box[:2] + box[2:]) / 2, box[2:] - box[:2])

    def predict(self, image: np.ndarray, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        self.asked += regions
        number = round(float(image.mean()) / STEP) - 1
        pose = self.joints[number] + self.wrong
        pose = pose[self.skeleton.mirror] if self.sides else pose
        pose = pose[: len(self.skeleton)]
        return np.stack([pose] * len(regions)), np.full((len(regions), len(pose)), 0.9, np.float32)


class Detector:
    """Finds the person of each picture, but for those that are `hidden`."""

    def __init__(self, joints: np.ndarray, hidden: tuple[int, ...] = ()) -> None:
        self.joints, self.hidden, self.asked = joints, hidden, 0

    def candidates(self, image: np.ndarray) -> Candidates:
        self.asked += 1
        number = round(float(image.mean()) / STEP) - 1
        shown = [] if number in self.hidden else [self.joints[number]]
        hips = np.array([j[HALPE_26.index("hip")] for j in shown]).reshape(-1, 2)
        return Candidates(np.tile(hips, 2), hips, hips + np.array([0.0, -75.0]), np.full(len(shown), 0.8))


def write_packs(folder: Path, joints: np.ndarray, name: str = "rendered") -> Path:
    """One row a person; the last is for training. Feet are hidden."""
    with PackWriter(folder, name) as writer:
        for number, pose in enumerate(joints):
            visible = np.array([not n.endswith(("toe", "heel")) for n in HALPE_26.joints])
            writer.add(
                picture(number),
                joints=pose - 0.5,
                known=np.ones(26, bool),
                visible=visible,
                weight=np.ones(26),
                box=np.concatenate([pose.min(axis=0), pose.max(axis=0)]),
                identity=f"p{number}",
                split="test" if number < len(joints) - 1 else "train",
            )
    return folder


def write_lspet(path: Path, joints: np.ndarray) -> Path:
    """An archive as Leeds Sports Pose Extended comes; the last photo lacks a label."""
    columns = [HALPE_26.index(name) for name in LSPET_ORDER]
    labels = np.concatenate([joints[:, columns] - 0.5, np.ones((len(joints), 14, 1))], axis=2)
    labels[-1, 0, 2] = 0
    table = io.BytesIO()
    np.savez(
        table, joints=labels.astype(np.float32), files=np.array([f"im{n:05d}" for n in range(len(joints))])
    )
    files = {f"lspet/im{n:05d}.webp": _encoded(n) for n in range(len(joints))}
    return write_tar(path, {"lspet_joints.npz": table.getvalue(), **files})


def coco_content(joints: np.ndarray) -> dict:
    """Annotations: a labelled person a picture; a crowd and somebody without labels besides."""
    rows = []
    for number, pose in enumerate(joints):
        low, high = pose.min(axis=0), pose.max(axis=0)
        rows.append({
            "id": number + 1, "image_id": 100 + number, "category_id": 1, "iscrowd": 0, "num_keypoints": 17,
            "bbox": [*low.tolist(), *(high - low).tolist()], "area": float(np.prod(high - low)) * 0.6,
            "keypoints": np.column_stack([pose[:17], np.full(17, 2)]).ravel().tolist(),
        })  # fmt: skip
    empty = {"category_id": 1, "num_keypoints": 0, "keypoints": [0] * 51, "area": 900.0, "image_id": 100}
    rows += [{**empty, "id": 91, "iscrowd": 1, "bbox": [0, 0, 30, 30]},
             {**empty, "id": 92, "iscrowd": 0, "bbox": [150, 0, 30, 30]}]  # fmt: skip
    return {
        "images": [
            {"id": 100 + n, "file_name": f"{n:012d}.png", "width": WIDTH, "height": HEIGHT}
            for n in range(len(joints))
        ],
        "annotations": rows,
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO_17.joints), "skeleton": []}],
    }


def write_coco(path: Path, joints: np.ndarray) -> Path:
    files = {f"coco/images/{n:012d}.png": _encoded(n, ".png") for n in range(len(joints))}
    return write_tar(path, {**files, "coco/person_keypoints.json": json.dumps(coco_content(joints)).encode()})


def write_tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def _encoded(number: int, kind: str = ".webp") -> bytes:
    done, data = cv2.imencode(kind, picture(number))
    assert done
    return data.tobytes()

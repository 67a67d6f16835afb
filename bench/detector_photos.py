"""What a detector makes of labelled photos beside what it makes of rendered people: do renders flatter?

``.venv-engine/bin/python -m bench.detector_photos --coco DIR [--lspet DIR]``

DIR/person_keypoints.json and DIR/images (COCO), DIR/lspet_joints.npz and DIR/lspet (Leeds Sports Pose
Extended) hold the labels and the photos. Each person is looked at in the labelled box, then once more in the
region of the first pose, as when followed. Printed: errors by the score, on the photos and as the numbers of
engine/train/detector_errors.json have them at the same scores. Labels are off too, by about a hundredth of
the height, and the height is guessed from the limbs that show most of their length.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch

from blender_pose3d.skeleton import COCO_17, HALPE_26
from engine.pose2d.registry import load_pose2d
from engine.train.detector_errors import KINDS, error_length, kind, read_errors

_LIMBS = ("Hip", "Knee", "Ankle", "Shoulder", "Elbow", "Wrist")
JOINTS = tuple(side + name for side in "RL" for name in _LIMBS)
_HALPE = [HALPE_26.index({"L": "left_", "R": "right_"}[n[0]] + n[1:].lower()) for n in JOINTS]
_COCO = [COCO_17.index(HALPE_26.joints[i]) for i in _HALPE]
_LSP = ("RAnkle", "RKnee", "RHip", "LHip", "LKnee", "LAnkle",
        "RWrist", "RElbow", "RShoulder", "LShoulder", "LElbow", "LWrist")  # fmt: skip
_MIRROR = [(i + len(_LIMBS)) % len(JOINTS) for i in range(len(JOINTS))]
# Bones and their lengths as fractions of stature; after Winter, Biomechanics, 2009.
_BONES = (("Hip", "Knee", 0.245), ("Knee", "Ankle", 0.246), ("Shoulder", "Elbow", 0.172),
          ("Elbow", "Wrist", 0.148), ("Hip", "Shoulder", 0.29))  # fmt: skip
_SCORES = (0.03, 0.5, 0.9, 0.98, 1.01)
_LEAST, _FEWEST = 60, 12  # px of a box, labels of a row

Person = tuple[np.ndarray, np.ndarray, np.ndarray]
"""A picture, labels (12, 2) px with NaN where there are none, and a box."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--coco", type=Path)
    parser.add_argument("--lspet", type=Path)
    parser.add_argument("--most", type=int, default=500, help="people of a set at most")
    parser.add_argument("--network", default="blazepose-full")
    args = parser.parse_args()
    for name, folder, read in (("COCO", args.coco, read_coco), ("LSP extended", args.lspet, read_lspet)):
        if folder is not None:
            print(f"{name}: median and 90 %, thousandths of the height, photos/model")
            print(compare(list(read(folder, args.most)), args.network))


def read_coco(folder: Path, most: int) -> Iterator[Person]:
    content = json.loads((folder / "person_keypoints.json").read_text())
    names = {image["id"]: image["file_name"] for image in content["images"]}
    known = [a for a in content["annotations"] if a["num_keypoints"] >= 5 and not a["iscrowd"]]
    for annotation in [a for a in known if max(a["bbox"][2:]) >= _LEAST][:most]:
        points = np.array(annotation["keypoints"], float).reshape(17, 3)[_COCO]
        x, y, width, height = annotation["bbox"]
        yield (
            _picture(folder / "images" / names[annotation["image_id"]]),
            np.where(points[:, 2:] > 0, points[:, :2], np.nan),
            np.array([x, y, x + width, y + height]),
        )


def read_lspet(folder: Path, most: int) -> Iterator[Person]:
    with np.load(folder / "lspet_joints.npz", allow_pickle=False) as stored:
        files, labels = stored["files"], stored["joints"].astype(float)
    order = [_LSP.index(name) for name in JOINTS]
    for i in np.random.default_rng(0).permutation(len(files))[:most]:
        points = np.where(labels[i, order, 2:] > 0, labels[i, order, :2], np.nan)
        if np.isfinite(points[:, 0]).sum() >= 8:
            low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
            margin = 0.08 * (high - low).max()
            yield _picture(folder / "lspet" / f"{files[i]}.webp"), points, np.r_[low - margin, high + margin]


def _picture(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    if picture is None:
        raise FileNotFoundError(f"{path} is missing or no picture")
    return np.ascontiguousarray(picture[..., ::-1])


def compare(people: list[Person], network: str) -> str:
    """A line a kind of joint."""
    pose = load_pose2d(network)
    errors, scores = [], []
    for picture, label, box in people:
        joints, score = pose.predict(picture, [pose.region_from_box(box)])
        if pose.presence[0] < 0.5 or not np.isfinite(height := _stature(label)):
            continue
        joints, score = pose.predict(picture, [pose.region(joints[0], score[0])])
        errors.append(_unswapped(joints[0, _HALPE], label) / height)
        scores.append(score[0, _HALPE])
    length, score = np.array(errors), np.array(scores)
    table = read_errors().length
    lines = [f"{len(length)} of {len(people)} people seen; scores {_SCORES[:-1]} and more"]
    for name in _LIMBS:
        own = [kind(j) == name for j in JOINTS]
        cells = []
        for low, high in pairwise(_SCORES):
            at = np.isfinite(length[:, own]) & (score[:, own] >= low) & (score[:, own] < high)
            if at.sum() < _FEWEST:
                cells.append(f"{'-':>22}")
                continue
            sure = torch.from_numpy(score[:, own][at]).clamp(1e-4, 1 - 1e-4).logit()
            row = torch.full(sure.shape, KINDS.index(name))
            real = np.quantile(length[:, own][at], (0.5, 0.9))
            model = [
                float(error_length(table, row, sure, torch.full_like(sure, x)).median()) for x in (1.18, 2.15)
            ]
            numbers = " ".join(f"{1000 * a:3.0f}/{1000 * b:3.0f}" for a, b in zip(real, model, strict=True))
            cells.append(f"{at.sum():5d}: {numbers}")
        lines.append(f"{name:9}" + " ".join(cells))
    return "\n".join(lines)


def _stature(label: np.ndarray) -> float:
    """px: of the bones' lengths, each by its share of stature, the upper quartile; NaN for under four."""
    found = []
    for side in "RL":
        for one, other, share in _BONES:
            bone = label[JOINTS.index(side + one)] - label[JOINTS.index(side + other)]
            found.append(float(np.linalg.norm(bone)) / share)
    known = np.array(found)[np.isfinite(found)]
    return float(np.quantile(known, 0.75)) if len(known) >= 4 else np.nan


def _unswapped(joints: np.ndarray, label: np.ndarray) -> np.ndarray:
    """(12,) px; arms or legs whose sides the detector or the label exchanged count put right."""
    straight = np.linalg.norm(joints - label, axis=-1)
    crossed = np.linalg.norm(joints[_MIRROR] - label, axis=-1)
    result = straight.copy()
    for limbs in (_LIMBS[:3], _LIMBS[3:]):
        own = np.array([j[1:] in limbs for j in JOINTS])
        if np.nansum(crossed[own]) < 0.5 * np.nansum(straight[own]):
            result[own] = crossed[own]
    return result


if __name__ == "__main__":
    main()

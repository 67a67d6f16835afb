"""People of COCO 2017 (Lin et al., ECCV 2014) as crops: photos and annotations in COCO's own format in a tar.

The archive holds `.../person_keypoints.json` and `.../images/FILE`. These people are measured on, never
trained on: packs call them "test".
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from blender_pose3d.skeleton import COCO_17

from ...errors import BadInput
from ..packs import LONGEST_SIDE, PackWriter, decode, encode
from .labelled import JOINTS, Photos, members, write_rows

ENLARGE = 1.5
_ANNOTATIONS = "person_keypoints.json"
_HIDDEN, _SEEN = 1, 2
_LEAST = 8.0  # px of a box


def read_coco(path: Path | str) -> Photos:
    """Every person with keypoints, cropped to 1.5 times the box, at most 320 px; hidden joints are known too.

    Raises BadInput for a file that is missing, damaged or another archive.
    """
    path = Path(path)
    content = {PurePosixPath(name).name: data for name, data in members(path)}
    try:
        table = json.loads(content[_ANNOTATIONS])
        names = {image["id"]: str(image["file_name"]) for image in table["images"]}
        people = [p for p in (_person(a, names) for a in table["annotations"]) if p is not None]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(
            f"{path} is no archive of COCO people: {_ANNOTATIONS} is missing or damaged."
        ) from error
    rows = [_cropped(content, *person) for person in people]
    if not rows:
        raise BadInput(f"{path} holds nobody with keypoints.")
    ids, data, joints, known, visible, box = zip(*rows, strict=True)
    return Photos(
        "coco", list(ids), list(data), np.stack(joints), np.stack(known), np.stack(visible), np.stack(box)
    )


_Labelled = tuple[str, str, np.ndarray, np.ndarray]
"""The photo's file, the person's name, keypoints (17, 3) and box (4,) x0 y0 x1 y1, px of the photo."""


def _person(annotation: dict[str, Any], names: dict[Any, str]) -> _Labelled | None:
    points = np.array(annotation["keypoints"], np.float64).reshape(len(COCO_17), 3)
    x, y, width, height = (float(v) for v in annotation["bbox"])
    if annotation.get("iscrowd") or not (points[:, 2] > 0).any() or min(width, height) < _LEAST:
        return None
    file = names[annotation["image_id"]]
    name = f"{PurePosixPath(file).stem}-{annotation['id']}"
    return file, name, points, np.array([x, y, x + width, y + height])


def _cropped(
    content: dict[str, bytes], file: str, name: str, points: np.ndarray, box: np.ndarray
) -> tuple[str, bytes, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    if file not in content:
        raise BadInput(f"The archive lacks the photo {file}.")
    picture, corner, scale = crop_person(decode(content[file], file), box)
    joints = np.full((JOINTS, 2), np.nan)
    known = np.zeros(JOINTS, bool)
    visible = np.zeros(JOINTS, bool)
    count = len(COCO_17)
    known[:count], visible[:count] = points[:, 2] >= _HIDDEN, points[:, 2] >= _SEEN
    # COCO's annotations count from the corner of the picture, keypoints lie in the middle of their pixel
    joints[:count] = (points[:, :2] - corner + 0.5) * scale - 0.5
    joints[~known] = np.nan
    return name, encode(picture), joints, known, visible, (box - np.tile(corner, 2)) * np.tile(scale, 2)


def crop_person(
    picture: np.ndarray, box: np.ndarray, enlarge: float = ENLARGE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A person's surroundings out of an (H, W, 3) picture, within it, at most 320 px a side.

    Returns the crop, its corner (2,) in the picture and the scale (2,) in x and y: px from the crop's
    corner are (px from the picture's corner - corner) * scale.
    """
    import cv2

    height, width = picture.shape[:2]
    middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    half = np.maximum(half, 0.5 * half.max()) * enlarge
    low = np.clip(np.floor(middle - half), 0, [width - 1, height - 1]).astype(int)
    high = np.clip(np.ceil(middle + half), low + 1, [width, height]).astype(int)
    part = picture[low[1] : high[1], low[0] : high[0]]
    shrink = min(1.0, LONGEST_SIDE / max(part.shape[:2]))
    size = np.maximum(np.round((high - low) * shrink), 1).astype(int)
    if shrink < 1:
        part = cv2.resize(part, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(part), low.astype(np.float64), size / (high - low)


def pack_coco(archive: Path, out: Path) -> dict[str, object]:
    """Write OUT/coco-*.npz, every person "test"; how many there are. Raises BadInput as read_coco does."""
    people = read_coco(archive)
    with PackWriter(out, "coco") as writer:
        write_rows(writer, people, people.known.astype(np.float32), "test")
    return {"people": len(people), "pieces": {path.name: path.stat().st_size for path in writer.pieces}}

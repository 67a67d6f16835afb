"""COCO's keypoint benchmark by its own tool: average precision and recall by keypoint similarity."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from blender_pose3d.skeleton import COCO_17, HALPE_26

from ..errors import BadInput, EngineError
from .pose2d_look import Found, Seen
from .pose2d_metrics import Labels
from .pose2d_sets import Files, PeopleSet

FIGURES = ("AP", "AP50", "AP75", "AP M", "AP L", "AR", "AR50", "AR75", "AR M", "AR L")
"""In the order in which the tool gives them; in percent here."""
_COUNTED = (
    0.2  # joints from this score on make up a pose's score (Xiao et al., ECCV 2018, and HRNet after it)
)
_K = len(COCO_17)
_NEEDED = {
    "images": ("id", "file_name"),
    "annotations": ("image_id", "category_id", "bbox", "keypoints", "num_keypoints", "iscrowd", "area", "id"),
    "categories": ("id", "name"),
}


@dataclass(frozen=True)
class CocoSet:
    """content: annotations as in the file, of people only. image_ids: (M,), of the set's pictures."""

    people: PeopleSet
    content: dict[str, Any]
    image_ids: np.ndarray

    @property
    def annotated(self) -> np.ndarray:
        """(N,) image id of each person."""
        return self.image_ids[self.people.picture]


def read_coco(pictures: Path, annotations: Path | None = None, limit: int | None = None) -> CocoSet:
    """A data set in COCO's format: a tar or folder of pictures, and annotations from it or beside it.

    People count that are no crowd and have a keypoint; limit: pictures at most. Raises BadInput for a file
    that is no COCO annotation of keypoints, a damaged tar, a picture that is missing.
    """
    files = Files(pictures)
    content = _content(files, annotations)
    people = {c["id"] for c in content["categories"] if c["name"] == "person"}
    content["annotations"] = [a for a in content["annotations"] if a["category_id"] in people]
    labelled = [a for a in content["annotations"] if a["num_keypoints"] > 0 and not a["iscrowd"]]
    shown = {a["image_id"] for a in labelled}
    images = [image for image in content["images"] if image["id"] in shown][:limit]
    place = {image["id"]: n for n, image in enumerate(images)}
    labelled = [a for a in labelled if a["image_id"] in place]
    if not labelled:
        raise BadInput(f"The annotations of {pictures} hold no person with keypoints on a picture of theirs.")
    _check_there(files, [image["file_name"] for image in images])
    content["images"] = images
    content["annotations"] = [a for a in content["annotations"] if a["image_id"] in place]
    points = np.array([a["keypoints"] for a in labelled], np.float64).reshape(-1, _K, 3)
    joints = np.full((len(labelled), len(HALPE_26), 2), np.nan)
    joints[:, :_K] = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
    visible = np.zeros(joints.shape[:2], bool)
    visible[:, :_K] = points[..., 2] > 1
    corner = np.array([a["bbox"] for a in labelled], np.float64)
    people_set = PeopleSet(
        name="coco",
        ids=np.array([f"{a['image_id']}-{a['id']}" for a in labelled]),
        picture=np.array([place[a["image_id"]] for a in labelled]),
        pictures=tuple(partial(files.picture, i["file_name"]) for i in images),
        box=np.concatenate([corner[:, :2], corner[:, :2] + corner[:, 2:]], axis=1),
        labels=Labels(joints, visible, tuple(range(_K))),
        whole=True,
    )
    return CocoSet(people_set, content, np.array([image["id"] for image in images]))


def _content(files: Files, annotations: Path | None) -> dict[str, Any]:
    if annotations is None:
        inside = [name for name in files.names if name.endswith(".json")]
        inside = [name for name in inside if "keypoints" in name] or inside
        if not inside:
            raise BadInput(f"{files.path} holds no annotations.", "Name them with --coco-annotations.")
        source, data = f"{inside[0]} in {files.path}", files.read(inside[0])
    else:
        try:
            source, data = str(annotations), annotations.read_bytes()
        except OSError as error:
            raise BadInput(f"The annotations {annotations} cannot be read: {error.strerror}.") from error
    try:
        content = json.loads(data)
    except ValueError as error:
        raise BadInput(f"{source} is no JSON, or was cut off: {error}.") from error
    problem = _problem(content)
    if problem:
        raise BadInput(f"{source} is no annotation of keypoints in COCO's format: {problem}.")
    return content


def _problem(content: Any) -> str:
    if not isinstance(content, dict):
        return "it is a list, not images, annotations and categories"
    for part, keys in _NEEDED.items():
        rows = content.get(part)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return f"it has no {part}"
        lacking = [key for key in keys if any(key not in row for row in rows)]
        if part == "annotations" and lacking:
            # other categories have no keypoints in COCO's own files
            own = [row for row in rows if "keypoints" in row]
            lacking = [key for key in keys if not own or any(key not in row for row in own)]
            content[part] = own
        if lacking:
            return f"{part} lack {lacking[0]}"
    for row in content["annotations"]:
        try:
            shapes = np.shape(np.array(row["keypoints"], float)), np.shape(np.array(row["bbox"], float))
        except (TypeError, ValueError):
            return f"annotation {row['id']} holds other things than numbers"
        if shapes != ((3 * _K,), (4,)):
            return f"annotation {row['id']} has not {_K} keypoints and a box"
    return ""


def _check_there(files: Files, names: list[str]) -> None:
    """Before hours of work, not after them."""
    there = {name.rsplit("/", 1)[-1] for name in files.names}
    missing = [name for name in names if name.rsplit("/", 1)[-1] not in there]
    if missing:
        raise BadInput(f"{files.path} lacks {len(missing)} of {len(names)} pictures, the first {missing[0]}.")


def pose_score(score: np.ndarray, box_score: np.ndarray) -> np.ndarray:
    """(N,) from scores of joints (N, K) and of boxes (N,): the box's times the mean of sure joints."""
    counted = score >= _COUNTED
    mean = np.where(counted, score, 0).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return box_score * mean


def in_boxes(data: CocoSet, seen: Seen) -> dict[str, float | None]:
    """FIGURES in percent, with labelled boxes."""
    return benchmark(
        data, data.annotated, seen.joints, pose_score(seen.score[:, :_K], np.ones(len(seen.joints)))
    )


def found(data: CocoSet, people: Found) -> dict[str, float | None]:
    """FIGURES in percent, with people as the engine found them."""
    score = pose_score(people.score[:, :_K], people.box_score)
    return benchmark(data, data.image_ids[people.picture], people.joints, score)


def benchmark(
    data: CocoSet, image_ids: np.ndarray, joints: np.ndarray, score: np.ndarray
) -> dict[str, float | None]:
    """FIGURES in percent of D poses: image_ids (D,), joints (D, 26, 2) px, score (D,); by pycocotools.

    Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, and the benchmark's rules for
    keypoints. Raises EngineError where pycocotools is not installed.
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise EngineError(
            "COCO's benchmark needs the package pycocotools.", "Install it: pip install pycocotools."
        ) from error
    category = next(c["id"] for c in data.content["categories"] if c["name"] == "person")
    good = np.isfinite(joints[:, :_K]).all(axis=(1, 2))
    results = [
        {
            "image_id": int(image_ids[n]),
            "category_id": category,
            "keypoints": np.column_stack([joints[n, :_K], np.ones(_K)]).ravel().tolist(),
            "score": float(score[n]),
        }
        for n in np.flatnonzero(good)
    ]
    if not results:
        return dict.fromkeys(FIGURES, 0.0)
    with contextlib.redirect_stdout(io.StringIO()):  # the tool talks a lot
        truth = COCO()
        truth.dataset = {"info": {}, **data.content}
        truth.createIndex()
        run = COCOeval(truth, truth.loadRes(results), "keypoints")
        run.evaluate()
        run.accumulate()
        run.summarize()
    # the tool says -1 where nobody is of that size
    return {
        name: None if value < 0 else round(100 * float(value), 2)
        for name, value in zip(FIGURES, run.stats, strict=True)
    }

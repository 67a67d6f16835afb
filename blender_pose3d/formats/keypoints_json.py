"""2D keypoints of others, as JSON; they are lifted by the engine.

==================  =====================================================================================
OpenPose            a file a frame, NAME_000000000000_keypoints.json: people, pose_keypoints_2d
COCO, AlphaPose     a list of detections: image_id, keypoints (x, y, score each), idx where it is known
COCO annotations    images (id, width, height), annotations (image_id, keypoints with flags 0, 1, 2)
MediaPipe           frames, a list of 33 landmarks each: x, y (0 to 1, or px), visibility
==================  =====================================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..skeleton import COCO_17, HALPE_26, Skeleton
from .frame_files import FRAME_FILE, frame_files, frame_of
from .motion_text import parsed
from .points import FormatError

_BODY_25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel",
    "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip
_OPENPOSE_18 = (*_BODY_25[:8], *_BODY_25[9:19])
_WHOLE_BODY = (*COCO_17.joints, "left_big_toe", "left_small_toe", "left_heel",
               "right_big_toe", "right_small_toe", "right_heel")  # fmt: skip
_MEDIAPIPE = {
    0: "nose", 2: "left_eye", 5: "right_eye", 7: "left_ear", 8: "right_ear", 11: "left_shoulder",
    12: "right_shoulder", 13: "left_elbow", 14: "right_elbow", 15: "left_wrist", 16: "right_wrist",
    23: "left_hip", 24: "right_hip", 25: "left_knee", 26: "right_knee", 27: "left_ankle", 28: "right_ankle",
    29: "left_heel", 30: "right_heel", 31: "left_big_toe", 32: "right_big_toe",
}  # fmt: skip
# numbers of keypoints → our names in their order; further ones are hands and faces
_ORDERS: dict[int, tuple[str, ...]] = {
    17: COCO_17.joints,
    18: _OPENPOSE_18,
    25: _BODY_25,
    26: HALPE_26.joints,
    133: _WHOLE_BODY,
    136: HALPE_26.joints,
}
_MOST_FRAMES = 500_000
_Row = tuple[int, Any, int]
_RELATIVE = 3.0  # no coordinate beyond: they are parts of the picture, not pixels


@dataclass(frozen=True)
class Keypoints:
    """D detections of people in pictures.

    frame: (D,) int frame numbers. joints: (D, K, 2) px, or parts of the picture's size where ``relative``;
    NaN where there is none. score: (D, K) 0 to 1. track: (D,) number of the person, -1 where the file does
    not say. kind: who wrote it, as far as can be told. size: (width, height) px, and fps, where
    the file holds them.
    """

    frame: np.ndarray
    joints: np.ndarray
    score: np.ndarray
    track: np.ndarray
    skeleton: Skeleton
    kind: str
    relative: bool = False
    size: tuple[int, int] | None = None
    fps: float | None = None


def read_keypoints(path: str | Path) -> Keypoints:
    """Detections of a file; of OpenPose's files, all frames that lie beside the one that is named.

    Raises FormatError with one line for what is no keypoint file, is damaged, or shows nobody.
    """
    path = Path(path)
    try:
        if path.is_file() and FRAME_FILE.match(path.name):
            return _openpose(path)
        return _of_document(parsed(path), path.name)
    except FormatError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        reason = " ".join(str(error).split())[:80]
        raise FormatError(f"{path.name} is no keypoint file we know, or it is damaged ({reason}).") from error


def _openpose(path: Path) -> Keypoints:
    rows: list[_Row] = []
    for file in frame_files(path):
        rows += _openpose_people(parsed(file), frame_of(file))
    return _gathered(rows, "openpose", path.name)


def _openpose_people(held: Any, frame: int) -> list[_Row]:
    rows = []
    for person in held["people"]:
        number = person.get("person_id", [-1])
        number = number[0] if isinstance(number, list) and number else number
        rows.append(
            (frame, person["pose_keypoints_2d"], int(number) if isinstance(number, int | float) else -1)
        )
    return rows


def _of_document(held: Any, name: str) -> Keypoints:
    if isinstance(held, dict) and "annotations" in held:
        return _annotations(held, name)
    if isinstance(held, dict) and "people" in held:
        return _gathered(_openpose_people(held, 0), "openpose", name)
    if isinstance(held, list) and held and isinstance(held[0], dict) and "keypoints" in held[0]:
        kind = "alphapose" if "idx" in held[0] or "box" in held[0] else "coco"
        rows = [(_number(one["image_id"]), one["keypoints"], _track(one)) for one in held]
        return _gathered(rows, kind, name)
    frames = held.get("frames", held.get("landmarks")) if isinstance(held, dict) else held
    if isinstance(frames, list) and frames:
        return _mediapipe(frames, held if isinstance(held, dict) else {}, name)
    raise FormatError(f"{name} is no keypoint file we know: docs/formats.md shows those that are read.")


def _track(one: dict[str, Any]) -> int:
    number = one.get("idx", one.get("track_id", -1))
    return int(number) if isinstance(number, int | float) else -1


def _number(image: Any) -> int:
    """Frame number of an image id: a number, or the last digits of a file's name."""
    if isinstance(image, int):
        return image
    digits = re.findall(r"\d+", str(image).rsplit(".", 1)[0])
    if not digits:
        raise ValueError(f"image {str(image)[:30]!r} has no number")
    return int(digits[-1])


def _annotations(held: dict[str, Any], name: str) -> Keypoints:
    order = sorted(held["images"], key=lambda image: str(image.get("file_name", image["id"])))
    place = {image["id"]: number for number, image in enumerate(order)}
    people = [one for one in held["annotations"] if "keypoints" in one]
    rows = [(place[one["image_id"]], one["keypoints"], _track(one)) for one in people]
    first = order[0] if order else {}
    size = (int(first["width"]), int(first["height"])) if {"width", "height"} <= set(first) else None
    # flags: not labelled, hidden, seen
    return _gathered(rows, "coco", name, size=size, scale=0.5)


def _gathered(
    rows: list[_Row], kind: str, name: str, *, size: tuple[int, int] | None = None, scale: float = 1.0
) -> Keypoints:
    """Detections of flat lists x, y, score; all of one length, which tells the order of the joints."""
    if not rows:
        raise FormatError(f"{name} shows nobody.")
    lengths = {len(row[1]) for row in rows}
    if len(lengths) != 1:
        raise FormatError(f"{name} is damaged: its people have different numbers of keypoints.")
    count, rest = divmod(lengths.pop(), 3)
    order = _ORDERS.get(count)
    if order is None or rest:
        known = ", ".join(map(str, sorted(_ORDERS)))
        raise FormatError(
            f"{name} has {count} keypoints a person; known are sets of {known} (x, y, score each)."
        )
    values = np.array([row[1] for row in rows], dtype=np.float64).reshape(len(rows), count, 3)
    skeleton = COCO_17 if count == 17 else HALPE_26
    return _made(
        [row[0] for row in rows],
        values[:, : len(order)],
        order,
        skeleton,
        kind,
        tracks=[row[2] for row in rows],
        size=size,
        scale=scale,
    )


def _mediapipe(frames: list[Any], head: dict[str, Any], name: str) -> Keypoints:
    rows: list[list[list[float]]] = []
    numbers: list[int] = []
    for number, frame in enumerate(frames):
        for landmarks in _landmarks(frame):
            if len(landmarks) != 33:
                raise FormatError(
                    f"{name} has {len(landmarks)} landmarks in a frame; MediaPipe's pose has 33."
                )
            rows.append([[one["x"], one["y"], one.get("visibility", 1.0)] for one in landmarks])
            numbers.append(int(frame.get("frame", number)) if isinstance(frame, dict) else number)
    if not rows:
        raise FormatError(f"{name} shows nobody.")
    values = np.array(rows, dtype=np.float64)[:, list(_MEDIAPIPE)]
    size = (int(head["width"]), int(head["height"])) if {"width", "height"} <= set(head) else None
    fps = float(head["fps"]) if "fps" in head else None
    order = tuple(_MEDIAPIPE.values())
    nobody = [-1] * len(rows)
    return _made(numbers, values, order, HALPE_26, "mediapipe", tracks=nobody, size=size, fps=fps)


def _landmarks(frame: Any) -> list[Any]:
    """A frame's people, 33 landmarks each; MediaPipe gives one list, or a list of lists."""
    for word in ("pose_landmarks", "poseLandmarks", "landmarks", "landmark"):
        if isinstance(frame, dict) and word in frame:
            frame = frame[word]
    if not frame:
        return []
    return frame if isinstance(frame[0], list) else [frame]


def _made(
    numbers: list[int],
    values: np.ndarray,
    order: tuple[str, ...],
    skeleton: Skeleton,
    kind: str,
    *,
    tracks: list[int],
    size: tuple[int, int] | None,
    scale: float = 1.0,
    fps: float | None = None,
) -> Keypoints:
    frame = np.array(numbers, dtype=np.int64)
    if frame.max() - frame.min() >= _MOST_FRAMES:
        raise ValueError("its frame numbers lie too far apart")
    score = np.clip(np.nan_to_num(values[..., 2], posinf=0.0) * scale, 0.0, 1.0)
    known = np.isfinite(values).all(-1) & (score > 0)
    joints = np.full((len(values), len(skeleton), 2), np.nan)
    scores = np.zeros((len(values), len(skeleton)))
    at = [skeleton.index(joint) for joint in order]
    joints[:, at] = np.where(known[..., None], values[..., :2], np.nan)
    scores[:, at] = np.where(known, score, 0.0)
    seen = known.any(axis=1)
    if not seen.any():
        raise ValueError("no keypoint has a score above 0")
    relative = bool(np.nanmax(np.abs(joints)) <= _RELATIVE)
    kept = joints[seen], scores[seen], np.array(tracks, dtype=np.int64)[seen]
    return Keypoints(frame[seen], *kept, skeleton, kind, relative, size, fps)

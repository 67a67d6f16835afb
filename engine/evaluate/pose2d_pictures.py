"""The worst poses to look at: contact sheets of photos with the prediction over the labels.

The sheets show the photos they were made of: they are for whoever measures and are never passed on.
"""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np

from blender_pose3d.skeleton import HALPE_26

from ..draw import LEFT, MIDDLE, RIGHT, draw_person
from ..errors import BadInput
from .pose2d import worst
from .pose2d_look import Seen
from .pose2d_sets import PeopleSet

TILE, COLUMNS = 240, 10
_AROUND = 1.3  # the box, enlarged, fills a tile
_LINE = 16  # px for the text under a picture
_TRUTH = (60, 235, 90)  # RGB, round a label and from it to the predicted joint
_WHITE = (235, 235, 235)


def contact_sheet(people: PeopleSet, seen: Seen, count: int = 100) -> np.ndarray:
    """(H, W, 3) uint8 RGB: the `count` people with the largest errors, worst first, ten a row.

    Left is warm, right is cool, as in previews; labels are dots in green rings, each joined to the predicted
    joint by a thin green line. Under each stand its place in the order, its error in hundredths of the torso
    (100: nothing right) and its id.
    """
    rows, error = worst(people, seen, count)
    lines = -(-max(len(rows), 1) // COLUMNS)
    sheet = np.full((lines * (TILE + _LINE), min(max(len(rows), 1), COLUMNS) * TILE, 3), 24, np.uint8)
    for place, row in enumerate(rows):
        y, x = place // COLUMNS * (TILE + _LINE), place % COLUMNS * TILE
        image = people.pictures[people.picture[row]]()
        sheet[y : y + TILE, x : x + TILE] = _tile(image, people, seen, int(row))
        text = f"{place + 1}  {100 * error[row]:.0f}  {people.ids[row]}"
        cv2.putText(
            sheet, text, (x + 4, y + TILE + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _WHITE, 1, cv2.LINE_AA
        )
    return sheet


def _tile(image: np.ndarray, people: PeopleSet, seen: Seen, row: int) -> np.ndarray:
    box = people.box[row]
    side = max(float((box[2:] - box[:2]).max()) * _AROUND, 2.0)
    scale, corner = TILE / side, (box[:2] + box[2:] - side) / 2
    matrix = np.column_stack([np.eye(2) * scale, -corner * scale])
    tile = cv2.warpAffine(image, matrix, (TILE, TILE), flags=cv2.INTER_LINEAR, borderValue=(24, 24, 24))
    tile = np.ascontiguousarray(tile)
    joints, labels = (seen.joints[row] - corner) * scale, (people.labels.joints[row] - corner) * scale
    draw_person(tile, joints, seen.score[row], HALPE_26)
    for name, joint, label in zip(HALPE_26.joints, joints, labels, strict=True):
        if not np.isfinite(label).all():
            continue
        at = _point(label)
        if np.isfinite(joint).all():
            cv2.line(tile, at, _point(joint), _TRUTH, 1, cv2.LINE_AA)
        cv2.circle(tile, at, 4, _TRUTH, 1, cv2.LINE_AA)
        colour = {"left": LEFT, "right": RIGHT}.get(name.split("_")[0], MIDDLE)
        cv2.circle(tile, at, 2, colour, -1, cv2.LINE_AA)
    return tile


def _point(place: np.ndarray) -> tuple[int, int]:
    x, y = np.clip(place, -1e4, 1e4).round().astype(int).tolist()
    return x, y


def save_sheet(folder: Path, network: str, people: PeopleSet, seen: Seen, count: int = 100) -> Path:
    """Write the sheet of a network and a set into a folder, which is made. Raises BadInput if it cannot."""
    path = folder / f"worst-{_plain(people.name)}-{_plain(network)}.jpg"
    done, data = cv2.imencode(".jpg", contact_sheet(people, seen, count)[..., ::-1])
    if not done:
        raise BadInput(f"{path} cannot be written: the sheet is too large.")
    part = path.with_name(path.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data.tobytes())
        part.replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
    return path


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)

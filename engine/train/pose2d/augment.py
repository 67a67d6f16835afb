"""A person of a pack as the network is to see them: turned, scaled, mirrored, cut short, hidden, compressed.

Geometry and pixels of one picture at a time, on the processor. What is done to colours is in colour.py, since
it can be done to whole batches on the device.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from blender_pose3d.skeleton import HALPE_26

from ...pose2d import crop
from ...pose2d.base import Region
from ..packs import Person
from .config import AugmentConfig

_OF_LEGS = ("hip", "knee", "ankle", "toe", "heel")
_LOWER = np.array([name.endswith(_OF_LEGS) for name in HALPE_26.joints])
_LEAST_JOINTS = 5  # of a half, to make it a crop of its own
_HALF_MARGIN = 0.3  # of the extent of a half's joints, for the flesh round them
_PASTED = (0.15, 0.45)  # sides of what is pasted, of the longer side of the input
_BORDERS = (cv2.BORDER_CONSTANT, cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE)
_JPEG_QUALITY = (15, 75)


@dataclass(frozen=True)
class Shown:
    """picture: (H, W, 3) uint8 RGB. joints: (26, 2) px of it, HALPE_26, (0, 0) the first pixel's centre.
    weight: (26,) trust, 0 where unknown. visible: (26,) bool."""

    picture: np.ndarray
    joints: np.ndarray
    weight: np.ndarray
    visible: np.ndarray


def plain(person: Person, size: tuple[int, int]) -> Shown:
    """A person as they are shown when the network is used: their box, padded. size: (width, height)."""
    affine = crop.crop_to_image(crop.region_from_box(person.box, size[0] / size[1]), size)
    return _shown(person, affine, size, cv2.BORDER_CONSTANT)


def augmented(
    person: Person,
    size: tuple[int, int],
    settings: AugmentConfig,
    rng: np.random.Generator,
    other: np.ndarray,
) -> Shown:
    """A person drawn anew. other: (h, w, 3) uint8, any picture to paste from. size: (width, height)."""
    region = _region(person, size[0] / size[1], settings, rng)
    affine = crop.crop_to_image(region, size)
    mirrored = rng.random() < 0.5
    if mirrored:
        affine = affine @ np.array([[-1.0, 0, size[0] - 1], [0, 1, 0], [0, 0, 1]])
    shown = _shown(person, affine, size, _BORDERS[rng.integers(len(_BORDERS))])
    joints, weight, visible = shown.joints, shown.weight, shown.visible
    if mirrored:
        joints, weight, visible = (a[HALPE_26.mirror] for a in (joints, weight, visible))
    picture = shown.picture
    if rng.random() < settings.paste:
        picture, hidden = _pasted(picture, joints, other, rng)
        visible = visible & ~hidden
    if rng.random() < settings.jpeg:
        picture = _compressed(picture, int(rng.integers(*_JPEG_QUALITY)))
    return Shown(picture, joints, weight, visible)


def _region(person: Person, aspect: float, settings: AugmentConfig, rng: np.random.Generator) -> Region:
    box = _half_body(person, rng) if rng.random() < settings.half_body else person.box
    region = crop.region_from_box(box, aspect)
    scale = np.exp(rng.uniform(np.log(settings.smallest), np.log(settings.largest)))
    turn = np.radians(rng.uniform(-settings.rotation, settings.rotation))
    angle = turn if rng.random() < settings.rotated else 0.0
    shift = rng.uniform(-settings.shift, settings.shift, 2) * (box[2:] - box[:2])
    return Region(region.centre + shift, region.size / scale, angle)


def _half_body(person: Person, rng: np.random.Generator) -> np.ndarray:
    """A box (4,) round the upper or the lower body; the whole person's where too little of it is known."""
    half = person.known & (_LOWER if rng.random() < 0.3 else ~_LOWER)
    if half.sum() < _LEAST_JOINTS:
        return person.box
    low, high = person.joints[half].min(axis=0), person.joints[half].max(axis=0)
    margin = _HALF_MARGIN * (high - low).max() / 2
    return np.concatenate([low - margin, high + margin])


def _shown(person: Person, affine: np.ndarray, size: tuple[int, int], border: int) -> Shown:
    inverse = cv2.invertAffineTransform(affine)
    joints = crop.transform(inverse, person.joints.astype(np.float64)).astype(np.float32)
    weight = np.where(person.known, person.weight, 0).astype(np.float32)
    picture = crop.resample(person.picture, affine, size, border)
    return Shown(picture, joints, weight, person.visible & person.known)


def _pasted(
    picture: np.ndarray, joints: np.ndarray, other: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """An ellipse or a box of another picture over a joint (Sarandi et al., 2018); which joints it hides."""
    height, width = picture.shape[:2]
    sides = np.maximum(rng.uniform(*_PASTED, 2) * max(height, width), 2).astype(int)
    centre = joints[rng.integers(len(joints))] + rng.normal(0, 0.05 * width, 2)
    mask = np.zeros((height, width), np.uint8)
    place = tuple(int(v) for v in np.clip(centre, -width, 2 * height))
    if rng.random() < 0.5:
        cv2.ellipse(mask, place, tuple(int(s) for s in sides // 2), rng.uniform(0, 180), 0, 360, 1, -1)
    else:
        corner = (place[0] + int(sides[0]), place[1] + int(sides[1]))
        cv2.rectangle(mask, (place[0] - int(sides[0]), place[1] - int(sides[1])), corner, 1, -1)
    if rng.random() < 0.3:
        filling = np.broadcast_to(rng.integers(0, 256, 3).astype(np.uint8), picture.shape)
    else:
        filling = cv2.resize(other, (width, height), interpolation=cv2.INTER_AREA)
    covered = mask.astype(bool)
    cell = np.round(joints).astype(int)
    inside = ((cell >= 0) & (cell < [width, height])).all(axis=1)
    x, y = np.clip(cell[:, 0], 0, width - 1), np.clip(cell[:, 1], 0, height - 1)
    return np.where(covered[..., None], filling, picture), covered[y, x] & inside


def _compressed(picture: np.ndarray, quality: int) -> np.ndarray:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR) if done else picture

"""From a person's box to the picture a network sees, and back.

HRNet's authors describe a crop by its centre (px) and its scale: width and height in units of 200 px, grown
to the input's aspect and by a padding of 1.25 (Sun et al., CVPR 2019, section 4.1: the box is extended to
height : width = 4 : 3). Here that crop is a Region. Coordinates are those of pixel centres in both pictures:
the crop's (0, 0) is the region's corner, its (width, height) the opposite one.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..partly import Image, warped
from .base import Region

SCALE_UNIT = 200.0
"""Pixels; the authors' unit of scale."""
PADDING = 1.25
FINEST = 8  # samples along a pixel's side, at most
_SMALLEST = 2.0  # px; a person whose box has no extent still needs a crop that can be inverted


def region_from_box(box: np.ndarray, aspect: float = 3 / 4, padding: float = PADDING) -> Region:
    """The upright region round a box (4,) x0 y0 x1 y1 px: grown to aspect = width / height, then padded."""
    x0, y0, x1, y1 = np.asarray(box, dtype=np.float64)
    size = np.maximum([x1 - x0, y1 - y0], _SMALLEST)
    return Region(np.array([(x0 + x1) / 2, (y0 + y1) / 2]), _grow(size, aspect) * padding)


def with_aspect(region: Region, aspect: float) -> Region:
    """The smallest region of that aspect (width / height) that holds the given one; same centre and angle."""
    return Region(region.centre, _grow(np.maximum(region.size, _SMALLEST), aspect), region.angle)


def _grow(size: np.ndarray, aspect: float) -> np.ndarray:
    return np.array([max(size[0], size[1] * aspect), max(size[1], size[0] / aspect)])


def centre_and_scale(region: Region) -> tuple[np.ndarray, np.ndarray]:
    """A region as the authors write it: centre (2,) px, scale (2,) in units of 200 px."""
    return np.asarray(region.centre, float), np.asarray(region.size, float) / SCALE_UNIT


def region_from_centre_and_scale(centre: np.ndarray, scale: np.ndarray, angle: float = 0.0) -> Region:
    """The inverse of centre_and_scale; angle in radians."""
    return Region(np.asarray(centre, float), np.asarray(scale, float) * SCALE_UNIT, angle)


def crop_to_image(region: Region, size: tuple[int, int]) -> np.ndarray:
    """(2, 3) affine from px of a crop of `size` (width, height) to px of the image.

    The crop's middle is the region's centre; a region tilted clockwise stands upright in the crop.
    """
    cos, sin = np.cos(region.angle), np.sin(region.angle)
    linear = np.array([[cos, -sin], [sin, cos]]) * (np.asarray(region.size, float) / np.array(size))
    middle = np.array(size) / 2
    return np.column_stack([linear, np.asarray(region.centre, float) - linear @ middle])


def image_to_crop(region: Region, size: tuple[int, int]) -> np.ndarray:
    """(2, 3) affine, the inverse of crop_to_image."""
    return cv2.invertAffineTransform(crop_to_image(region, size))


def transform(affine: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (..., 2) through an affine (2, 3), or a batch of them (N, 2, 3) with points (N, ..., 2)."""
    extra = points.ndim - affine.ndim
    affine = affine.reshape(*affine.shape[:-2], *(1,) * (extra + 1), 2, 3)
    return (affine[..., :2] @ points[..., None])[..., 0] + affine[..., 2]


def resample(
    image: Image, affine: np.ndarray, size: tuple[int, int], border: int = cv2.BORDER_CONSTANT
) -> np.ndarray:
    """A crop of `size` (width, height) from an (H, W, 3) uint8 image; black outside or as `border` says.

    affine: (2, 3) from px of the crop to px of the image. Where that shrinks the image to less than half, the
    mean over what becomes a pixel is taken, so that small inputs do not flicker with what falls between.
    """
    fine = int(np.clip(np.sqrt(abs(np.linalg.det(affine[:, :2]))), 1, FINEST))
    if fine == 1:
        return warped(image, affine, size, border)
    linear = affine[:, :2] / fine
    offset = affine[:, 2] - linear.sum(axis=1) * (fine - 1) / 2
    fine_affine, fine_size = np.column_stack([linear, offset]), (size[0] * fine, size[1] * fine)
    large = warped(image, fine_affine, fine_size, border)
    return cv2.resize(large, size, interpolation=cv2.INTER_AREA)


def cut(image: Image, region: Region, size: tuple[int, int]) -> np.ndarray:
    """The region of an (H, W, 3) uint8 image as a crop of `size` (width, height); black outside the image."""
    return pick(image, crop_to_image(region, size), size)


def pick(image: Image, affine: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A crop of `size` (width, height), each pixel from its own place in the image; black outside the image.

    affine: (2, 3) from px of the crop to px of the image.
    """
    return warped(image, affine, size)

"""Crops of people cut out on the device, of any pictures together: only the windows round people go there.

The same crops as crop.py's by OpenCV, but not rounded to whole grey levels, and with places in the picture to
1e-3 px where OpenCV takes the nearest 32nd of one. What must be known before (which windows, how fine) is
NumPy on the processor, so that nothing here waits for the device.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ..partly import Image
from . import crop
from .crop import FINEST
from .hrnet_graph import DEVIATION, MEAN

_SAMPLES = 1 << 21  # looked up at once, with some 200 MB of indices and weights


@dataclass(frozen=True)
class Windows:
    """Where crops lie in the pixels of their windows, all windows one after another.

    affine: (N, 2, 3) float32 from px of a crop to px of its window, both counted from the first pixel's
    middle. start: (N,) int64, a window's first pixel. size: (N, 2) int64, its width and height.
    """

    affine: Tensor
    start: Tensor
    size: Tensor

    def __getitem__(self, rows: slice) -> Windows:
        return Windows(self.affine[rows], self.start[rows], self.size[rows])

    def to(self, device: torch.device) -> Windows:
        """The same on a device, not waited for."""
        return Windows(*(sent(values, device) for values in (self.affine, self.start, self.size)))


def window(shape: tuple[int, ...], affine: np.ndarray, size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a picture (H, W, ...) that a crop of `size` (width, height) is made of.

    affine: (2, 3) from px of the crop to px of the picture. One pixel where the crop shows none.
    """
    right, below = size[0] - 0.5, size[1] - 0.5
    corners = np.array([[-0.5, -0.5], [right, -0.5], [-0.5, below], [right, below]])
    places = crop.transform(affine, corners)
    most = np.array([shape[1], shape[0]])
    low = np.clip(np.floor(places.min(axis=0)) - 1, 0, most).astype(int)
    high = np.clip(np.ceil(places.max(axis=0)) + 2, 0, most).astype(int)
    if (high <= low).any():
        return slice(0, 1), slice(0, 1)
    return slice(low[1], high[1]), slice(low[0], high[0])


def packed(
    where: Sequence[tuple[Image, np.ndarray]], size: tuple[int, int], pin: bool = False
) -> tuple[Tensor, Windows]:
    """Pixels (M, 3) uint8 of the windows of all crops, and where each crop lies in them, on the processor.

    where: picture (H, W, 3) uint8, of which no more than its window is read, and affine (2, 3) of each crop.
    pin: into memory that a GPU reads by itself; torch lends it to nobody else before the copy is done.
    """
    cuts = [window(image.shape, affine, size) for image, affine in where]
    views = [image[rows, columns] for (image, _), (rows, columns) in zip(where, cuts, strict=True)]
    ends = np.cumsum([view.shape[0] * view.shape[1] for view in views])
    pixels = torch.empty((int(ends[-1]), 3), dtype=torch.uint8, pin_memory=pin)
    for view, part in zip(views, np.split(pixels.numpy(), ends[:-1]), strict=True):
        part.reshape(view.shape)[:] = view
    affines = np.stack([affine for _, affine in where]).astype(np.float64)
    affines[..., 2] -= [(columns.start, rows.start) for rows, columns in cuts]
    sizes = np.array([(view.shape[1], view.shape[0]) for view in views])
    starts = np.concatenate([[0], ends[:-1]])
    return pixels, Windows(
        torch.from_numpy(affines.astype(np.float32)), torch.from_numpy(starts), torch.from_numpy(sizes)
    )


def sent(values: Tensor, device: torch.device) -> Tensor:
    """The same on a device. A copy to CUDA that is to be waited for later must begin in pinned memory."""
    if device.type != "cuda":
        return values.to(device)
    return (values if values.is_pinned() else values.pin_memory()).to(device, non_blocking=True)


def finenesses(affines: np.ndarray, smooth: bool) -> np.ndarray:
    """(N,) int: samples along a pixel's side for affines (N, 2, 3), as crop.resample takes them; 1 where
    pixels are picked out."""
    if not smooth:
        return np.ones(len(affines), int)
    return np.clip(np.sqrt(np.abs(np.linalg.det(affines[..., :2]))), 1, FINEST).astype(int)


def cut(pixels: Tensor, where: Windows, size: tuple[int, int], fine: np.ndarray) -> Iterator[Tensor]:
    """Crops (n, 3, h, w) float32, 0 to 255, channels last, some at a time; black outside a picture.

    pixels, where: as `packed` makes them, on one device. fine: (N,) samples along a pixel's side, averaged;
    what has the same fineness is quickest in a row.
    """
    begin = 0
    while begin < len(fine):
        factor = int(fine[begin])
        most = max(1, _SAMPLES // (size[0] * size[1] * factor**2))
        same = int(np.argmax(np.append(fine[begin:] != factor, True)))
        end = begin + min(same, most)
        yield _cut(pixels, where[begin:end], size, factor)
        begin = end


def _cut(pixels: Tensor, where: Windows, size: tuple[int, int], fine: int) -> Tensor:
    width, height = size
    linear = where.affine[..., :2] / fine
    offset = where.affine[..., 2] - linear.sum(-1) * (fine - 1) / 2
    places = _places(width * fine, height * fine, pixels.device) @ linear.transpose(-1, -2) + offset[:, None]
    found = _between(pixels, where, places)
    grid = found.view(-1, height, fine, width, fine, 3)
    return (grid.mean((2, 4)) if fine > 1 else grid.view(-1, height, width, 3)).permute(0, 3, 1, 2)


def _between(pixels: Tensor, where: Windows, places: Tensor) -> Tensor:
    """(N, S, 3) float32 at places (N, S, 2) px of the windows, bilinear, black outside."""
    corner = places.floor()
    right, below = (places - corner).unbind(-1)
    x, y = corner.long().unbind(-1)
    width, height = (side[:, None] for side in where.size.unbind(-1))
    total = None
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        column, row = x + dx, y + dy
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        at = where.start[:, None] + torch.minimum(row.clamp_min(0), height - 1) * width
        at = at + torch.minimum(column.clamp_min(0), width - 1)
        weight = (right if dx else 1 - right) * (below if dy else 1 - below) * inside
        part = pixels[at] * weight[..., None]
        total = part if total is None else total.add_(part)
    return total


@cache
def _places(width: int, height: int, device: torch.device) -> Tensor:
    """(S, 2) x, y of every pixel, row by row."""
    y, x = torch.meshgrid(
        torch.arange(height, device=device, dtype=torch.float32),
        torch.arange(width, device=device, dtype=torch.float32),
        indexing="ij",
    )
    return torch.stack([x, y], dim=-1).view(-1, 2)


def normalised(crops: Tensor) -> Tensor:
    """(..., 3, h, w) for the network from crops of 0 to 255."""
    mean, deviation = _levels(crops.device)
    return (crops - mean) / deviation


@cache
def _levels(device: torch.device) -> tuple[Tensor, Tensor]:
    """Kept, since making them would wait for the device each time."""
    mean, deviation = (torch.tensor(values).view(3, 1, 1) * 255 for values in (MEAN, DEVIATION))
    return mean.to(device), deviation.to(device)

"""Photographs for behind people and for their clothes, as one array of squares."""

from __future__ import annotations

import json
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...errors import BadInput

_SUFFIXES = {".webp", ".jpg", ".jpeg", ".png"}
_SAVED = 100  # photographs, between which the cache is written
_SURE = 0.25  # of the person detector, low: a photo too many dropped costs nothing


def read_photos(source: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Names and pictures (H, W, 3) uint8 RGB of a folder (searched deeply) or a tar archive, by name.

    Raises BadInput where there is no such thing, it holds no pictures, or one of them is damaged.
    """
    files = _tar_files(source) if source.is_file() else _folder_files(source)
    empty = True
    for name, data in files:
        empty = False
        yield name, _decode(data, f"{name} of {source}")
    if empty:
        raise BadInput(f"{source} holds no pictures.", "JPEG, PNG and WebP are read.")


def _decode(data: bytes, name: str) -> np.ndarray:
    from ..packs import decode

    return decode(data, name)


def _folder_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    if not folder.is_dir():
        raise BadInput(f"There is no folder or archive {folder}.")
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _tar_files(archive: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(archive) as tar:
            members = sorted((m for m in tar if m.isfile()), key=lambda m: m.name)
            for member in members:
                file = tar.extractfile(member) if Path(member.name).suffix.lower() in _SUFFIXES else None
                if file is not None:
                    yield member.name, file.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BadInput(f"{archive} is no tar archive, or a damaged one.") from error


def squares(pictures: Iterator[np.ndarray], side: int, middle: float = 1.0) -> Tensor:
    """(G, side, side, 3) uint8: the middle of each picture, as a square of this share of its shorter side."""
    import cv2

    made = []
    for picture in pictures:
        height, width = picture.shape[:2]
        edge = max(round(middle * min(height, width)), 1)
        top, left = (height - edge) // 2, (width - edge) // 2
        cut = picture[top : top + edge, left : left + edge]
        made.append(cv2.resize(cut, (side, side), interpolation=cv2.INTER_AREA))
    return torch.from_numpy(np.stack(made))


def load_backgrounds(source: Path, side: int = 240, cache: Path | None = None) -> Tensor:
    """(G, side, side, 3) uint8 photographs in which the person detector finds nobody.

    cache: a JSON file that keeps who was found where, since looking takes minutes. Raises BadInput as
    read_photos, and where every photograph shows people; MissingWeights where the detector cannot be had.
    """
    photos = [picture for _, picture in read_photos(source)]
    crowded = _crowded(photos, cache)
    empty = [picture for picture, people in zip(photos, crowded, strict=True) if not people]
    if not empty:
        raise BadInput(f"Every photograph of {source} shows people.", "Name photographs of places.")
    return squares(iter(empty), side)


def _crowded(photos: list[np.ndarray], cache: Path | None) -> list[bool]:
    """Which photographs show people. What the cache knows is not looked at again."""
    found = _remembered(cache)
    keys = [f"{zlib.crc32(picture.tobytes()):08x}" for picture in photos]
    fresh = [row for row, key in enumerate(keys) if key not in found]
    if fresh:
        from ...pose2d.registry import load_detector

        detector = load_detector("cpu")
        for number, row in enumerate(fresh, 1):
            found[keys[row]] = bool((detector.detect(photos[row])[1] > _SURE).any())
            if cache is not None and (number % _SAVED == 0 or number == len(fresh)):
                cache.parent.mkdir(parents=True, exist_ok=True)
                part = cache.with_name(f".{cache.name}.part")
                part.write_text(json.dumps(found))
                part.replace(cache)
    return [found[key] for key in keys]


def _remembered(cache: Path | None) -> dict[str, bool]:
    if cache is None or not cache.is_file():
        return {}
    try:
        found = json.loads(cache.read_text("utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def load_garments(source: Path, side: int = 96) -> Tensor:
    """(G, side, side, 3) uint8: the middles of photographs of clothes, which are cloth for the most part.
    Raises BadInput as read_photos."""
    return squares((picture for _, picture in read_photos(source)), side, middle=0.5)

"""What a video file says of the lens it was filmed with: a focal length, as on 35 mm film.

Phones write it. FFmpeg hands on what stands at the top of a file; iPhones write it into the video track,
whose metadata FFmpeg passes over, so QuickTime's boxes are read here (QuickTime File Format: metadata).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

_DIAGONAL = 43.27  # mm, of 35 mm film's picture: what equivalent focal lengths are told by (CIPA DCG-001)
_SHORTEST, _LONGEST = 5.0, 1000.0  # mm; anything else is no lens
_LARGEST = 1 << 16  # bytes of a metadata box worth reading
_MOST_BOXES = 1000
# How numbers stand in a metadata item, by its type code; 1 is text.
_NUMBERS = {
    21: {1: ">b", 2: ">h", 4: ">i"}, 22: {1: ">B", 2: ">H", 4: ">I"}, 23: {4: ">f"}, 24: {8: ">d"},
    65: {1: ">b"}, 66: {2: ">h"}, 67: {4: ">i"}, 74: {8: ">q"},
    75: {1: ">B"}, 76: {2: ">H"}, 77: {4: ">I"}, 78: {8: ">Q"},
}  # fmt: skip


def focal_length(path: Path, tags: Iterable[Mapping[str, str]]) -> float | None:
    """Focal length in mm as on 35 mm film, None where the file does not say or says what cannot be.

    tags: of the container and its streams, as FFmpeg reads them.
    """
    named = [(key, value) for group in tags for key, value in group.items()]
    found = (_millimetres(value) for key, value in (*named, *_track_metadata(path)) if _is_focal_length(key))
    return next((value for value in found if value is not None), None)


def field_of_view(focal: float, width: int, height: int) -> float:
    """Degrees along the longer side of a picture of width x height px. focal: mm as on 35 mm film.

    Lenses are equivalent whose pictures' diagonals see the same angle.
    """
    longer = max(width, height) / math.hypot(width, height) * _DIAGONAL
    return math.degrees(2.0 * math.atan(0.5 * longer / focal))


def _is_focal_length(key: str) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", key.lower())
    return "focallength" in plain and "35" in plain


def _millimetres(value: str) -> float | None:
    """The number a text begins with, as 26, 26.0 mm or 52/2."""
    read = re.match(r"\s*(\d+(?:\.\d+)?)(?:\s*/\s*(\d+(?:\.\d+)?))?", value)
    if read is None or (read[2] and not float(read[2])):
        return None
    number = float(read[1]) / float(read[2] or 1)
    return number if _SHORTEST <= number <= _LONGEST else None


def _track_metadata(path: Path) -> list[tuple[str, str]]:
    """Names and values of the metadata of a QuickTime or MP4 file's tracks; none of any other file's."""
    try:
        with path.open("rb") as file:
            file.seek(4)
            if file.read(4) not in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
                return []
            end = file.seek(0, 2)
            tracks = [
                track
                for kind, *movie in _boxes(file, 0, end)
                if kind == b"moov"
                for kind_inside, *track in _boxes(file, *movie)
                if kind_inside == b"trak"
            ]
            found = [_items(file, *box) for t in tracks for kind, *box in _boxes(file, *t) if kind == b"meta"]
    except (OSError, struct.error):
        return []
    return [item for items in found for item in items]


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind of each box between two places of a file, and where its content begins and ends."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            (size,), head = struct.unpack(">Q", file.read(8)), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            return
        yield kind, start + head, start + size
        start += size


def _items(file: BinaryIO, start: int, end: int) -> list[tuple[str, str]]:
    """Names and values of a metadata box, which in MP4 begins with four bytes more than in QuickTime."""
    if end - start > _LARGEST:
        return []
    file.seek(start + 4)
    start += 0 if file.read(4) == b"hdlr" else 4
    parts = {kind: place for kind, *place in _boxes(file, start, end)}
    if not {b"keys", b"ilst"} <= parts.keys():
        return []
    first, last = parts[b"keys"]
    names = []
    for _, begin, stop in _boxes(file, first + 8, last):
        file.seek(begin)
        names.append(file.read(stop - begin).decode("utf-8", "replace"))
    found = []
    for number, *item in _boxes(file, *parts[b"ilst"]):
        for kind, begin, stop in _boxes(file, *item):
            index = int.from_bytes(number, "big") - 1
            if kind == b"data" and 0 <= index < len(names):
                file.seek(begin)
                found.append((names[index], _text(file.read(stop - begin))))
    return found


def _text(data: bytes) -> str:
    """A metadata value, type code and locale first, as text."""
    if len(data) < 8:
        return ""
    code, value = int.from_bytes(data[:4], "big"), data[8:]
    if code == 1:
        return value.decode("utf-8", "replace")
    form = _NUMBERS.get(code, {}).get(len(value))
    return "" if form is None else f"{struct.unpack(form, value)[0]:g}"

"""Labelled people for training 2D networks, in pieces on disk: NAME-000.npz, NAME-001.npz ...

A piece holds N people, each in a picture of their own: a generous crop (the box enlarged 1.5 to 2 times, so
that turning and scaling have something to show). Plain numpy, no pickle:

==================  ========================================================================================
images, starts      uint8 (bytes,) and int64 (N + 1,): encoded pictures (JPEG or WebP, RGB), one after another
joints              float32 (N, 26, 2): HALPE_26, px of the picture; (0, 0) is the CENTRE of its first pixel
known, visible      bool (N, 26): the source says where the joint is; it is seen, hidden by nothing
weight              float32 (N, 26): trust, 0 to 1
box                 float32 (N, 4): x0 y0 x1 y1 of the person, px of the picture
ids, split, source  unicode (N,) stable names, (N,) "train" or "test", () where from
==================  ========================================================================================

Elsewhere in the engine px are counted from the picture's corner: half a pixel more in x and y.
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from blender_pose3d.skeleton import HALPE_26

from ..errors import BadInput

JOINTS = len(HALPE_26)
SPLITS = ("train", "test")
LONGEST_SIDE = 320  # px of a picture
LIMIT = 60_000_000  # bytes of a piece
_MOST_BYTES = 500_000_000  # unpacked; more is no piece of ours but a trap for the memory
_HEADERS = 8_000  # bytes that the archive takes beside the arrays
_QUALITY = 90
_AGAIN = "Make the pack again."


@dataclass(frozen=True)
class Person:
    """A row of a pack; arrays as in the module's table, without N. picture: (H, W, 3) uint8 RGB."""

    picture: np.ndarray
    joints: np.ndarray
    known: np.ndarray
    visible: np.ndarray
    weight: np.ndarray
    box: np.ndarray
    id: str
    split: str


@dataclass(frozen=True)
class Pack:
    """A piece in memory; arrays as in the module's table."""

    images: np.ndarray
    starts: np.ndarray
    joints: np.ndarray
    known: np.ndarray
    visible: np.ndarray
    weight: np.ndarray
    box: np.ndarray
    ids: np.ndarray
    split: np.ndarray
    source: str

    def __len__(self) -> int:
        return len(self.joints)

    def encoded(self, row: int) -> bytes:
        """The picture of a row as it is stored."""
        return self.images[self.starts[row] : self.starts[row + 1]].tobytes()

    def picture(self, row: int) -> np.ndarray:
        """(H, W, 3) uint8 RGB. Raises BadInput for bytes that are no picture."""
        return decode(self.encoded(row), str(self.ids[row]))

    def __getitem__(self, row: int) -> Person:
        if not 0 <= row < len(self):
            raise IndexError(row)
        return Person(
            self.picture(row),
            self.joints[row],
            self.known[row],
            self.visible[row],
            self.weight[row],
            self.box[row],
            str(self.ids[row]),
            str(self.split[row]),
        )

    def __iter__(self) -> Iterator[Person]:
        return (self[row] for row in range(len(self)))

    def rows(self, split: str) -> np.ndarray:
        """Indices of the rows of a split."""
        return np.flatnonzero(self.split == split)


_ROW_ARRAYS = {
    "joints": (JOINTS, 2),
    "known": (JOINTS,),
    "visible": (JOINTS,),
    "weight": (JOINTS,),
    "box": (4,),
}
_TYPES = {
    "images": "uint8", "starts": "int64", "joints": "float32", "known": "bool", "visible": "bool",
    "weight": "float32", "box": "float32",
}  # fmt: skip
_TEXTS = ("ids", "split", "source")
# What zipfile, zlib and numpy raise, between them, on a file that is cut short, garbled or not an archive.
_BROKEN = (
    OSError, ValueError, EOFError, KeyError, RuntimeError, MemoryError, NotImplementedError, SyntaxError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip


def decode(data: bytes, name: str = "A picture") -> np.ndarray:
    """(H, W, 3) uint8 RGB from the bytes of a JPEG, WebP or PNG. Raises BadInput for anything else."""
    import cv2

    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    except cv2.error:
        picture = None
    if picture is None:
        raise BadInput(f"{name} is no picture, or a damaged one.")
    return np.ascontiguousarray(picture[..., ::-1])


def encode(picture: np.ndarray, quality: int = _QUALITY) -> bytes:
    """JPEG bytes of an (H, W, 3) uint8 RGB picture."""
    import cv2

    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("the picture cannot be encoded")
    return data.tobytes()


@dataclass
class PackWriter:
    """Writes people into pieces NAME-000.npz ... of at most `limit` bytes, each whole or not at all.

    Pieces of the same name that were there before are replaced one by one; those that are left over go when
    the writer is closed. Use it in a `with` block; a block left by an error keeps the pieces that were full.
    """

    folder: Path
    name: str
    limit: float = LIMIT
    source: str = ""
    pieces: list[Path] = field(default_factory=list)
    _rows: list[tuple] = field(default_factory=list, repr=False)
    _bytes: int = field(default=_HEADERS, repr=False)

    def __post_init__(self) -> None:
        self.folder = Path(self.folder)
        self.source = self.source or self.name
        if not re.fullmatch(r"[\w.-]*\w", self.name):
            raise ValueError(f"{self.name!r} is no name for files")
        self.folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> PackWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()

    def add(
        self,
        picture: np.ndarray | bytes,
        *,
        joints: np.ndarray,
        known: np.ndarray,
        visible: np.ndarray,
        weight: np.ndarray,
        box: np.ndarray,
        identity: str,
        split: str = "train",
    ) -> None:
        """One person; arrays as in the module's table, without N.

        picture: (H, W, 3) uint8 RGB of at most 320 px a side, or an encoded one, kept as it is.
        Joints that are not known are stored as 0. Raises ValueError for shapes and values that cannot be.
        """
        if not isinstance(picture, bytes):
            if max(picture.shape[:2]) > LONGEST_SIDE:
                raise ValueError(f"a picture has at most {LONGEST_SIDE} px a side")
            picture = encode(picture)
        known = np.asarray(known, bool)
        row = (
            np.where(known[:, None], joints, 0).astype(np.float32),
            known,
            np.asarray(visible, bool) & known,
            np.where(known, weight, 0).astype(np.float32),
            np.asarray(box, np.float32),
        )
        for value, (key, shape) in zip(row, _ROW_ARRAYS.items(), strict=True):
            if value.shape != shape or not np.isfinite(value).all():
                raise ValueError(f"{key} of {identity} has shape {value.shape} or holds no numbers")
        if split not in SPLITS or row[3].min() < 0 or row[3].max() > 1:
            raise ValueError(f"split or weight of {identity} is out of range")
        size = len(picture) + sum(value.nbytes for value in row) + 8 + 4 * (len(split) + 2 * len(identity))
        if size + _HEADERS > self.limit:
            raise ValueError(f"{identity} alone is larger than a piece")
        if self._bytes + size > self.limit:
            self.flush()
        self._rows.append((picture, *row, identity, split))
        self._bytes += size

    def flush(self) -> None:
        """Write what was added since the last piece as a piece, if anything."""
        if not self._rows:
            return
        pictures, joints, known, visible, weight, box, ids, split = zip(*self._rows, strict=True)
        path = self.folder / f"{self.name}-{len(self.pieces):03d}.npz"
        temporary = path.with_name(f".{path.stem}.{os.getpid()}.part")
        arrays: dict[str, Any] = {
            "images": np.frombuffer(b"".join(pictures), np.uint8),
            "starts": np.cumsum([0, *(len(p) for p in pictures)], dtype=np.int64),
            "joints": np.stack(joints), "known": np.stack(known), "visible": np.stack(visible),
            "weight": np.stack(weight), "box": np.stack(box),
            "ids": np.array(ids), "split": np.array(split), "source": np.array(self.source),
        }  # fmt: skip
        try:
            with temporary.open("wb") as file:
                np.savez(file, **arrays)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        self.pieces.append(path)
        self._rows, self._bytes = [], _HEADERS

    def close(self) -> list[Path]:
        """Write the last piece and take away older ones with higher numbers. The pieces that were written."""
        self.flush()
        for path in find_packs(self.folder, self.name):
            if path not in self.pieces:
                path.unlink(missing_ok=True)
        return self.pieces


def find_packs(folder: Path | str, name: str | None = None) -> list[Path]:
    """Paths of the pieces in a folder, sorted by name; of one name, or all."""
    pattern = re.compile(rf"{'.+' if name is None else re.escape(name)}-\d{{3,}}\.npz")
    return sorted(p for p in Path(folder).glob("*.npz") if pattern.fullmatch(p.name) and p.name[0] != ".")


def read_pack(path: Path | str) -> Pack:
    """A piece, checked but for its pictures. Raises BadInput, one line, for anything but a good file."""
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MOST_BYTES:
                raise BadInput(f"{path} is far larger unpacked than a piece of a pack may be.", _AGAIN)
        with np.load(path, allow_pickle=False) as stored:
            missing = [key for key in (*_TYPES, *_TEXTS) if key not in stored.files]
            if missing:
                raise BadInput(f"{path} is no piece of a pack: it lacks {', '.join(missing)}.", _AGAIN)
            arrays = {key: stored[key] for key in (*_TYPES, *_TEXTS)}
    except FileNotFoundError as error:
        raise BadInput(f"There is no pack {path}.") from error
    except _BROKEN as error:
        reason = " ".join(str(error).split())[:160]
        raise BadInput(f"{path} is no piece of a pack, or a damaged one ({reason}).", _AGAIN) from error
    problem = _problem(arrays)
    if problem:
        raise BadInput(f"{path} is a damaged piece of a pack: {problem}.", _AGAIN)
    source = str(arrays.pop("source"))
    return Pack(**arrays, source=source)


def _problem(arrays: dict[str, np.ndarray]) -> str:
    """What is wrong with the arrays, in a few words; empty when nothing is."""
    count = len(arrays["starts"]) - 1 if arrays["starts"].ndim == 1 else -1
    shapes: dict[str, tuple[int, ...]] = {"source": ()}
    shapes |= {"starts": (count + 1,), "images": (arrays["images"].size,), "ids": (count,), "split": (count,)}
    shapes |= {key: (count, *shape) for key, shape in _ROW_ARRAYS.items()}
    for key, shape in shapes.items():
        fits = arrays[key].dtype.kind == "U" if key in _TEXTS else arrays[key].dtype == _TYPES[key]
        if count < 0 or arrays[key].shape != shape or not fits:
            return f"{key} is {arrays[key].dtype} {arrays[key].shape}"
    starts = arrays["starts"]
    if starts[0] != 0 or starts[-1] != len(arrays["images"]) or (np.diff(starts) <= 0).any():
        return "its pictures do not follow one another"
    if not all(np.isfinite(arrays[key]).all() for key in ("joints", "weight", "box")):
        return "some values are not numbers"
    if arrays["weight"].min(initial=0) < 0 or arrays["weight"].max(initial=0) > 1:
        return "weights are not between 0 and 1"
    if not np.isin(arrays["split"], SPLITS).all():
        return "a split is neither train nor test"
    return ""

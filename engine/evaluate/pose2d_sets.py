"""Labelled people that 2D networks are measured on: pictures, boxes, joints, and what counts of them."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import HALPE_26

from ..errors import BadInput
from ..train.packs import Pack, decode, find_packs, read_pack
from ..train.photos.lspet import HALPE, held_out, read_lspet
from .pose2d_metrics import Labels

_CENTRE = 0.5  # packs count px from the middle of the first pixel, the engine from the picture's corner


@dataclass(frozen=True)
class PeopleSet:
    """N people in M pictures. ids: (N,) stable names. picture: (N,) which of the pictures shows each.

    pictures: M functions that give (H, W, 3) uint8 RGB. box: (N, 4) x0 y0 x1 y1 px. labels: of the N people,
    px from the picture's corner. whole: the pictures are whole photos, in which people may be looked for.
    """

    name: str
    ids: np.ndarray
    picture: np.ndarray
    pictures: tuple[Callable[[], np.ndarray], ...]
    box: np.ndarray
    labels: Labels
    whole: bool

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def key(self) -> str:
        """A hash of who is measured and by which labels: figures with the same key may stand side by side."""
        digest = hashlib.sha256("\n".join([self.name, *map(str, self.ids)]).encode())
        measured = np.array(self.labels.measured, np.int64)
        for values in (self.picture.astype(np.int64), measured, self.labels.visible):
            digest.update(values.tobytes())
        for values in (self.box, self.labels.joints):
            digest.update(np.nan_to_num(values, nan=-1e6).round(2).astype(np.float64).tobytes())
        return digest.hexdigest()[:16]

    def by_picture(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(H, W, 3) uint8 RGB of each picture that shows somebody, and the rows of those it shows."""
        for number in np.unique(self.picture):
            yield self.pictures[number](), np.flatnonzero(self.picture == number)

    def first(self, limit: int | None) -> PeopleSet:
        """At most so many people, evenly from beginning to end; all of them for None."""
        if limit is None or limit >= len(self):
            return self
        rows = np.unique(np.linspace(0, len(self) - 1, limit).round().astype(int))
        labels = replace(self.labels, joints=self.labels.joints[rows], visible=self.labels.visible[rows])
        return replace(
            self, ids=self.ids[rows], picture=self.picture[rows], box=self.box[rows], labels=labels
        )


class Files:
    """Files of a folder, or of a tar that stays packed, by name."""

    def __init__(self, path: Path) -> None:
        """Raises BadInput where there is nothing, or a tar that is damaged or cut off."""
        self.path = path
        self._tar: tarfile.TarFile | None = None
        if path.is_dir():
            self.names = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
        elif path.is_file():
            try:
                self._tar = tarfile.open(path)  # noqa: SIM115, closed with the object
                self.names = sorted(member.name for member in self._tar.getmembers() if member.isfile())
            except (tarfile.TarError, OSError, EOFError) as error:
                raise BadInput(f"{path} is no tar file, or one that was cut off ({error}).") from error
        else:
            raise BadInput(f"There is no file or folder {path}.", "Check its name and folder.")
        self._by_base: dict[str, str] = {name.rsplit("/", 1)[-1]: name for name in self.names}
        self._names = set(self.names)

    def read(self, name: str) -> bytes:
        """The bytes of a file, by its path or its name alone. Raises BadInput if it is missing or broken."""
        found = name if name in self._names else self._by_base.get(name.rsplit("/", 1)[-1])
        if found is None:
            raise BadInput(f"{self.path} lacks {name}.", "Is it complete?")
        try:
            if self._tar is None:
                return (self.path / found).read_bytes()
            stream = self._tar.extractfile(found)
            if stream is None:
                raise BadInput(f"{found} in {self.path} is no ordinary file.")
            return stream.read()
        except (tarfile.TarError, OSError, EOFError) as error:
            raise BadInput(f"{found} cannot be read from {self.path}: {error}.") from error

    def picture(self, name: str) -> np.ndarray:
        """(H, W, 3) uint8 RGB. Raises BadInput as read, and for a file that is no picture."""
        return decode(self.read(name), f"{name} in {self.path}")


def lspet(archive: Path, limit: int | None = None) -> PeopleSet:
    """The photos of Leeds Sports Pose Extended that are held out, with their labels as they came.

    There are no boxes but those that reach a little beyond the labels.
    Raises BadInput for an archive that is missing, damaged or another one.
    """
    photos = read_lspet(archive)
    photos = photos.subset(np.flatnonzero(held_out(photos)))
    if not len(photos):
        raise BadInput(f"{archive} has no photo on which every joint is labelled: nothing is held out of it.")
    joints = np.where(photos.known[..., None], photos.joints + _CENTRE, np.nan)
    return PeopleSet(
        name="lspet",
        ids=np.array(photos.ids),
        picture=np.arange(len(photos)),
        pictures=tuple(partial(decode, *each) for each in zip(photos.data, photos.ids, strict=True)),
        box=photos.box.astype(np.float64) + _CENTRE,
        labels=Labels(joints, photos.visible, tuple(sorted(int(j) for j in HALPE))),
        whole=True,
    ).first(limit)


def packed(paths: list[Path], limit: int | None = None) -> list[PeopleSet]:
    """The test rows of packs, a set for each source; paths: pieces, or folders of pieces.

    Joints count that the source knows of a tenth of its people or more. Raises BadInput where there is no
    pack, a damaged one, or none with test rows.
    """
    pieces: list[Path] = []
    for path in paths:
        if path.is_dir() and not find_packs(path):
            raise BadInput(f"{path} holds no packs.", "They are named like lspet-000.npz.")
        pieces += find_packs(path) if path.is_dir() else [path]
    rows: dict[str, list[tuple[Pack, int]]] = {}
    for piece in pieces:
        pack = read_pack(piece)
        rows.setdefault(pack.source, []).extend((pack, int(row)) for row in pack.rows("test"))
    sets = [_pack_set(source, found, limit) for source, found in sorted(rows.items()) if found]
    if not sets:
        raise BadInput(f"None of {', '.join(str(p) for p in paths)} has a row whose split is test.")
    return sets


def _pack_set(source: str, rows: list[tuple[Pack, int]], limit: int | None) -> PeopleSet:
    joints = np.stack([pack.joints[row] for pack, row in rows]).astype(np.float64) + _CENTRE
    known = np.stack([pack.known[row] for pack, row in rows])
    joints[~known] = np.nan
    measured = tuple(int(j) for j in np.flatnonzero(known.mean(axis=0) >= 0.1))
    return PeopleSet(
        name=f"{source} pack",
        ids=np.array([str(pack.ids[row]) for pack, row in rows]),
        picture=np.arange(len(rows)),
        pictures=tuple(partial(pack.picture, row) for pack, row in rows),
        box=np.stack([pack.box[row] for pack, row in rows]).astype(np.float64) + _CENTRE,
        labels=Labels(joints, np.stack([pack.visible[row] for pack, row in rows]), measured),
        whole=False,
    ).first(limit)


def on_halpe(joints: np.ndarray, skeleton: tuple[str, ...]) -> np.ndarray:
    """(N, 26, 2) from joints (N, K, 2) of a skeleton with these names, NaN for those it lacks."""
    made = np.full((len(joints), len(HALPE_26), 2), np.nan)
    for k, name in enumerate(skeleton):
        if name in HALPE_26.joints:
            made[:, HALPE_26.index(name)] = joints[:, k]
    return made

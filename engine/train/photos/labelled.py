"""Photos of one person each with labels in the order of HALPE_26: what every source is read into."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import HALPE_26

from ...errors import BadInput
from ..packs import PackWriter

JOINTS = len(HALPE_26)
_LARGEST = 20_000_000  # bytes of a member of an archive
_BEYOND = 0.08  # of the box's longer side


@dataclass(frozen=True)
class Photos:
    """N photos of one person each. source: where from. ids: N stable names. data: N encoded pictures.

    joints: (N, 26, 2) px, (0, 0) the centre of the first pixel, NaN where not known. known, visible: (N, 26).
    box: (N, 4) x0 y0 x1 y1 px of the person.
    """

    source: str
    ids: list[str]
    data: list[bytes]
    joints: np.ndarray
    known: np.ndarray
    visible: np.ndarray
    box: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def subset(self, rows: np.ndarray) -> Photos:
        """The photos of these rows, in this order."""
        return Photos(
            self.source,
            [self.ids[i] for i in rows],
            [self.data[i] for i in rows],
            self.joints[rows],
            self.known[rows],
            self.visible[rows],
            self.box[rows],
        )


def box_of_joints(joints: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(N, 4) boxes round the known joints (N, 26, 2), a little larger: bodies reach past their joints."""
    there = known[..., None] & np.isfinite(joints)
    low = np.where(there, joints, np.inf).min(axis=1)
    high = np.where(there, joints, -np.inf).max(axis=1)
    margin = _BEYOND * (high - low).max(axis=-1, keepdims=True)
    return np.nan_to_num(np.concatenate([low - margin, high + margin], axis=-1), posinf=0, neginf=0)


def write_rows(writer: PackWriter, photos: Photos, weight: np.ndarray, split: str = "train") -> None:
    """Add every photo to a pack, with these weights (N, 26)."""
    for i in range(len(photos)):
        writer.add(
            photos.data[i],
            joints=photos.joints[i],
            known=photos.known[i],
            visible=photos.visible[i],
            weight=weight[i],
            box=photos.box[i],
            identity=photos.ids[i],
            split=split,
        )


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each plain file in a tar archive, nothing written to disk.

    Raises BadInput when there is no such file, when it is no archive or a damaged one.
    """
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if not member.isfile():
                    continue
                if member.size > _LARGEST:
                    raise BadInput(f"{path}: {member.name} is too large to be a photo.")
                content = archive.extractfile(member)
                if content is not None:
                    yield member.name, content.read()
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {path}.") from error
    except (tarfile.TarError, OSError, EOFError) as error:
        reason = " ".join(str(error).split())
        raise BadInput(f"{path} is no tar archive, or a damaged one ({reason}).", "Copy it again.") from error

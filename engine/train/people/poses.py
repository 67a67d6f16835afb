"""Poses to render: captured ones, and what mixing and mutating makes of them within joints' limits."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...errors import BadInput
from ..mixing import exchange
from ..mocap import Clip, read_folder
from ..mutation import mutate
from ..segments import MIRROR, multiply, unit
from ..splits import action, split

_STEP = 6  # of 60 frames a second are kept
_MIXED, _MUTATED, _TUMBLING = 0.4, 0.5, 0.12  # shares of poses
_SIZES = (0.25, 0.6)  # radians, the usual extra bend of mutated poses


class Poses:
    """A bank of captured poses. rotations: (K, segments, 4); chance: (K,), every action as often as another,
    twice as often as its share of the frames says for those that are rare."""

    def __init__(self, rotations: Tensor, chance: Tensor) -> None:
        self.rotations, self.chance = rotations, chance.double().cumsum(0)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """(count, segments, 4) quaternions, half of them mirrored, some changed as mixing.py and mutation.py
        say, some tumbling through the air."""
        at = torch.rand(count, generator=generator, dtype=torch.float64) * self.chance[-1]
        pose = self.rotations[torch.searchsorted(self.chance, at).clamp(max=len(self.rotations) - 1)]
        pose = pose[:, None]  # one frame of time
        mirrored = pose[:, :, MIRROR] * torch.tensor([1.0, 1.0, -1.0, -1.0])
        flip = torch.rand(count, 1, 1, 1, generator=generator) < 0.5
        pose = exchange(torch.where(flip, mirrored, pose), _MIXED, generator)
        for size in _SIZES:
            pose = mutate(pose, _MUTATED / len(_SIZES), size, generator)
        turn = unit(torch.randn(count, 1, 1, 4, generator=generator))
        tumbling = torch.rand(count, 1, 1, 1, generator=generator) < _TUMBLING
        return torch.where(tumbling, multiply(turn, pose), pose)[:, 0]


def load_poses(folder: Path, part: str, cache: Path | None = None) -> Poses:
    """Poses of the subjects of a part: "train" (never those held out) or "test".

    cache: a file that keeps them, since reading BVH takes minutes; it is made anew for other clips. Raises
    BadInput for a folder without clips.
    """
    key = _fingerprint(folder)
    kept = _cached(cache, key) if cache is not None else None
    if kept is not None:
        return Poses(*kept)
    clips = getattr(split(read_folder(folder)), part)
    if not clips:
        raise BadInput(
            f"{folder} holds no motion of subjects to {part} with.", "Which ones: engine/train/splits.py."
        )
    rotations, chance = _gather(clips)
    if cache is not None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        temporary = cache.with_name(f".{cache.name}.part")
        with temporary.open("wb") as file:
            np.savez(file, rotations=rotations, chance=chance, key=key)
        temporary.replace(cache)
    return Poses(torch.from_numpy(rotations), torch.from_numpy(chance))


def _fingerprint(folder: Path) -> np.ndarray:
    """Changes with the names and sizes of a folder's clips. Raises BadInput where there is no folder."""
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.")
    files = sorted(folder.rglob("*.bvh"))
    listing = "\n".join(f"{f.relative_to(folder)} {f.stat().st_size}" for f in files)
    return np.array(zlib.crc32(listing.encode()))


def _cached(cache: Path, key: np.ndarray) -> tuple[Tensor, Tensor] | None:
    try:
        with np.load(cache, allow_pickle=False) as stored:
            if "key" not in stored or stored["key"] != key:
                return None
            return torch.from_numpy(stored["rotations"]), torch.from_numpy(stored["chance"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _gather(clips: list[Clip]) -> tuple[np.ndarray, np.ndarray]:
    rotations = [clip.rotations[::_STEP] for clip in clips]
    actions = np.repeat([action(clip.name) for clip in clips], [len(r) for r in rotations])
    _, kind, frames = np.unique(actions, return_inverse=True, return_counts=True)
    # between every frame alike and every action alike
    return np.concatenate(rotations).astype(np.float32), (frames**-0.5)[kind].astype(np.float32)

"""Everything a renderer needs, from files: bodies, poses, photographs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .render import Renderer

_TEST_EVERY = 10  # photographs, of which one is kept for the test part
_BODY_SEED = {"train": 1, "test": 1002}


@dataclass(frozen=True)
class Sources:
    """mocap: folder of BVH files. backgrounds, garments: folders or archives of photographs, or None.
    cache: folder that keeps what takes minutes to prepare, None for the engine's. bodies: how many."""

    mocap: Path
    backgrounds: Path | None = None
    garments: Path | None = None
    cache: Path | None = None
    bodies: int = 400


def open_renderer(sources: Sources, split: str, device: str) -> Renderer:
    """Looks at everything in the order of what fails soonest. split: "train" or "test", which differ in
    bodies, motion and photographs. Raises BadInput for sources that are missing, broken or empty."""
    from ...weights import cache_dir
    from .assets import cached_bank
    from .photos import load_backgrounds, load_garments
    from .poses import load_poses
    from .render import Renderer

    kept = sources.cache or cache_dir() / "people"
    cloth = load_garments(sources.garments) if sources.garments else None
    poses = load_poses(sources.mocap, split, kept / f"poses-{split}.npz")
    behind = None
    if sources.backgrounds:
        behind = load_backgrounds(sources.backgrounds, cache=kept / "crowded.json")
        if len(behind) >= _TEST_EVERY:
            behind = behind[_own_rows(len(behind), test=split == "test")]
    # as many bodies to test with are not worth their making
    count = sources.bodies if split == "train" else max(sources.bodies // 8, 1)
    bank = cached_bank(kept / f"bodies-{split}.npz", count, seed=_BODY_SEED[split])
    return Renderer(bank, poses, behind, cloth, device=device)


def _own_rows(count: int, *, test: bool) -> list[int]:
    """Which of count photographs a part is rendered over: every tenth is the test part's."""
    return [row for row in range(count) if (row % _TEST_EVERY == 0) == test]

"""What the engine keeps between runs in its cache folder: how large that is, and away with it.

Only what the engine makes by itself goes: tracks, what it would continue with, logs, and weights that it can
fetch again. Weights that a person imported stay, and so does everything we do not know.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[2] / "weights"
_FETCHED = ("pypi", "npm", "url")
_MADE = (
    ("tracks", "*.npz"),
    ("logs", "engine-*.log"),
    ("checkpoints", "*/[0-9]*.npz"),
    ("checkpoints", "*/*.part"),
)


@dataclass(frozen=True)
class Weights:
    """One row of weights/manifest.toml."""

    name: str
    file: str
    kind: str
    licence: str
    purpose: str
    network: str

    def place(self, cache_folder: Path) -> Path:
        """Where its file lies, or would."""
        return (SHIPPED if self.kind == "shipped" else cache_folder / "weights") / self.file


@cache
def known_weights() -> tuple[Weights, ...]:
    """The weights that the engine knows, in the manifest's order; none where there is no manifest."""
    try:
        rows = tomllib.loads((SHIPPED / "manifest.toml").read_text("utf-8"))["weights"]
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return ()
    names = ("name", "file", "kind", "licence", "purpose", "network")
    return tuple(Weights(*(str(row.get(name, "")) for name in names)) for row in rows)


def networks_2d() -> list[Weights]:
    """Those that see people in pictures."""
    return [weights for weights in known_weights() if weights.network in ("blazepose", "hrnet")]


def files(cache_folder: Path) -> Iterator[Path]:
    """Files that may go: the engine makes or fetches them again."""
    for inner, pattern in _MADE:
        yield from (path for path in (cache_folder / inner).glob(pattern) if path.is_file())
    for weights in known_weights():
        path = weights.place(cache_folder)
        if weights.kind in _FETCHED and path.is_file():
            yield path


def size_mb(cache_folder: Path) -> float:
    """MB of the files that may go."""
    found = 0
    for path in files(cache_folder):
        with contextlib.suppress(OSError):
            found += path.stat().st_size
    return found / 1e6


def clear(cache_folder: Path) -> tuple[float, list[str]]:
    """Remove them: MB that are free again, and the names of files that could not be removed."""
    freed, stayed = 0, []
    for path in list(files(cache_folder)):
        try:
            size = path.stat().st_size
            path.unlink()
            freed += size
        except OSError:
            stayed.append(path.name)
    return freed / 1e6, stayed

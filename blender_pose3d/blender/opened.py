"""Files of motion that a person opens: ours and others', and what the engine made of those that it reads."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..formats.reading import engine_command, read_any
from ..tracks import Tracks, TracksError, read_tracks
from .background import Background
from .captures import beside
from .engine_command import run_engine
from .engine_session import Engine
from .errors import MissingEngine, Pose3DError
from .preferences import user_folder

_KEEP = 30  # files that the engine has made tracks of; each is read again when it is chosen again


@dataclass(frozen=True)
class Held:
    """What a file holds: people, frames, seconds."""

    people: int
    frames: int
    seconds: float

    @property
    def text(self) -> str:
        people = "1 person" if self.people == 1 else f"{self.people} people"
        return f"{people}, {self.frames} frames, {self.seconds:.1f} s"


def tracks_of(path: str | Path) -> Tracks:
    """Tracks of a file of any format that was opened. Raises TracksError with one line for people."""
    path = Path(path)
    if engine_command(path) is None:
        return read_any(path)
    kept = kept_tracks(path)
    if not kept.is_file():
        raise TracksError(f"{path.name} has to be read by the engine first: choose it again under Motion.")
    return read_tracks(kept)


def known(path: Path) -> Held | None:
    """What a capture holds that lies here, without reading it."""
    captured = beside(path)
    return None if captured is None else Held(captured.people, captured.frames, captured.seconds)


def opening(path: Path, engine: Engine | None, words: Sequence[str] = ()) -> Background[Held]:
    """Read a file in a thread, by the engine where that is needed, and keep what it made.

    words: for ``python -m engine lift``, where a file of 2D keypoints lacks something. The result raises
    TracksError or Pose3DError.
    """
    kept, said = kept_tracks(path), list(words)
    return Background(lambda _: _read(path, kept, engine, said))


def kept_tracks(path: Path) -> Path:
    """Where the tracks lie that the engine makes of this file, as it is now."""
    try:
        status = path.stat()
        mark = f"{path.absolute()}|{status.st_size}|{status.st_mtime_ns}"
    except OSError:
        mark = str(path.absolute())
    return user_folder() / "opened" / f"{hashlib.sha256(mark.encode()).hexdigest()[:24]}.npz"


def _read(path: Path, kept: Path, engine: Engine | None, words: Sequence[str]) -> Held:
    command = engine_command(path) if path.is_file() else None
    if command is None:
        return _held(read_any(path))
    if words or not kept.is_file():
        if engine is None:
            raise MissingEngine(f"{path.suffix} files are read by the engine: press Set Up Engine first.")
        _make_room(kept.parent)
        part = kept.with_name(f".{kept.stem}.{threading.get_ident()}.npz")
        try:
            run_engine([command, str(path.absolute()), "-o", str(part), *words], engine)
            part.replace(kept)
        finally:
            part.unlink(missing_ok=True)
    return _held(read_tracks(kept))


def _held(tracks: Tracks) -> Held:
    seconds = float(tracks.time[-1] - tracks.time[0]) if len(tracks.time) else 0.0
    return Held(tracks.people, len(tracks.time), seconds)


def _make_room(folder: Path) -> None:
    """The folder, without what was opened longest ago. Raises Pose3DError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept = sorted(folder.glob("[!.]*.npz"), key=lambda file: -file.stat().st_mtime)
    except OSError as error:
        raise Pose3DError(f"{folder} cannot be written to: {error.strerror or error}.") from error
    for old in kept[_KEEP - 1 :]:
        with contextlib.suppress(OSError):
            old.unlink()

"""Captures kept in the user's folder: each in a folder of its own, found again by the video and the settings.

``capture.json`` says what was captured and how; it is written before the engine starts, so that what was
interrupted is known, and again when the tracks are whole. Those bear the video's name, which actions take.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
import tomllib
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from .engine_process import ROOT
from .errors import Pose3DError

RECORD = "capture.json"
QUALITIES = ("fast", "balanced", "best")


class CaptureError(Pose3DError):
    """A capture cannot be kept, or cannot be read."""


@dataclass(frozen=True)
class Request:
    """What is captured and how. start, end: seconds of the video, None for all of it. network: a 2D network's
    name in place of what the quality stands for."""

    video: Path
    quality: str = "balanced"
    start: float | None = None
    end: float | None = None
    network: str | None = None


@dataclass(frozen=True)
class Capture:
    """One capture. made: seconds since 1970. seconds, frames, fps, people: what the tracks hold, 0 while they
    are not whole. figures: quality of the most prominent person's motion by default settings, as
    ``quality.Quality.totals`` has it. size, changed: of the tracks file, to notice that it is another.
    reached: part of the video, 0 to 1, that an interrupted capture got to; it continues about there."""

    folder: Path
    video: str
    sha256: str
    quality: str
    start: float | None = None
    end: float | None = None
    network: str | None = None
    made: float = 0.0
    whole: bool = False
    seconds: float = 0.0
    frames: int = 0
    fps: float = 0.0
    people: int = 0
    size: int = 0
    changed: int = 0
    figures: dict[str, float | None] = field(default_factory=dict)
    reached: float = 0.0

    @property
    def name(self) -> str:
        return Path(self.video).stem

    @property
    def tracks(self) -> Path:
        return self.folder / f"{self.name}.npz"

    def picture(self, person: int) -> Path:
        """Picture of a person, from 1; it may not be there."""
        return self.folder / f"person-{person}.png"

    def request(self) -> Request:
        """What to ask for to capture the same again."""
        return Request(Path(self.video), self.quality, self.start, self.end, self.network)


@cache
def version() -> str:
    """The add-on's version: a newer one may capture better, and then captures again."""
    return str(tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))["version"])


def folder_of(root: Path, sha256: str, request: Request) -> Path:
    """Where a capture lies: by all that decides what comes out of it."""
    depends = [sha256, request.quality, request.start, request.end, request.network, version()]
    return root / hashlib.sha256(json.dumps(depends).encode()).hexdigest()[:24]


def begin(root: Path, sha256: str, request: Request) -> Capture:
    """Make the folder and the record of a capture that starts now. Raises CaptureError."""
    folder = folder_of(root, sha256, request)
    capture = Capture(
        folder, str(request.video), sha256, request.quality, request.start, request.end, request.network,
        made=time.time(),
    )  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(capture)
    except OSError as error:
        raise cannot_keep(folder.parent, error) from error
    return capture


def write(capture: Capture) -> None:
    """Write the record under a temporary name, then rename. Raises OSError."""
    fields = {key: value for key, value in asdict(capture).items() if key != "folder"}
    part = capture.folder / f".{RECORD}.{os.getpid()}.part"
    try:
        part.write_text(json.dumps(fields, ensure_ascii=False, indent=1), "utf-8")
        part.replace(capture.folder / RECORD)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def read(folder: Path) -> Capture | None:
    """The capture in a folder; None where there is none or its record is broken. Reads no tracks."""
    try:
        fields = json.loads((folder / RECORD).read_text("utf-8"))
        capture = Capture(folder, **fields)
    except (OSError, ValueError, TypeError):
        return None
    strings = (capture.video, capture.sha256, capture.quality)
    return capture if all(isinstance(value, str) for value in strings) else None


def is_intact(capture: Capture) -> bool:
    """Whether the tracks are whole and still the file that was written."""
    try:
        status = capture.tracks.stat()
    except OSError:
        return False
    return capture.whole and (status.st_size, status.st_mtime_ns) == (capture.size, capture.changed)


def beside(tracks: Path) -> Capture | None:
    """The capture whose tracks these are, if they are still as captured: saves reading them."""
    capture = read(tracks.parent)
    return capture if capture is not None and capture.tracks == tracks and is_intact(capture) else None


def everything(root: Path) -> list[Capture]:
    """All captures, newest first."""
    try:
        folders = [Path(entry.path) for entry in os.scandir(root) if entry.is_dir()]
    except OSError:
        return []
    found = [capture for folder in folders if (capture := read(folder)) is not None]
    return sorted(found, key=lambda capture: -capture.made)


def remove(root: Path, folder: Path) -> None:
    """Delete a capture with its files. Raises CaptureError."""
    if folder.parent != root or not (folder / RECORD).exists():
        raise CaptureError(f"{folder} is no capture.")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise CaptureError(f"{folder} could not be removed: {error.strerror}.") from error


def finish(capture: Capture) -> Capture:
    """Read the finished tracks, judge them, and write that into the record. Takes a second or more.

    Raises CaptureError if the tracks cannot be read or the record cannot be written.
    """
    from ..tracks import TracksError, read_tracks

    try:
        tracks = read_tracks(capture.tracks)
        status = capture.tracks.stat()
        seconds = float(tracks.time[-1] - tracks.time[0]) if len(tracks.time) else 0.0
        done = replace(
            capture, made=time.time(), whole=True, reached=1.0, seconds=seconds, frames=len(tracks.time),
            fps=float(tracks.meta.get("video", {}).get("fps") or 0.0), people=tracks.people,
            size=status.st_size, changed=status.st_mtime_ns, figures=figures_of(tracks),
        )  # fmt: skip
        write(done)
    except TracksError as error:
        raise CaptureError(str(error)) from error
    except OSError as error:
        raise cannot_keep(capture.folder, error) from error
    return done


def figures_of(tracks: Any) -> dict[str, float | None]:
    """Quality of the first person's motion by default settings; empty where no motion comes of the tracks."""
    from ..motion import MotionError, motion_from_tracks
    from ..quality import quality

    try:
        return quality(motion_from_tracks(tracks), tracks).totals()["after"]
    except MotionError:
        return {}


def grade(figures: dict[str, float | None]) -> str:
    """The worst grade of all figures in one word: good, fair or poor; empty where nothing is known."""
    from ..quality_scale import BY_KEY, FAIR, GOOD, POOR

    grades = {BY_KEY[key].grade(value) for key, value in figures.items() if key in BY_KEY}
    return next((word for word in (POOR, FAIR, GOOD) if word in grades), "")


def cannot_keep(folder: Path, error: OSError) -> CaptureError:
    """The error to raise when a folder cannot be written to."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CaptureError(f"The disk of {folder} is full: free some space and capture again.")
    return CaptureError(
        f"Captures cannot be kept in {folder}: {error.strerror or error}. Make the folder writable."
    )

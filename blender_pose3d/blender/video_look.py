"""What there is to know of a chosen video before it is captured: length, size, first frame, its hash."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .background import Background, file_sha256
from .engine_session import Engine, EngineSession, told
from .errors import Pose3DError

_KEEP = 200  # thumbnails; each is some ten kilobytes


@dataclass(frozen=True)
class VideoFacts:
    """What the engine saw in a video: px upright, frames a second, how many, seconds."""

    width: int
    height: int
    fps: float
    frames: int
    duration: float


class VideoLook:
    """facts, thumbnail: None until they are known. sha256: empty until then. problem: what is wrong with the
    file. What was seen before is read from the folder of thumbnails, and needs no engine."""

    def __init__(self, video: Path, session: EngineSession, engine: Engine | None, folder: Path) -> None:
        self.video = video
        self.facts: VideoFacts | None = None
        self.thumbnail: Path | None = None
        self.sha256 = ""
        self.problem = ""
        self._session, self._engine, self._folder = session, engine, folder
        self._number = 0
        self._asked = False
        self._hashing = Background(lambda stop: file_sha256(video, stop))
        self._recalling = Background(self._recall)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return bool(self.problem) or bool(self.sha256 and self._asked and not self._number)

    def tick(self) -> None:
        """Take what has come since the last tick; the session has ticked before."""
        if not self.sha256 and not self.problem and self._hashing.done:
            try:
                self.sha256 = self._hashing.result()
            except Pose3DError as error:
                self.problem = str(error)
        if not self._asked and self._recalling.done:
            self._asked = True
            picture, facts = self._recalling.result()
            if facts is not None:
                self.thumbnail, self.facts = picture, facts
            elif picture is not None and self._engine is not None and not self.problem:
                self._ask(self._engine, picture)

    def stop(self) -> None:
        """Another video is of interest now."""
        self._hashing.stop()
        self._session.forget(self._number)

    def _recall(self, _: threading.Event) -> tuple[Path | None, VideoFacts | None]:
        """In a thread: where the thumbnail is or goes, None for nowhere; what was seen before, or None."""
        try:
            status = self.video.stat()
            self._folder.mkdir(parents=True, exist_ok=True)
            for old in sorted(self._folder.glob("*.png"), key=lambda p: -p.stat().st_mtime)[_KEEP:]:
                old.unlink()
                old.with_suffix(".json").unlink(missing_ok=True)
        except OSError:
            return None, None  # hashing tells what is wrong with a file; a folder only costs the picture
        mark = f"{self.video}|{status.st_size}|{status.st_mtime_ns}"
        picture = self._folder / f"{hashlib.sha256(mark.encode()).hexdigest()[:24]}.png"
        with contextlib.suppress(OSError, ValueError, TypeError):
            facts = VideoFacts(**json.loads(picture.with_suffix(".json").read_text("utf-8")))
            if picture.is_file():
                return picture, facts
        return picture, None

    def _ask(self, engine: Engine, picture: Path) -> None:
        def answered(message: dict[str, Any]) -> None:
            if message.get("type") == "result":
                self.facts = VideoFacts(**{name: message[name] for name in VideoFacts.__annotations__})
                self.thumbnail = picture
                with contextlib.suppress(OSError):
                    picture.with_suffix(".json").write_text(json.dumps(asdict(self.facts)), "utf-8")
            elif message.get("code") == "bad_input":
                self.problem = told(message)
            self._number = 0

        # without an engine there is no picture; why it does not start is told where one captures
        with contextlib.suppress(Pose3DError):
            self._number = self._session.ask(
                engine, answered, "look", video=str(self.video), thumbnail=str(picture)
            )

"""The language spoken with a parent program: one JSON object a line, both ways. See docs/protocol.md.

This module knows messages; commands/serve.py knows threads and processes.
"""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from .errors import BadArguments, EngineError
from .pipeline import DEFAULT_LIFTER, DEFAULT_POSE2D, Settings
from .presets import preset
from .progress import Step

VERSION = 1
LONGEST_LINE = 1 << 16  # bytes; a parent that sends more is not speaking this protocol
COMMANDS = ("track", "look", "cancel", "shutdown")


class ProtocolError(EngineError):
    """A line that is no message of this protocol."""

    code = "bad_message"
    exit_code = 2

    def __init__(self, message: str, hint: str = "", identity: str | int | None = None) -> None:
        super().__init__(message, hint)
        self.id = identity


class Busy(EngineError):
    """A second job while one runs."""

    code = "busy"


@dataclass(frozen=True)
class Request:
    """One message of the parent. id: chosen by the parent, comes back with every answer; None if absent."""

    id: str | int | None
    command: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class TrackRequest:
    """What a track command asks for. person: None for the most prominent. everybody: all people.

    pictures: folder for small pictures of the people found, None for none.
    """

    video: Path
    output: Path
    person: int | None
    everybody: bool
    settings: Settings
    pictures: Path | None = None


@dataclass(frozen=True)
class LookRequest:
    """What a look command asks for. thumbnail: path of a small PNG of the first frame, or None."""

    video: Path
    thumbnail: Path | None


def parse(line: bytes) -> Request:
    """A message from one line. Raises ProtocolError, with the sender's id where it could be read."""
    if len(line) > LONGEST_LINE:
        raise ProtocolError(f"A message is longer than {LONGEST_LINE} bytes.")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("A line is not JSON.", "Send one JSON object a line, in UTF-8.") from error
    if not isinstance(message, dict):
        raise ProtocolError("A message is not a JSON object.", 'Send {"id": ..., "command": ...}.')
    fields = dict(message)
    identity = fields.pop("id", None)
    command = fields.pop("command", None)
    known = isinstance(identity, str | int | None) and not isinstance(identity, bool)
    if not known:
        raise ProtocolError("The id of a message is neither a string nor a whole number.")
    if command not in COMMANDS:
        raise ProtocolError(
            f"There is no command {command!r}.", f"Known are {', '.join(COMMANDS)}.", identity
        )
    return Request(identity, command, fields)


def track_request(fields: dict[str, Any]) -> TrackRequest:
    """Check the fields of a track command. Raises BadArguments, naming the field."""
    _check("track", fields, _FIELDS, needed=("video", "output"))
    if fields.get("quality") is not None and fields.get("pose2d") is not None:
        raise BadArguments("The fields 'quality' and 'pose2d' exclude each other.")
    if fields.get("people") not in (None, "all", "first"):
        raise BadArguments("The field 'people' is 'all' or 'first'.")
    if fields.get("people") == "all" and fields.get("person") is not None:
        raise BadArguments("The fields 'person' and 'people': 'all' exclude each other.")
    quality = fields.get("quality")
    settings = Settings(
        **(
            preset(quality).settings()
            if quality is not None
            else {"pose2d": fields.get("pose2d") or DEFAULT_POSE2D}
        ),
        lifter=fields.get("lifter") or DEFAULT_LIFTER,
        device=fields.get("device") or "auto",
        start=fields.get("start"),
        end=fields.get("end"),
        fov=fields.get("fov"),
        use_cache=fields.get("use_cache") is not False,
    )
    settings.check()
    person = fields.get("person")
    everybody = fields.get("people") == "all"
    pictures = Path(fields["pictures"]) if fields.get("pictures") else None
    return TrackRequest(Path(fields["video"]), Path(fields["output"]), person, everybody, settings, pictures)


def look_request(fields: dict[str, Any]) -> LookRequest:
    """Check the fields of a look command. Raises BadArguments, naming the field."""
    _check("look", fields, _LOOK_FIELDS, needed=("video",))
    return LookRequest(Path(fields["video"]), Path(fields["thumbnail"]) if fields.get("thumbnail") else None)


def _check(
    command: str, fields: dict[str, Any], known: dict[str, tuple[type, ...]], needed: tuple[str, ...]
) -> None:
    unknown = sorted(set(fields) - set(known))
    if unknown:
        raise BadArguments(f"{command} has no field {unknown[0]!r}.", f"It has {', '.join(known)}.")
    for name, kinds in known.items():
        value = fields.get(name)
        if value is None:
            continue
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise BadArguments(f"The field {name!r} has the wrong type.", "docs/protocol.md lists them.")
    for name in needed:
        if not fields.get(name):
            raise BadArguments(f"{command} needs the field {name!r}.")


_NUMBER = (int, float)
_FIELDS: dict[str, tuple[type, ...]] = {
    "video": (str,), "output": (str,), "person": (int,), "people": (str,),
    "pose2d": (str,), "lifter": (str,), "device": (str,),
    "start": _NUMBER, "end": _NUMBER, "fov": _NUMBER, "use_cache": (bool,),
    "quality": (str,), "pictures": (str,),
}  # fmt: skip
_LOOK_FIELDS: dict[str, tuple[type, ...]] = {"video": (str,), "thumbnail": (str,)}


class Writer:
    """Sends messages; safe to use from several threads. A parent that has gone is no error here."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.gone = False

    def send(self, kind: str, identity: str | int | None = None, **fields: Any) -> None:
        """Write one message: {"type": kind, "id": identity, ...}; hello and the like carry no id."""
        message = {"type": kind, **({} if kind == "hello" else {"id": identity}), **fields}
        line = json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"
        with self._lock:
            try:
                self._stream.write(line)
                self._stream.flush()
            except (OSError, ValueError):
                self.gone = True

    def progress(self, identity: str | int | None, step: Step) -> None:
        left = step.seconds_left
        self.send(
            "progress",
            identity,
            stage=step.stage,
            done=step.done,
            total=step.total,
            fps=round(step.fps, 2),
            seconds_left=None if left is None or not math.isfinite(left) else round(left, 1),
        )

    def error(self, identity: str | int | None, error: EngineError, log: list[str] | None = None) -> None:
        """An error message; log: the last lines of the log, where something unexpected went wrong."""
        fields: dict[str, Any] = {} if log is None else {"log": log}
        self.send(
            "error",
            identity,
            code=error.code,
            exit_code=error.exit_code,
            message=error.message,
            hint=error.hint,
            **fields,
        )

"""Clips one after another: skip what is done, leave what others are at, go on after what fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .claim import claim, holder
from .plan import Clip
from .record import fingerprint, is_done, read_facts, write_record
from .summary import DONE, ELSEWHERE, FAILED, UP_TO_DATE, Outcome

_BAD_INPUT, _FAILED = 3, 1


@dataclass(frozen=True)
class Made:
    """What came of a clip. files: its results. facts: what its report says in a line, ready for JSON."""

    files: list[Path]
    facts: dict[str, Any] = field(default_factory=dict)


Make = Callable[[Clip], Made]
"""Converts one clip. Raises an error with a message for people and, where it has one, an ``exit_code``."""


def run(clips: Iterable[Clip], make: Make, program: str, *, again: bool = False) -> Iterator[Outcome]:
    """What becomes of each clip, as soon as it is known. program: see `record.fingerprint`.

    again: convert also what is done. A clip that fails does not stop the others; KeyboardInterrupt does.
    """
    for clip in clips:
        yield one(clip, make, program, again=again)


def one(clip: Clip, make: Make, program: str, *, again: bool = False) -> Outcome:
    """What becomes of one clip."""
    began = time.monotonic()
    try:
        mark = fingerprint(clip, program)
        if not again and is_done(clip, mark):
            return Outcome(clip.label, UP_TO_DATE, facts=_told(read_facts(clip)))
        clip.folder.mkdir(parents=True, exist_ok=True)
        path = clip.folder / f".{clip.name}.claim"
        mine = claim(path)
        if mine is None:
            return Outcome(clip.label, ELSEWHERE, message=f"{holder(path)} is at it.")
        with mine:
            # whoever had the claim before may just have finished
            if not again and is_done(clip, mark):
                return Outcome(clip.label, UP_TO_DATE, facts=_told(read_facts(clip)))
            made = make(clip)
            write_record(clip, mark, made.files, made.facts)
        return Outcome(clip.label, DONE, seconds=time.monotonic() - began, facts=made.facts)
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return Outcome(clip.label, FAILED, _BAD_INPUT, f"{what}.", time.monotonic() - began)
    except Exception as error:  # a night's other clips must not suffer for what is wrong with one
        code = getattr(error, "exit_code", None)
        text = str(error) if isinstance(code, int) else f"{type(error).__name__}: {error}"
        message = " ".join(text.split()) or type(error).__name__
        return Outcome(clip.label, FAILED, code or _FAILED, message, time.monotonic() - began)


def _told(noted: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in noted.items() if key not in ("input", "made_from", "files")}

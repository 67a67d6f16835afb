"""Clips one after another: skip what is done, leave what others are at, go on after what fails."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .claim import claim, drop_own, holder
from .plan import Clip
from .record import fingerprint, is_done, read_facts
from .stage import clear, publish, stage, unstaged
from .summary import DONE, ELSEWHERE, FAILED, UP_TO_DATE, Outcome

_BAD_INPUT, _FAILED = 3, 1
_OWN = frozenset({"input", "made_from", "files", "earlier"})  # of a note, not of a report


@dataclass(frozen=True)
class Made:
    """What came of a clip. files: its results, by their final names in the folder that it was made in.
    facts: what its report says in a line, ready for JSON."""

    files: list[Path]
    facts: dict[str, Any] = field(default_factory=dict)


Make = Callable[[Clip, Path], Made]
"""Converts one clip, into a folder. Raises an error with a message for people and, where it has one, an
``exit_code``."""


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
    except OSError as error:
        why = f"Cannot read {error.filename or clip.path}: {error.strerror or error}."
        return Outcome(clip.label, FAILED, _BAD_INPUT, why)
    try:
        done = _up_to_date(clip, mark, again)
        if done is not None and not _claim_path(clip).exists():
            return done
        # a run that was killed at the last moment leaves a claim on what is done
        outcome = _claimed(clip, mark, make, again, began)
        return done if done is not None and outcome.status == ELSEWHERE else outcome
    except OSError as error:
        code, why = _FAILED, f"Cannot write to {clip.folder}: {_reason(error, clip.folder)}."
    except Exception as error:  # a night's other clips must not suffer for what is wrong with one
        code, why = getattr(error, "exit_code", _FAILED), str(error)
        if not hasattr(error, "exit_code"):
            why = f"Something unexpected went wrong ({type(error).__name__}: {why})."
    return Outcome(clip.label, FAILED, code, unstaged(clip, why), time.monotonic() - began)


def _claimed(clip: Clip, mark: str, make: Make, again: bool, began: float) -> Outcome:
    with _no_empty_folder(clip.folder):
        path = _claim_path(clip)
        try:
            mine = claim(path)
            if mine is None:
                return Outcome(clip.label, ELSEWHERE, message=f"{holder(path)} is at it.")
            with mine:
                clear(clip)
                # whoever had the claim before may just have finished
                if (done := _up_to_date(clip, mark, again)) is not None:
                    return done
                with stage(clip) as folder:
                    made = make(clip, folder)
                    publish(clip, mark, made.files, made.facts)
        except KeyboardInterrupt:
            drop_own(path)
            raise
    return Outcome(clip.label, DONE, seconds=time.monotonic() - began, facts=made.facts)


def _claim_path(clip: Clip) -> Path:
    return clip.folder / f".{clip.name}.claim"


def _up_to_date(clip: Clip, mark: str, again: bool) -> Outcome | None:
    if again or not is_done(clip, mark):
        return None
    return Outcome(clip.label, UP_TO_DATE, facts=_told(read_facts(clip)))


@contextlib.contextmanager
def _no_empty_folder(folder: Path) -> Iterator[None]:
    """Makes a folder; a failure leaves none behind that was made for results and holds none."""
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for one in made:
            with contextlib.suppress(OSError):
                one.rmdir()
        raise


def _reason(error: OSError, folder: Path) -> str:
    files = [one for one in (folder, *folder.parents) if one.is_file()]
    return f"{files[0]} is a file, not a folder" if files else error.strerror or str(error)


def _told(noted: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in noted.items() if key not in _OWN}

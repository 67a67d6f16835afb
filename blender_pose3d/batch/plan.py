"""Which clips a command line asks for, each with all its settings; nothing is looked into yet."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..formats.frame_files import clip_name
from .errors import BatchError
from .inputs import JOB, find
from .job_file import Asked, read_job
from .options import Options


@dataclass(frozen=True)
class Clip:
    """One input and what is to be made of it. folder: where its results go. label: what to call it."""

    path: Path
    folder: Path
    name: str
    label: str
    args: argparse.Namespace


def plan(named: Sequence[str], argv: list[str], options: Options) -> list[Clip]:
    """The clips of files, folders, patterns and job files.

    named: the inputs of the command line; argv: all of it, whose options count before a job's. Raises
    BatchError for settings that make no sense and for two clips that would write one name, NoClips for inputs
    that are not there.
    """
    typed = options.typed(argv)
    asked: list[Asked] = []
    jobs = [name for name in named if name.lower().endswith(JOB)]
    for name in jobs:
        asked += read_job(Path(name), options)
    asked += [Asked(one.path, one.folder, {}, "") for one in find(n for n in named if n not in jobs)]
    clips = [
        _clip(one, options.parse([str(one.path)], options.merge(one.layer, typed), one.where))
        for one in asked
    ]
    _refuse_doubles(clips)
    return clips


def part(clips: list[Clip], number: int, of: int) -> list[Clip]:
    """Every ``of``-th clip, beginning with the one of that number, from 1: a share for one task of many."""
    if not 1 <= number <= of:
        raise BatchError(f"There is no part {number} of {of}: parts are counted from 1.")
    return clips[number - 1 :: of]


def _clip(asked: Asked, args: argparse.Namespace) -> Clip:
    name = args.name or clip_name(asked.path)
    where = f"{asked.where}: " if asked.where else ""
    if not args.out:
        raise BatchError(f"{where}say with --out where the results go.")
    if Path(name).name != name:
        raise BatchError(f"{where}a name is that of a file, not {name!r}.")
    return Clip(
        asked.path, Path(args.out).absolute() / asked.folder, name, (asked.folder / name).as_posix(), args
    )


def _refuse_doubles(clips: list[Clip]) -> None:
    seen: dict[tuple[str, str], Clip] = {}
    for clip in clips:
        # many disks do not tell Walk from walk
        key = (str(clip.folder).casefold(), clip.name.casefold())
        if key in seen:
            first = seen[key].path
            other = "twice" if first == clip.path else f"and {clip.path}"
            raise BatchError(
                f"Two clips would both write {clip.label}: {first} {other}. Give one of them another name."
            )
        seen[key] = clip

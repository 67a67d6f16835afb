"""Which clips a command line asks for, each with all its settings; nothing is looked into yet."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..formats.frame_files import clip_name
from .errors import BatchError
from .inputs import JOB, find
from .job_file import Asked, read_job
from .options import Layer, Options, words_of


@dataclass(frozen=True)
class Clip:
    """One input and what is to be made of it.

    folder: where its results go. label: what to call it. words: its options as a command line has them.
    """

    path: Path
    folder: Path
    name: str
    label: str
    args: argparse.Namespace
    words: tuple[str, ...] = ()


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
    clips = [_clip(one, options.merge(one.layer, typed), options) for one in asked]
    _refuse_doubles(clips)
    return clips


def to_message(clip: Clip) -> dict[str, Any]:
    """A clip for another process, ready for JSON."""
    own = {key: str(getattr(clip, key)) for key in ("path", "folder", "name", "label")}
    return {**own, "words": list(clip.words)}


def from_message(held: dict[str, Any], options: Options) -> Clip:
    """The clip that ``to_message`` made. Raises BatchError for options that make no sense."""
    args = options.parse_words([*held["words"], "--", held["path"]])
    own = held["name"], held["label"], args, tuple(held["words"])
    return Clip(Path(held["path"]), Path(held["folder"]), *own)


def part(clips: list[Clip], number: int, of: int) -> list[Clip]:
    """Every ``of``-th clip, beginning with the one of that number, from 1: a share for one task of many."""
    if not 1 <= number <= of:
        raise BatchError(f"There is no part {number} of {of}: parts are counted from 1.")
    return clips[number - 1 :: of]


def _clip(asked: Asked, layer: Layer, options: Options) -> Clip:
    args = options.parse([str(asked.path)], layer, asked.where)
    name = args.name or clip_name(asked.path)
    where = f"{asked.where}: " if asked.where else ""
    if not args.out:
        raise BatchError(f"{where}say with --out where the results go.")
    if Path(name).name != name:
        raise BatchError(f"{where}a name is that of a file, not {name!r}.")
    folder = Path(args.out).absolute() / asked.folder
    return Clip(asked.path, folder, name, (asked.folder / name).as_posix(), args, words_of(layer))


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

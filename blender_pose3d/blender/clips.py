"""All clips of a command line: planned, checked, converted, told of."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ..batch import run as runner
from ..batch import workers
from ..batch.errors import BatchError, NoClips
from ..batch.inputs import KEYPOINTS, MOTIONS
from ..batch.options import Options, StrictParser
from ..batch.plan import Clip, from_message, part, plan
from ..batch.progress import Progress
from ..batch.record import fingerprint, is_done, read_facts
from ..batch.summary import DONE, FAILED, LEFT, UP_TO_DATE, Outcome, exit_code, table, write_report
from .arguments import add_options
from .characters import open_file
from .convert import Job, convert
from .engine_for_clips import Engine, read
from .errors import BadArguments, BadInput, Cancelled, ExportError, Pose3DError
from .export import check_folder
from .job import job_of
from .quiet import own_stream, quiet

_ROOT = Path(__file__).resolve().parents[2]
_REPORT = "pose3d-report"


def convert_clips(args: argparse.Namespace, argv: list[str]) -> int:
    """Convert what a command line names; returns the exit code. argv: its words after the command.

    Results' paths go to standard output, all else to standard error. One clip speaks for itself: its error is
    raised. Raises Pose3DError for what is wrong before the first clip.
    """
    if args.worker:
        return _serve()
    clips, how = _planned(args, argv)
    if not clips:
        print(f"Part {how.part[0]} of {how.part[1]} has no clip: there are fewer clips.", file=sys.stderr)
        return 0
    if how.dry_run:
        return _tell_plan(clips, how.again)
    outcomes: list[Outcome] = []
    cancelled = False
    progress = Progress(len(clips)) if len(clips) > 1 else None
    try:
        for outcome in _outcomes(clips, how):
            outcomes.append(outcome)
            _tell(outcome, clips, progress)
    except KeyboardInterrupt:
        cancelled = True
    outcomes = _all(outcomes, clips, how.again)
    if progress is not None:
        progress.end()
        print(table(outcomes), file=sys.stderr)
    if progress is not None or how.report:
        _report(_report_path(how), outcomes)
    if cancelled:
        kept = "; what is done stays, and the same command goes on from there" if len(clips) > 1 else ""
        raise Cancelled(f"Cancelled{kept}.")
    return exit_code(outcomes) if progress is not None else _single(outcomes[0])


def _options() -> Options:
    return Options(add_options(StrictParser(prog="pose3d convert")))


def _planned(args: argparse.Namespace, argv: list[str]) -> tuple[list[Clip], argparse.Namespace]:
    """The clips, and the settings of the whole: a job file says some of them."""
    try:
        clips = plan(args.inputs, argv, _options())
        how = clips[0].args
        if how.jobs < 1:
            raise BatchError(f"--jobs is a number from 1, not {how.jobs}.")
        if how.part:
            clips = part(clips, *how.part)
    except BatchError as error:
        raise BadArguments(str(error)) from error
    except NoClips as error:
        raise BadInput(str(error)) from error
    clips = [_with_opened(clip) for clip in clips]
    _refuse_overwriting(clips)
    return clips, how


def _with_opened(clip: Clip) -> Clip:
    """``blender -b FILE.blend`` names the character without an option."""
    opened = bpy.data.filepath
    if clip.args.character or not opened:
        return clip
    args = argparse.Namespace(**{**vars(clip.args), "character": opened})
    return replace(clip, args=args, words=(*clip.words, f"--character={opened}"))


def _refuse_overwriting(clips: Sequence[Clip]) -> None:
    """Also refuses, for every clip, what `job_of` refuses."""
    read_from = {clip.path.resolve() for clip in clips}
    read_from |= {Path(clip.args.character).resolve() for clip in clips if clip.args.character}
    for clip in clips:
        for kind in _job(clip, clip.folder).formats:
            result = clip.folder / f"{clip.name}.{kind}"
            if result.resolve() in read_from:
                raise BadArguments(
                    f"{result} would be written over, and it is read from: give another --out or --name."
                )


def _job(clip: Clip, out: Path) -> Job:
    return replace(job_of(clip.args, out), home=clip.folder)


def _outcomes(clips: Sequence[Clip], how: argparse.Namespace) -> Iterator[Outcome]:
    hands = workers.affordable(how.jobs, videos=any(_needs_networks(c.path) for c in clips))
    if hands < how.jobs:
        print(f"The free memory carries {hands} of {how.jobs} clips at a time.", file=sys.stderr)
    if hands > 1 and len(clips) > 1:
        command, env = _another()
        with contextlib.closing(workers.run(_heaps(clips), command, hands, env)) as outcomes:
            yield from outcomes
        return
    with Engine() as engine:
        yield from runner.run(clips, _maker(engine), _program(), again=how.again)


def _heaps(clips: Sequence[Clip]) -> list[list[Clip]]:
    """Clips of one video together: who looks at it first keeps what was seen for the others."""
    heaps: dict[str, list[Clip]] = {}
    for clip in clips:
        key = str(clip.path.resolve()) if _needs_networks(clip.path) else f"{clip.label} alone"
        heaps.setdefault(key, []).append(clip)
    return list(heaps.values())


def _maker(engine: Engine) -> runner.Make:
    def make(clip: Clip, folder: Path) -> runner.Made:
        job = _job(clip, folder)
        check_folder(folder)
        args = clip.args
        try:
            if clip.path.suffix.lower() in MOTIONS:
                tracks = read(clip.path, args.picture_size, args.picture_rate)
            else:
                tracks = engine.track(clip.path, args.pose2d)
        except Cancelled as cancelled:
            raise KeyboardInterrupt from cancelled  # it is not this clip's failure
        with quiet():
            warning = open_file(job.blend)
            converted = convert(tracks, clip.name, job)
        facts: dict[str, Any] = {"frames": converted.frames, "people": converted.people}
        if warning:
            print(f"warning: {warning}", file=sys.stderr)
            facts["warning"] = warning
        return runner.Made(converted.paths, facts)

    return make


def _needs_networks(path: Path) -> bool:
    return path.suffix.lower() not in MOTIONS - {KEYPOINTS}


def _program() -> str:
    return f"Blender {bpy.app.version_string}"


def _another() -> tuple[list[str], dict[str, str]]:
    """The command that starts a worker, and its environment."""
    words = ["convert", "-", "--worker"]
    if bpy.app.binary_path:
        return [bpy.app.binary_path, "-b", "--command", "pose3d", *words], dict(os.environ)
    path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return [sys.executable, "-m", "blender_pose3d", *words], {**os.environ, "PYTHONPATH": path}


def _serve() -> int:
    """Be a worker: standard output carries answers alone, whatever else prints."""
    options = _options()
    # a cancel is the parent's to tell of
    with contextlib.suppress(KeyboardInterrupt), own_stream() as answers, Engine() as engine:
        make = _maker(engine)

        def one(message: dict[str, Any]) -> Outcome:
            clip = from_message(message, options)
            return runner.one(clip, make, _program(), again=clip.args.again)

        workers.serve(one, answers)
    return 0


def _all(outcomes: Sequence[Outcome], clips: Sequence[Clip], again: bool) -> list[Outcome]:
    """An outcome for every clip, in the order of the plan."""
    told = {outcome.label: outcome for outcome in outcomes}
    return [told.get(clip.label) or _untold(clip, again) for clip in clips]


def _untold(clip: Clip, again: bool) -> Outcome:
    """A cancel may come when a clip is done and nobody has said so."""
    with contextlib.suppress(OSError):
        if not again and is_done(clip, fingerprint(clip, _program())):
            return Outcome(clip.label, UP_TO_DATE)
    return Outcome(clip.label, LEFT)


def _tell(outcome: Outcome, clips: Sequence[Clip], progress: Progress | None) -> None:
    files: list[Path] = []
    if outcome.status in (DONE, UP_TO_DATE):
        clip = next(clip for clip in clips if clip.label == outcome.label)
        files = [clip.folder / name for name in read_facts(clip).get("files", {})]
    if progress is not None:
        progress.tell(outcome, files)
        return
    for path in files:
        print(path, flush=True)
    if outcome.status == UP_TO_DATE:
        print(f"{outcome.label} is up to date; --again makes it anew.", file=sys.stderr)


def _single(outcome: Outcome) -> int:
    if outcome.status == FAILED:
        raise Pose3DError(outcome.message, outcome.code)
    if outcome.message:
        print(f"{outcome.label}: {outcome.message}", file=sys.stderr)
    return 0


def _tell_plan(clips: Sequence[Clip], again: bool) -> int:
    for clip in clips:
        try:
            done = not again and is_done(clip, fingerprint(clip, _program()))
        except OSError as error:
            raise BadInput(f"Cannot read {clip.path}: {error.strerror or error}.") from error
        print(f"{'up to date' if done else 'to do':10s}  {clip.path} -> {clip.folder / clip.name}")
    return 0


def _report_path(how: argparse.Namespace) -> Path:
    """Tasks of an array share a folder, and each has its own report."""
    if how.report:
        return Path(how.report)
    part_of = f"-{how.part[0]}-of-{how.part[1]}" if how.part else ""
    return Path(how.out) / f"{_REPORT}{part_of}.json"


def _report(path: Path, outcomes: Sequence[Outcome]) -> None:
    try:
        write_report(path, outcomes)
    except OSError as error:
        raise ExportError(f"Cannot write the report {path}: {error.strerror or error}.") from error

"""All clips of a command line: planned, checked, converted, told of."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import bpy

from ..batch import run as runner
from ..batch import workers
from ..batch.errors import BatchError, NoClips
from ..batch.inputs import KEYPOINTS, MOTIONS
from ..batch.options import Options, StrictParser
from ..batch.plan import Clip, part, plan
from ..batch.record import fingerprint, is_done, read_facts
from ..batch.summary import DONE, FAILED, LEFT, UP_TO_DATE, Outcome, exit_code, table, write_report
from .arguments import add_options
from .characters import open_file
from .convert import Job, convert
from .engine_for_clips import Engine, read
from .errors import BadArguments, BadInput, Cancelled, ExportError, Pose3DError
from .export import check_folder
from .job import job_of

_ROOT = Path(__file__).resolve().parents[2]
_REPORT = "pose3d-report.json"


def convert_clips(args: argparse.Namespace, argv: list[str]) -> int:
    """Convert what a command line names; returns the exit code. argv: its words after the command.

    Results' paths go to standard output, all else to standard error. One clip speaks for itself: its error is
    raised. Raises Pose3DError for what is wrong before the first clip.
    """
    clips = _planned(args, argv)
    jobs = {clip.label: job_of(clip.args, clip.folder) for clip in clips}
    if args.dry_run:
        return _tell_plan(clips, args.again)
    if args.worker:
        return _serve(clips, jobs, args.again)
    outcomes: list[Outcome] = []
    cancelled = False
    try:
        for outcome in _outcomes(clips, jobs, args, argv):
            outcomes.append(outcome)
            _tell(outcome, len(outcomes), clips)
    except KeyboardInterrupt:
        cancelled = True
    told = {outcome.label for outcome in outcomes}
    outcomes += [Outcome(clip.label, LEFT) for clip in clips if clip.label not in told]
    if len(clips) == 1:
        return _single(outcomes[0], cancelled)
    print(table(outcomes), file=sys.stderr)
    _report(Path(args.report) if args.report else Path(clips[0].args.out) / _REPORT, outcomes)
    if cancelled:
        raise Cancelled("Cancelled; what is done stays, and the same command goes on from there.")
    return exit_code(outcomes)


def _planned(args: argparse.Namespace, argv: list[str]) -> list[Clip]:
    options = Options(add_options(StrictParser(prog="pose3d convert")))
    try:
        if args.jobs < 1:
            raise BatchError(f"--jobs is a number from 1, not {args.jobs}.")
        clips = plan(args.inputs, argv, options)
        if args.part:
            clips = part(clips, *args.part)
    except BatchError as error:
        raise BadArguments(str(error)) from error
    except NoClips as error:
        raise BadInput(str(error)) from error
    opened = bpy.data.filepath
    for clip in clips:
        # `blender -b FILE.blend` names the character without an option
        clip.args.character = clip.args.character or opened or None
    return clips


def _outcomes(
    clips: Sequence[Clip], jobs: dict[str, Job], args: argparse.Namespace, argv: list[str]
) -> Iterator[Outcome]:
    hands = workers.affordable(args.jobs, videos=any(_needs_networks(c.path) for c in clips))
    if hands < args.jobs:
        print(f"The free memory carries {hands} of {args.jobs} clips at a time.", file=sys.stderr)
    if hands > 1 and len(clips) > 1:
        command, env = _another(argv)
        with contextlib.closing(workers.run(clips, command, hands, env)) as outcomes:
            yield from outcomes
        return
    with Engine() as engine:
        yield from runner.run(clips, _maker(jobs, engine), _program(), again=args.again)


def _maker(jobs: dict[str, Job], engine: Engine) -> runner.Make:
    def make(clip: Clip) -> runner.Made:
        job = jobs[clip.label]
        check_folder(job.out)
        args = clip.args
        try:
            if clip.path.suffix.lower() in MOTIONS:
                tracks = read(clip.path, args.picture_size, args.picture_rate)
            else:
                tracks = engine.track(clip.path, args.pose2d)
        except Cancelled as cancelled:
            raise KeyboardInterrupt from cancelled  # it is not this clip's failure
        open_file(job.blend)
        with _quiet():
            converted = convert(tracks, clip.name, job)
        return runner.Made(converted.paths, {"frames": converted.frames, "people": converted.people})

    return make


def _needs_networks(path: Path) -> bool:
    return path.suffix.lower() not in MOTIONS - {KEYPOINTS}


def _program() -> str:
    return f"Blender {bpy.app.version_string}"


def _another(argv: list[str]) -> tuple[list[str], dict[str, str]]:
    """The command that starts a worker, and its environment."""
    words = ["convert", *argv, "--worker"]
    if bpy.data.filepath:
        words.append(f"--character={bpy.data.filepath}")
    if bpy.app.binary_path:
        return [bpy.app.binary_path, "-b", "--command", "pose3d", *words], dict(os.environ)
    path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return [sys.executable, "-m", "blender_pose3d", *words], {**os.environ, "PYTHONPATH": path}


def _serve(clips: Sequence[Clip], jobs: dict[str, Job], again: bool) -> int:
    """Be a worker: standard output carries answers alone, whatever else prints."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with Engine() as engine:
        make = _maker(jobs, engine)
        workers.serve(clips, lambda clip: runner.one(clip, make, _program(), again=again), answers)
    return 0


def _tell(outcome: Outcome, number: int, clips: Sequence[Clip]) -> None:
    if outcome.status in (DONE, UP_TO_DATE):
        clip = next(clip for clip in clips if clip.label == outcome.label)
        for name in read_facts(clip).get("files", {}):
            print(clip.folder / name, flush=True)
    if len(clips) == 1 and outcome.status == UP_TO_DATE:
        print(f"{outcome.label} is up to date; --again makes it anew.", file=sys.stderr)
    if len(clips) > 1:
        tail = f": {outcome.message}" if outcome.message else ""
        print(f"[{number}/{len(clips)}] {outcome.label} {outcome.status}{tail}", file=sys.stderr, flush=True)


def _single(outcome: Outcome, cancelled: bool) -> int:
    if cancelled:
        raise Cancelled("Cancelled.")
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


def _report(path: Path, outcomes: Sequence[Outcome]) -> None:
    try:
        write_report(path, outcomes)
    except OSError as error:
        raise ExportError(f"Cannot write the report {path}: {error.strerror or error}.") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Exporters print; on standard output are only the paths of results."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield

"""``blender -b [FILE.blend] --command pose3d convert ...`` and ``python -m blender_pose3d convert ...``."""

from __future__ import annotations

import argparse
import contextlib
import io
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import bpy

from ..bake_settings import BakeSettings
from ..settings import MotionSettings
from ..tracks import Tracks, TracksError, read_tracks
from .arguments import parser
from .capture import capture
from .characters import open_file
from .convert import FORMATS, Job, convert
from .engine_process import EngineProcess, find_engine_python
from .errors import CANCELLED, DONE, FAILED, BadArguments, BadInput, Pose3DError
from .export import check_folder


def command(argv: list[str]) -> int:
    """Run one command line; returns the exit code. Nothing of the user's file on disk changes."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    try:
        with _interruptible():
            return _convert(args)
    except Pose3DError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("error: Cancelled.", file=sys.stderr)
        return CANCELLED


def _convert(args: argparse.Namespace) -> int:
    job = _job(args)
    inputs = [Path(path) for path in args.inputs]
    names = [args.name or path.stem for path in inputs]
    for name in names:
        if names.count(name) > 1:
            raise BadArguments(f"Two inputs would both write {name}: convert them into different folders.")
        if Path(name).name != name:
            raise BadArguments(f"--name is the name of a file without folder, not {name!r}.")
    for path in inputs:
        if not path.is_file():
            raise BadInput(f"No such file: {path}")
    with _no_empty_folder(job.out), _Engine(args) as engine:
        check_folder(job.out)
        for path, name in zip(inputs, names, strict=True):
            tracks = _read(path) if path.suffix.lower() == ".npz" else engine.track(path)
            open_file(job.blend)
            with _quiet():
                written = convert(tracks, name, job)
            for result in written:
                print(result)
    return DONE


def _job(args: argparse.Namespace) -> Job:
    try:
        strength = {} if args.smoothing is None else {"strength": args.smoothing}
        settings = MotionSettings(
            fps=None if args.fps == "scene" else args.fps,
            height=args.height,
            camera_tilt=args.camera_tilt,
            camera_roll=args.camera_roll,
            lens=args.lens,
            filter=args.filter,
            parts=dict(args.smooth_part),
            fit_picture=not args.as_lifted,
            left_foot=args.left_foot,
            right_foot=args.right_foot,
            ground_jumps=args.ground_jumps,
            hold_hands=args.hold_hands,
            **strength,
        )
        baking = _baking(args)
    except ValueError as error:
        raise BadArguments(str(error)) from error
    if args.person is not None and args.person < 1:
        raise BadArguments("People are counted from 1.")
    blend = args.character or bpy.data.filepath or None
    if blend is not None and not Path(blend).is_file():
        raise BadInput(f"No such file: {blend}")
    asked = tuple(one for one in FORMATS if getattr(args, one))
    return Job(
        out=Path(args.out).absolute(),
        formats=asked or ("fbx", "bvh", "blend"),
        preset=args.preset,
        armature=args.armature,
        rig=args.rig,
        person=None if args.people == "all" else args.person or 1,
        blend=None if blend is None else str(Path(blend).absolute()),
        settings=settings,
        baking=baking,
        scene_rate=args.fps == "scene",
    )


def _baking(args: argparse.Namespace) -> BakeSettings:
    how = "in-place" if args.in_place else args.root_motion or "hips"
    return BakeSettings(
        root_motion=how.replace("-", "_"),
        root_turns=args.root_turns,
        layer=args.layer,
        start=args.start,
        frames=args.frames,
        reduce=args.reduce_keys,
        reduce_location=args.reduce_mm,
        curve=args.curve,
        mute_constraints=args.mute_constraints,
        limbs="ik" if args.ik else "fk",
    )


def _read(path: Path) -> Tracks:
    try:
        return read_tracks(path)
    except TracksError as error:
        raise BadInput(str(error)) from error


class _Engine:
    """Starts at the first video and stays for the next ones."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._pose2d = args.pose2d
        self._engine: EngineProcess | None = None

    def track(self, video: Path) -> Tracks:
        """Everybody in a video; who of them is wanted is chosen later, as with a tracks file."""
        if self._engine is None:
            self._engine = EngineProcess(find_engine_python(_user_folder()))
        with tempfile.TemporaryDirectory(prefix="pose3d-") as folder:
            output = Path(folder) / f"{video.stem}.npz"
            capture(self._engine, video, output, people="all", pose2d=self._pose2d)
            return _read(output)

    def __enter__(self) -> _Engine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.close()


def _user_folder() -> Path | None:
    package = __package__.removesuffix(".blender_pose3d.blender")
    if not package.startswith("bl_ext."):
        return None
    return Path(bpy.utils.extension_path_user(package))


@contextlib.contextmanager
def _no_empty_folder(out: Path) -> Iterator[None]:
    """A failure leaves no folder behind that was made for its results and holds none."""
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        yield
    except BaseException:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Blender's own Python leaves Ctrl-C to Blender, which would end without a word."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Exporters print; on standard output are only the paths of results."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield

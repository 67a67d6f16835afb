"""One command of the engine, run to its end: for files that only its environment reads or writes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import bpy

from ..batch.inputs import KEYPOINTS
from ..formats.reading import engine_command, read_any
from ..tracks import Tracks, TracksError
from .engine_process import ROOT, engine_environment
from .engine_session import Engine
from .errors import BadInput, Cancelled, Pose3DError
from .preferences import engine_options, engine_python


def read_motion(path: Path, keypoint_options: Sequence[str] = ()) -> Tracks:
    """Tracks of a file that holds a motion already. keypoint_options: words for ``python -m engine lift``.

    Raises BadInput, and Pose3DError with the exit code of the engine where that reads the file.
    """
    try:
        command = engine_command(path)
        if command is None:
            return read_any(path)
        with tempfile.TemporaryDirectory(prefix="pose3d-") as folder:
            output = Path(folder) / "tracks.npz"
            words = list(keypoint_options) if path.suffix.lower() == KEYPOINTS else []
            run_engine([command, str(path.absolute()), "-o", str(output), *words])
            return read_any(output)
    except TracksError as error:
        raise BadInput(str(error)) from error


def run_engine(words: Sequence[str], engine: Engine | None = None) -> None:
    """``python -m engine WORDS``. Raises Pose3DError with its message and exit code, Cancelled.

    engine: which; None asks the preferences, which only Blender's main thread may.
    """
    engine = engine or Engine(engine_python(bpy.context), engine_options(bpy.context)["environment"])
    python = engine.python
    try:
        done = subprocess.run(
            [str(python), "-m", "engine", *words],
            cwd=ROOT,
            env=engine_environment(engine.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except KeyboardInterrupt as interrupt:
        raise Cancelled("Cancelled.") from interrupt
    except OSError as error:
        raise Pose3DError(f"The engine's Python {python} does not start: {error.strerror}.") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["The engine failed."]
        code = done.returncode if done.returncode > 0 else 1
        raise Pose3DError(lines[-1].removeprefix("error: "), code)

"""One engine for the videos of a command line: it starts at the first and stays for the next ones."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy

from ..tracks import Tracks
from .capture import capture
from .engine_command import read_motion
from .engine_process import EngineProcess
from .errors import Pose3DError
from .preferences import engine_options, engine_python


class Engine:
    """Use as a context manager."""

    def __init__(self) -> None:
        self._engine: EngineProcess | None = None

    def track(self, video: Path, pose2d: str | None) -> Tracks:
        """Everybody in a video; who of them is wanted is chosen later, as with a tracks file."""
        if self._engine is None:
            options = engine_options(bpy.context)["environment"]
            # who types a command with a video has said yes to what it needs
            options.pop("POSE3D_OFFLINE", None)
            self._engine = EngineProcess(engine_python(bpy.context), options)
        with tempfile.TemporaryDirectory(prefix="pose3d-") as folder:
            output = Path(folder) / f"{video.stem}.npz"
            try:
                capture(self._engine, video, output, people="all", pose2d=pose2d)
            except Pose3DError:
                # one that crashed, or that was left in the middle of a job, is of no use to the next clip
                self.close()
                raise
            return read(output)

    def close(self) -> None:
        """End the engine, if one runs."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read(path: Path, size: str | None = None, rate: float | None = None) -> Tracks:
    """Tracks of a file that holds a motion, whoever wrote it. Raises Pose3DError.

    size, rate: of the pictures of keypoint files, where these do not say.
    """
    words = [] if size is None else [f"--size={size}"]
    words += [] if rate is None else [f"--fps={rate:g}"]
    return read_motion(path, words)

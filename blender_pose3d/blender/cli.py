"""``blender -b [FILE.blend] --command pose3d convert ...`` and ``python -m blender_pose3d convert ...``."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator

from .arguments import parser
from .errors import CANCELLED, FAILED, Pose3DError


def command(argv: list[str]) -> int:
    """Run one command line; returns the exit code. Nothing of the user's file on disk changes."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    from .clips import convert_clips

    try:
        with _interruptible():
            return convert_clips(args, argv[1:])
    except Pose3DError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("error: Cancelled.", file=sys.stderr)
        return CANCELLED


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Blender's own Python leaves Ctrl-C to Blender, which would end without a word; a scheduler that
    takes a job back sends the other signal."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, signal.default_int_handler) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            if handler is not None:
                signal.signal(kind, handler)

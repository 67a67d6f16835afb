"""Errors of the Blender side that reach a person: one line, and the exit code of the command line."""

from __future__ import annotations

DONE, FAILED, BAD_ARGUMENTS, BAD_INPUT, MISSING, CANCELLED = 0, 1, 2, 3, 4, 5


class Pose3DError(Exception):
    """message: what is wrong and what to do, one line. exit_code: see docs/architecture.md."""

    exit_code = FAILED

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class BadArguments(Pose3DError):
    exit_code = BAD_ARGUMENTS


class BadInput(Pose3DError):
    exit_code = BAD_INPUT


class MissingEngine(Pose3DError):
    exit_code = MISSING


class Cancelled(Pose3DError):
    exit_code = CANCELLED


class ExportError(Pose3DError):
    """A file could not be written."""

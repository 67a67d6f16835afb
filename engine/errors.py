"""Errors that reach a person: a line that says what is wrong, a hint what to do, a code, an exit code."""

from __future__ import annotations


class EngineError(Exception):
    """Base of all errors the engine reports by design.

    message: what is wrong, one line. hint: what to do about it. code: stable, for programs.
    exit_code: of the command line.
    """

    code = "failed"
    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class BadArguments(EngineError):
    code = "bad_arguments"
    exit_code = 2


class BadInput(EngineError):
    code = "bad_input"
    exit_code = 3


class MissingWeights(EngineError):
    code = "missing_weights"
    exit_code = 4


class Cancelled(EngineError):
    code = "cancelled"
    exit_code = 5

    def __init__(self, message: str = "Cancelled.", hint: str = "") -> None:
        super().__init__(message, hint)

"""Standard output for results alone: exporters, and Blender itself, print there too."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What is printed to standard output in the meantime is dropped, by Python's code or by Blender's own.

    So are the tracebacks that operators print before they raise an error; they are told where the error that
    ends the block is none of ours, and has no ``exit_code``.
    """
    sys.stdout.flush()
    told = io.StringIO()
    with Path(os.devnull).open("wb") as nowhere, _kept(1) as ours:
        _flush()
        os.dup2(nowhere.fileno(), 1)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(told):
                yield
        except Exception as error:
            if not hasattr(error, "exit_code"):
                sys.stderr.write(told.getvalue())
            raise
        finally:
            _flush()
            os.dup2(ours, 1)


@contextlib.contextmanager
def own_stream() -> Iterator[IO[str]]:
    """What standard output was, for us; whoever prints there from now on, also Blender's own code, prints to
    standard error."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as ours:
        os.dup2(2, 1)
        yield ours


@contextlib.contextmanager
def _kept(stream: int) -> Iterator[int]:
    copy = os.dup(stream)
    try:
        yield copy
    finally:
        os.close(copy)


def _flush() -> None:
    """Empty the buffer that C programs print into, which is not Python's."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None) if os.name == "posix" else ctypes.CDLL("ucrtbase")
        library.fflush(None)

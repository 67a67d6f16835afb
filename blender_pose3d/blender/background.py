"""Work that would hold Blender up, in a thread; whoever started it looks now and then whether it is done."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from .errors import BadInput, Cancelled

T = TypeVar("T")
_BLOCK = 1 << 22  # bytes; hashing lets go of Python's lock meanwhile, so that Blender draws on


class Background(Generic[T]):
    """A function in a thread of its own. It gets an event, which is set when it is to stop."""

    def __init__(self, work: Callable[[threading.Event], T]) -> None:
        self._stop = threading.Event()
        self._work = work
        self._value: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="pose3d", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Ask it to stop; its result is of no interest any more."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> None:
        """For those who may wait."""
        self._thread.join(seconds)

    def result(self) -> T:
        """What the function returned; raises what it raised. Only when done."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]

    def _run(self) -> None:
        try:
            self._value = self._work(self._stop)
        except BaseException as error:  # handed to who asks for the result
            self._error = error


def file_sha256(path: Path, stop: threading.Event) -> str:
    """SHA-256 of a file in hexadecimal. Raises BadInput if it cannot be read, Cancelled when told to."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                if stop.is_set():
                    raise Cancelled("Cancelled.")
                digest.update(block)
    except OSError as error:
        raise BadInput(
            f"{path} cannot be read: {error.strerror or error}. Choose the video again."
        ) from error
    return digest.hexdigest()

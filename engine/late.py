"""A lifter that loads while others work: torch takes seconds to import, and all are followed without it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

from . import weights
from .manifest import entries

if TYPE_CHECKING:
    from .lift.lifter import Lifter


class LateLifter:
    """Weights that ship, whole by their hash: what is said of them at once is what the loaded lifter says.

    An error of the loading is raised by whoever first needs the lifter.
    """

    def __init__(self, name: str, sha256: str, device: str) -> None:
        self.name, self.sha256 = name, sha256
        self._given = (name, device)
        self._lifter: Lifter | None = None
        self._error: BaseException | None = None
        self._loading = threading.Thread(target=self._load, name="lifter")
        self._begun = threading.Lock()

    def begin(self) -> None:
        """Begin to load, unless it has begun. The process waits for it when it ends: torch must not be left
        in the middle of its import."""
        if self._begun.acquire(blocking=False):
            self._loading.start()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the loaded lifter's."""
        return getattr(self._ready(), name)

    def _load(self) -> None:
        try:
            from .lift.lifter import load_lifter

            self._lifter = load_lifter(*self._given)
        except BaseException as error:  # to be raised where it is noticed
            self._error = error

    def _ready(self) -> Lifter:
        self.begin()
        self._loading.join()
        if self._error is not None:
            raise self._error
        return cast("Lifter", self._lifter)


def late_lifter(name: str, device: str) -> LateLifter | None:
    """A lifter of that name, to be begun; None where it is not that of shipped weights that are whole."""
    known = entries().get(name.replace("_", "-"))
    if known is None or known.kind != "shipped" or not weights.is_here(known.name):
        return None
    path = weights.path_of(known)
    digest = weights.sha256(path)
    return LateLifter(path.stem, digest, device) if digest == known.sha256 else None

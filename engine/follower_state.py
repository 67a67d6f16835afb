"""What following people carries from frame to frame, as parts that each hold what is new since the last.

Runs of poses, the frames' numbers and times, and the watched background only ever grow, so a part holds
their new rows; the little else there is it holds as a whole. Pictures are not kept: the last ones are decoded
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from .camera_watch import Watched
from .columns import Column
from .tracklet import COLUMNS, Tracklet

if TYPE_CHECKING:
    from blender_pose3d.skeleton import Skeleton

    from .backtrack import PastFrame
    from .follower import Follower
    from .search import Search

Part = dict[str, np.ndarray]

_SEARCH = ("seen", "cells", "stirred")  # of the search for new people


class Recorder:
    """Makes parts of a follower's state: call ``part`` when no frame waits to be looked at."""

    def __init__(self) -> None:
        self._frames = self._looked = 0
        self._runs: list[int] = []  # rows of each run that are kept already
        self._watched: dict[str, int] = {}

    def part(
        self, follower: Follower, numbers: Column, times: Column, watched: Watched | None, check: int
    ) -> Part:
        """What is new since the last part. numbers, times: of the frames taken. check: of the last."""
        rows = len(numbers)
        columns = {} if watched is None else watched.columns(rows)
        part = {f"watched.{name}": column[self._watched.get(name, 0) :] for name, column in columns.items()}
        self._watched = {name: len(column) for name, column in columns.items()}
        part |= self._of_runs(follower.all)
        part |= {
            "frame": numbers.array[self._frames :],
            "time": times.array[self._frames :],
            "looked": np.array(follower.looked[self._looked :], dtype=np.int32),
            "active": np.array([_index(follower.all, run) for run in follower.active], dtype=np.int32),
            "recent": np.array([past.row for past in follower.recent], dtype=np.int32),
            "last": np.array(-1 if follower.last is None else follower.last.row),
            "stretch": np.array(follower.stretch),
            "next_look": np.array(follower.next_look, dtype=np.float64),
            "check": np.array(check),
            **_of_search(follower.search),
        }
        self._frames, self._looked = rows, len(follower.looked)
        return part

    def _of_runs(self, runs: list[Tracklet]) -> Part:
        self._runs += [0] * (len(runs) - len(self._runs))
        grown = [i for i, run in enumerate(runs) if len(run.rows) > self._runs[i]]
        fresh = [(runs[i], slice(self._runs[i], None)) for i in grown]
        part: Part = {
            f"run.{name}": np.concatenate([getattr(run, name).array[new] for run, new in fresh])
            for name in (COLUMNS if fresh else ())
        }
        centres = [run.centres() for run, _ in fresh]
        part |= {
            "run": np.array(grown, dtype=np.int32),
            "run.count": np.array([len(run.rows.array[new]) for run, new in fresh], dtype=np.int32),
            "run.centres": np.concatenate([np.zeros((0, 3)), *centres]),
            "run.centre_count": np.array([len(c) for c in centres], dtype=np.int32),
            "run.stature": np.array([run.stature for run, _ in fresh], dtype=np.float64),
            "run.clothes": np.array([run.clothes for run, _ in fresh]),
        }
        for i in grown:
            self._runs[i] = len(runs[i].rows)
        return part


@dataclass
class State:
    """Parts put together again. numbers, times: (T,) of the frames taken. check: of the last picture."""

    numbers: Column
    times: Column
    watched: Watched | None
    looked: list[int]
    runs: list[Tracklet]
    active: list[int]
    recent: list[int]
    last: int
    stretch: int
    next_look: float
    check: int
    search: dict[str, np.ndarray]
    recorder: Recorder = field(default_factory=Recorder)

    @property
    def first_needed(self) -> int:
        """Row of the first frame that must be decoded again."""
        return min([*self.recent, len(self.numbers) - 1, *([self.last] if self.last >= 0 else [])])

    def hand_to(self, follower: Follower, frames: Sequence[PastFrame]) -> None:
        """Put a new follower into this state. frames: those from `first_needed` to the last, again."""
        again = {past.row: past for past in frames}
        follower.all = self.runs
        follower.active = [self.runs[i] for i in self.active]
        follower.looked = self.looked
        follower.next_look, follower.stretch = self.next_look, self.stretch
        follower.last = again[self.last] if self.last >= 0 else None
        kept = set(self.recent)
        for row, past in sorted(again.items()):
            if row in kept:
                follower.recent.add(past)
            elif kept and row > min(kept):
                follower.recent.note(row, past.time)
        if self.search:
            fresh = follower.scout.fresh(frames[-1].frame, follower.scout.glimpse(frames[-1].frame))
            follower.search = replace(fresh, **self.search)  # type: ignore[arg-type]


def put_together(parts: Sequence[Part], skeleton: Skeleton) -> State:
    """The state after the last of the parts. Raises ValueError, KeyError for parts that do not fit."""
    end = parts[-1]
    runs: list[Tracklet] = []
    for part in parts:
        _add_runs(runs, part, skeleton)
    watched = None
    if "watched.key" in end:
        names = [name.removeprefix("watched.") for name in end if name.startswith("watched.")]
        watched = Watched.of({name: _joined(parts, f"watched.{name}") for name in names})
    state = State(
        numbers=Column.of(_joined(parts, "frame")),
        times=Column.of(_joined(parts, "time")),
        watched=watched,
        looked=_joined(parts, "looked").tolist(),
        runs=runs,
        active=end["active"].tolist(),
        recent=end["recent"].tolist(),
        last=int(end["last"]),
        stretch=int(end["stretch"]),
        next_look=float(end["next_look"]),
        check=int(end["check"]),
        search={name: end[f"search.{name}"] for name in _SEARCH if f"search.{name}" in end},
    )
    rows = len(state.numbers)
    if not rows or len(state.times) != rows or (watched is not None and len(watched) != rows):
        raise ValueError("its parts hold different numbers of frames")
    if state.active and max(state.active) >= len(runs):
        raise ValueError("it follows somebody whom it does not hold")
    recorder = state.recorder
    recorder._frames, recorder._looked = rows, len(state.looked)
    recorder._runs = [len(run.rows) for run in runs]
    recorder._watched = {} if watched is None else {n: len(c) for n, c in watched.columns(rows).items()}
    return state


def _of_search(search: Search | None) -> Part:
    return {} if search is None else {f"search.{name}": getattr(search, name) for name in _SEARCH}


def _joined(parts: Sequence[Part], name: str) -> np.ndarray:
    return np.concatenate([part[name] for part in parts])


def _add_runs(runs: list[Tracklet], part: Part, skeleton: Skeleton) -> None:
    rows = centres = 0
    for at, (index, count, centre_count) in enumerate(
        zip(part["run"].tolist(), part["run.count"], part["run.centre_count"], strict=True)
    ):
        if index > len(runs):
            raise ValueError("a person's beginning is missing")
        if index == len(runs):
            runs.append(Tracklet(skeleton))
        run = runs[index]
        for name in COLUMNS:
            getattr(run, name).extend(part[f"run.{name}"][rows : rows + count])
        run.clothes, run.stature = part["run.clothes"][at], float(part["run.stature"][at])
        run.set_centres(part["run.centres"][centres : centres + centre_count])
        rows, centres = rows + count, centres + centre_count


def _index(runs: list[Tracklet], wanted: Tracklet) -> int:
    return next(i for i, run in enumerate(runs) if run is wanted)

"""How good 2D networks are: labelled photos, rendered people and footage of people who stand still."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadArguments, BadInput
from ..pose2d.base import PoseNetwork
from . import pose2d_coco
from .pose2d_jitter import Still, jitter
from .pose2d_look import (
    BOX,
    FOUND,
    PROTOCOLS,
    SECOND,
    TURNED,
    Detections,
    Found,
    Seen,
    Stopwatch,
    find,
    known_joints,
    look,
    matched,
)
from .pose2d_metrics import errors, summary, torso_diagonal
from .pose2d_sets import PeopleSet

Tell = Callable[[str, int, int], None]
Show = Callable[[str, PeopleSet, Seen], None]


@dataclass(frozen=True)
class Data:
    """What networks are measured on. still: stretches of footage in which somebody stands still."""

    sets: tuple[PeopleSet, ...] = ()
    coco: pose2d_coco.CocoSet | None = None
    still: tuple[Still, ...] = ()

    @property
    def all_sets(self) -> tuple[PeopleSet, ...]:
        return self.sets if self.coco is None else (*self.sets, self.coco.people)

    def described(self) -> dict[str, Any]:
        """JSON-able; equal keys mean that figures may stand side by side."""
        said: dict[str, Any] = {s.name: {"people": len(s), "key": s.key} for s in self.all_sets}
        if self.still:
            frames = sum(len(s.rows) for s in self.still)
            said["jitter"] = {"stretches": len(self.still), "frames": frames, "key": Still.key(self.still)}
        return said


@dataclass
class _Run:
    """One network on its way through the data."""

    network: PoseNetwork
    data: Data
    detections: Detections | None
    tell: Tell
    show: Show
    watch: Stopwatch

    def figures(self) -> dict[str, Any]:
        pck: dict[str, Any] = {}
        coco: dict[str, Any] = {}
        for people in self.data.all_sets:
            seen, found = self._seen(people)
            self.show(self.network.name, people, seen[SECOND])
            known = known_joints(self.network)
            pck[people.name] = {p: summary(s.joints, people.labels, known) for p, s in seen.items()}
            if self.data.coco is not None and people is self.data.coco.people:
                coco = {p: pose2d_coco.in_boxes(self.data.coco, seen[p]) for p in (BOX, SECOND)}
                coco |= {p: pose2d_coco.found(self.data.coco, f) for p, f in found.items()}
        result = {
            "sha256": self.network.sha256,
            "skeleton": self.network.skeleton.name,
            "pck": pck,
            "coco": coco,
            "speed": round(self.watch.rate, 2) if self.watch.people else None,
        }
        if self.data.still:
            result["jitter"] = jitter(self.network, self.data.still)
        return result

    def _seen(self, people: PeopleSet) -> tuple[dict[str, Seen], dict[str, Found]]:
        rounds = 3 if people.whole and self.detections is not None else 1
        done = 0

        def tell(more: int) -> None:
            nonlocal done
            done += more
            self.tell(f"{self.network.name}, {people.name}", done, rounds * len(people))

        seen = look(self.network, people, self.watch, tell)
        found: dict[str, Found] = {}
        if rounds > 1 and self.detections is not None:
            for protocol in (FOUND, TURNED):
                found[protocol] = find(
                    self.network, people, self.detections, turned=protocol == TURNED, tell=tell
                )
                seen[protocol] = matched(found[protocol], people)
        return seen, found


def evaluate(
    networks: Sequence[PoseNetwork],
    data: Data,
    detections: Detections | None = None,
    *,
    tell: Tell = lambda what, done, total: None,
    show: Show = lambda name, people, seen: None,
    keep: Callable[[dict[str, Any]], None] = lambda result: None,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, Any]:
    """Figures of each network, JSON-able; the same in every run but for the speed.

    detections: to have people found too, not only looked at in labelled boxes. tell(what, done, total).
    show(network's name, people, poses): called with the poses by SECOND of each set, to draw them.
    keep(result so far): called after each network, for runs that may not live to their end. clock: of the
    speed.
    Raises BadArguments where two networks share a name or there is nothing to measure on.
    """
    names = [network.name for network in networks]
    if len(set(names)) < len(names):
        raise BadArguments("Two of the networks have the same name.", "Give their files other names.")
    if not data.all_sets and not data.still:
        raise BadArguments("There is nothing to measure on.", "Name --lspet, --coco, --packs or --footage.")
    result: dict[str, Any] = {"protocols": PROTOCOLS, "data": data.described(), "networks": {}}
    for network in networks:
        result["networks"][network.name] = _Run(
            network, data, detections, tell, show, Stopwatch(clock)
        ).figures()
        keep(result)
    return result


def joined(result: dict[str, Any], earlier: dict[str, Any], source: Path) -> dict[str, Any]:
    """A result with the networks of an earlier one after its own, as far as they have other names.

    Raises BadInput where the earlier one was not measured on the same people, or is no such result.
    """
    try:
        keys = {name: of["key"] for name, of in earlier["data"].items()}
        others = {name: of for name, of in earlier["networks"].items() if name not in result["networks"]}
    except (TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"{source} holds no figures of 2D networks.") from error
    ours = {name: of["key"] for name, of in result["data"].items()}
    if keys != ours:
        odd = [name for name in {**ours, **keys} if ours.get(name) != keys.get(name)]
        raise BadInput(
            f"{source} was measured on other data ({', '.join(odd)}).", "Measure with the same options again."
        )
    return {**result, "networks": {**result["networks"], **others}}


def worst(people: PeopleSet, seen: Seen, count: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the people with the largest errors, worst first, and the errors of all (N,).

    A person's error is the mean over labelled joints of the distance in torsos, at most 1 each; a missed
    joint counts 1. Joints that a network does not know at all do not count.
    """
    error = errors(seen.joints, people.labels.joints, torso_diagonal(people.labels.joints))
    lacking = ~np.isfinite(seen.joints).all(axis=-1).any(axis=0) if len(people) else np.zeros(0, bool)
    error = np.where(lacking[None] & ~lacking.all(), np.nan, np.minimum(error, 1.0))
    told = np.isfinite(error).any(axis=1)
    mean = np.where(told, np.nansum(error, axis=1) / np.maximum(np.isfinite(error).sum(axis=1), 1), -1.0)
    order = np.argsort(-mean, kind="stable")
    return order[: min(count, int(told.sum()))], mean

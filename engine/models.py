"""The networks of one run, loaded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .device import resolve
from .errors import Cancelled
from .progress import Progress

if TYPE_CHECKING:
    from .lift.lifter import Lifter
    from .pose2d.base import PersonDetector, PoseNetwork

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Models:
    """Who finds people, who reads their poses, who lifts them to 3D."""

    network: PoseNetwork
    detector: PersonDetector
    lifter: Lifter

    def fingerprint(self) -> list[str]:
        """Names and hashes of all weights, for the cache."""
        network, lifter = self.network, self.lifter
        detector = getattr(self.detector, "sha256", "")
        precision = getattr(network, "precision", "")
        return [network.name, network.sha256, precision, detector, lifter.name, lifter.sha256]


def load(
    pose2d: str,
    lifter: str,
    device: str,
    report: Progress,
    stop: Callable[[], bool],
    **looking: Any,
) -> Models:
    """Load all networks, with report("load", done, 3).

    looking: flip, precision, as load_pose2d's. Raises MissingWeights, BadArguments, Cancelled.
    """
    report("load", 0, 3)
    from .lift.lifter import load_lifter
    from .pose2d.registry import load_detector, load_pose2d

    device = resolve(device)
    steps: tuple[Callable[[], Any], ...] = (
        # the lifter is never fetched by itself: when it is not here, say so before anything is downloaded
        lambda: load_lifter(lifter, "cpu" if device == "mps" else device),
        lambda: load_pose2d(pose2d, device, **looking),
        lambda: load_detector(device),
    )
    loaded: list[Any] = []
    for number, step in enumerate(steps, start=1):
        if stop():
            raise Cancelled
        loaded.append(step())
        report("load", number, len(steps))
    models = Models(network=loaded[1], detector=loaded[2], lifter=loaded[0])
    log.info("2D: %s. Lifter: %s. Device: %s.", models.network.name, models.lifter.name, device)
    return models

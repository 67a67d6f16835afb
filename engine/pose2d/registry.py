"""2D networks and the person detector by name; their files are fetched when first used."""

from __future__ import annotations

import logging
from pathlib import Path

from .. import weights
from ..errors import BadArguments, MissingWeights
from ..manifest import entries
from .base import PersonDetector, PoseNetwork
from .default import default_pose2d

log = logging.getLogger(__name__)

DEFAULT = default_pose2d()
DETECTOR = "blazepose-detector"
_BLAZEPOSE = ("blazepose-full", "blazepose-heavy")


def load_pose2d(
    name: str = DEFAULT, device: str = "cpu", *, flip: bool = False, precision: str = "auto"
) -> PoseNetwork:
    """A 2D keypoint network.

    name: "blazepose-full" or "blazepose-heavy" (always on the CPU; fetched once if not here), "hrnet"
    (the best known HRNet weights on this machine), the name of any of the manifest's 2D weights, or a weights
    file: .tflite for BlazePose, anything else for HRNet. device: "cpu", "cuda" or "mps". flip, precision: as
    HRNetPose's; BlazePose has neither.
    Raises BadArguments for an unknown name, MissingWeights when a file is missing, cannot be fetched or is no
    such network.
    """
    known = {e.name: e.network for e in entries().values() if e.network in ("blazepose", "hrnet")}
    if known.get(name) == "blazepose" or name in _BLAZEPOSE:
        return _blazepose(_here_or_fetched(name), name)
    if name == "hrnet" or known.get(name) == "hrnet":
        return _hrnet(name, device, flip, precision)
    path = Path(name)
    if path.is_file():
        if path.suffix.lower() == ".tflite":
            return _blazepose(path, path.stem)
        return _hrnet(name, device, flip, precision)
    if path.suffix or len(path.parts) > 1:
        raise MissingWeights(f"There is no weights file {name}.", "Check its name and folder.")
    names = dict.fromkeys([*_BLAZEPOSE, "hrnet", *known])
    raise BadArguments(f"No 2D network is named {name}.", f"Known: {', '.join(names)}, or a weights file.")


def load_detector(device: str = "cpu") -> PersonDetector:
    """The person detector: BlazePose's, on the CPU whatever the device; fetched once if it is not here.

    Raises MissingWeights when it cannot be fetched.
    """
    from .blazepose_detector import BlazePoseDetector

    path = _here_or_fetched(DETECTOR)
    return BlazePoseDetector(path, sha256=weights.sha256(path))


def _blazepose(path: Path, name: str) -> PoseNetwork:
    from .blazepose import BlazePose

    return BlazePose(path, name, weights.sha256(path))


def _hrnet(name: str, device: str, flip: bool, precision: str) -> PoseNetwork:
    from .hrnet_pose import load_hrnet_pose

    return load_hrnet_pose(name, device, flip=flip, precision=precision)


def _here_or_fetched(name: str) -> Path:
    if not weights.is_here(name):
        log.info("Fetching the weights %s; this happens once.", name)
    return weights.ensure(name)

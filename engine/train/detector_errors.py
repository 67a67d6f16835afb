"""What was measured of a detector's errors: numbers from detector_errors.json, as tables to draw from.

Joints of one kind (left and right alike) share numbers. Two tables say how sure the detector is and how large
its error: the logit of the score over a normal deviate, for joints in sight, for those that the body itself
hides and for those behind other things; and the length of the error, in heights of the person, over the
score's logit and over the length of a two-dimensional normal deviate. So draws that are normal, and
correlated in time and along the limbs, take the measured distributions, heavy tails included (a Gaussian
copula). The file is made by fit_errors.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_19

FILE = Path(__file__).parent / "detector_errors.json"

KINDS = ("Hip", "Knee", "Ankle", "Toe", "Neck", "Head", "Shoulder", "Elbow", "Wrist")
MADE = ("Hip", "Thorax", "Spine")
"""Joints that the bridge makes of others; nothing is measured of them."""

_LIMBS = (("Knee", "Hip"), ("Ankle", "Knee"), ("Toe", "Ankle"), ("Elbow", "Shoulder"), ("Wrist", "Elbow"))
LINKS = (
    *((side + child, side + parent) for side in "RL" for child, parent in _LIMBS),
    ("LHip", "RHip"), ("LShoulder", "RShoulder"), ("Neck", "RShoulder"), ("Head", "Neck"),
)  # fmt: skip
"""Child and parent of whom one's error tells something of the other's; parents come before."""

NORMAL = torch.arange(-3.0, 3.01, 0.5)
"""Deviates at which the score's logit is tabled."""
LOGIT = torch.arange(-3.5, 7.01, 1.5)
"""Logits at which the error's length is tabled."""
LENGTH = torch.arange(0.0, 4.01, 0.5)
"""Lengths of the normal deviate at which the error's length is tabled."""


SIGHTS = ("open", "hidden", "behind")
"""In the camera's sight, hidden by the body itself, behind another thing."""
HIDDEN, BEHIND = 1, 2


def kind(joint: str) -> str:
    return joint[1:] if joint[0] in "LR" else joint


KIND = torch.tensor([KINDS.index(kind(n)) if kind(n) in KINDS else 0 for n in H36M_19.joints])
"""(J,) index of each joint's kind; of those in MADE it means nothing."""


@dataclass(frozen=True)
class Course:
    """How a deviate runs over time: the shares of its variance, each (kinds,), that stay for a clip and that
    wander, slowly and quickly, within ``seconds`` (two Ornstein-Uhlenbeck processes); the rest is white."""

    constant: Tensor
    slow: Tensor
    quick: Tensor
    seconds: tuple[float, float]

    def mean(self) -> Course:
        """Of all kinds, for what joints have in common."""
        constant, slow, quick = (s.mean()[None] for s in (self.constant, self.slow, self.quick))
        return Course(constant, slow, quick, self.seconds)


@dataclass(frozen=True)
class Events:
    """Something that begins ``per_second`` and lasts ``seconds`` on average, exponentially distributed."""

    per_second: float
    seconds: float


@dataclass(frozen=True)
class DetectorErrors:
    """score: (kinds, len(SIGHTS), len(NORMAL)) logits. length: (kinds, len(LOGIT), len(LENGTH)) heights.

    behind: how many times larger errors are behind things, at the same score. bias: (kinds, 3) mean error of
    left joints, heights along the trunk's left, up and front. links: correlation of the errors of each of
    LINKS. person: share of the score's variance that all joints of a person have in common. swaps: of "legs"
    and "arms".
    """

    score: Tensor
    length: Tensor
    behind: float
    bias: Tensor
    error_course: Course
    score_course: Course
    person: float
    links: Tensor
    swaps: dict[str, Events]


def read_errors(path: Path = FILE) -> DetectorErrors:
    """Raises KeyError or ValueError for a file that fit_errors.py did not make."""
    return from_dict(json.loads(path.read_text(encoding="utf-8")))


def from_dict(content: dict[str, Any]) -> DetectorErrors:
    """From the content of the file."""

    def table(name: str, *shape: int) -> Tensor:
        result = torch.tensor([content[name][k] for k in KINDS], dtype=torch.float32)
        if result.shape != (len(KINDS), *shape):
            raise ValueError(f"{name} has shape {tuple(result.shape)}")
        return result

    def course(name: str) -> Course:
        part = content[name]
        constant, slow, quick = torch.tensor([part["shares"][k] for k in KINDS]).unbind(dim=1)
        return Course(constant, slow, quick, tuple(part["seconds"]))

    return DetectorErrors(
        score=table("score", len(SIGHTS), len(NORMAL)),
        length=table("length", len(LOGIT), len(LENGTH)),
        behind=content["behind"],
        bias=table("bias", 3),
        error_course=course("error_course"),
        score_course=course("score_course"),
        person=content["person"],
        links=torch.tensor([content["links"][f"{child}-{parent}"] for child, parent in LINKS]),
        swaps={name: Events(**events) for name, events in content["swaps"].items()},
    )


def interpolate(table: Tensor, row: Tensor, knots: Tensor, at: Tensor) -> Tensor:
    """table (N, len(knots)) at rows (...) and places (...) between evenly spaced knots, held beyond them."""
    low, share = between(knots, at)
    flat, width = table.flatten(), table.shape[-1]
    return torch.lerp(flat[row * width + low], flat[row * width + low + 1], share)


def between(knots: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
    """The knot below each place and the share of the way to the next."""
    place = ((at - knots[0]) / (knots[1] - knots[0])).clamp(0, len(knots) - 1.001)
    low = place.long()
    return low, place - low


def error_length(length: Tensor, row: Tensor, logit: Tensor, deviate: Tensor) -> Tensor:
    """Lengths in heights. length: (kinds, LOGIT, LENGTH); row: index of the kind; all others (...)."""
    low, share = between(LOGIT, logit)
    row, flat = row * len(LOGIT) + low, length.flatten(0, 1)
    return torch.lerp(
        interpolate(flat, row, LENGTH, deviate), interpolate(flat, row + 1, LENGTH, deviate), share
    )

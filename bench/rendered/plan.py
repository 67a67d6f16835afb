"""Which motion is filmed, of whom, and how: everything follows from a set's name and a clip's number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Cut = Literal["whole", "waist", "side"]

# Subjects that lifters learn from: to measure what detectors do.
_MEASURE = (
    "06_02", "salsa_05", "35_20", "13_26", "12_01", "indian_07", "08_01", "13_39", "55_04", "136_20", "26_01",
    "114_13", "salsa_14", "143_32", "06_12", "133_22", "13_18", "45_01", "indian_13", "39_05", "13_30",
    "salsa_28", "113_25", "03_01",
)  # fmt: skip
# Subjects that no lifter ever saw: to measure what the engine is worth.
_TEST = (
    "05_06", "14_04", "49_06", "martial_04", "09_01", "16_31", "141_25", "05_13", "14_30", "49_02",
    "martial_08", "16_47", "141_19", "05_20", "49_18", "14_12",
)  # fmt: skip
SETS = {"measure": _MEASURE, "test": _TEST}


@dataclass(frozen=True)
class Scene:
    """One clip to be. size: width and height in px. start: where in the motion, 0 to 1. cut: how much shows.

    pan: the camera turns with the person. occluder: something stands before them.
    """

    name: str
    motion: str
    seed: int
    frames: int
    size: tuple[int, int]
    start: float
    cut: Cut
    pan: bool
    occluder: bool

    def rng(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, purpose])


def scenes(which: str, clips: int, frames: int, size: tuple[int, int] | None = None) -> list[Scene]:
    """The first clips of a set. size: of all; where not given, portrait and landscape in turn."""
    made = []
    for number, motion in enumerate(SETS[which][:clips]):
        rng = np.random.default_rng([list(SETS).index(which), number])
        # in the test set most are whole: a cut body's truth is a guess even for people
        cuts = [0.65, 0.2, 0.15] if which == "measure" else [0.9, 0.05, 0.05]
        made.append(
            Scene(
                name=f"{which}_{number:02d}_{motion}",
                motion=motion,
                seed=int(rng.integers(2**31)),
                frames=frames,
                size=size or ((480, 640), (640, 480))[number % 2],
                start=float(rng.uniform(0.05, 0.95)),
                cut=str(rng.choice(["whole", "waist", "side"], p=cuts)),
                pan=bool(rng.random() < 0.25),
                occluder=bool(rng.random() < (0.35 if which == "measure" else 0.15)),
            )
        )
    return made


def shape(rng: np.random.Generator) -> dict[str, float]:
    """anny's shape parameters of a random grown-up, or now and then of a child."""
    return {
        "gender": float(rng.choice([rng.uniform(0, 0.25), rng.uniform(0.75, 1)])),
        "age": float(rng.uniform(0.6, 0.9) if rng.random() < 0.9 else rng.uniform(0.42, 0.55)),
        "muscle": float(rng.uniform(0.3, 0.8)),
        "weight": float(rng.uniform(0.25, 0.75)),
        "height": float(rng.uniform(0.2, 0.6)),
        "proportions": float(rng.uniform(0.3, 0.9)),
    }

"""What the numbers of a motion's quality mean, and from where on they are good or poor."""

from __future__ import annotations

from dataclasses import dataclass

GOOD, FAIR, POOR, UNKNOWN = "good", "fair", "poor", "unknown"


@dataclass(frozen=True)
class Measure:
    """One number. means: in plain words. good, poor: of the whole clip, good up to, poor above; None where
    there is no better or worse. good_at, poor_at: the same of one moment."""

    key: str
    title: str
    unit: str
    means: str
    good: float | None
    poor: float | None
    good_at: float | None
    poor_at: float | None
    digits: int = 1

    def grade(self, value: float | None, *, moment: bool = False) -> str:
        """Good, fair, poor, or unknown where there is no value or no scale."""
        good, poor = (self.good_at, self.poor_at) if moment else (self.good, self.poor)
        if value is None or good is None or poor is None:
            return UNKNOWN
        return GOOD if value <= good else FAIR if value <= poor else POOR


# Jitter: real people who stand, walk, dance and jump have 40 to 250 m/s^3, runners 400, in moments 1,300 at
# most (bench/truth_clips.py). Off the picture: detectors see joints on the skin; alone that makes up to 2 %.
MEASURES = (
    Measure(
        "jitter", "Jitter", "m/s³", "How much joints shake. Quick motion has more of it, too.",
        300.0, 600.0, 1000.0, 2000.0, 0,
    ),
    Measure(
        "acceleration", "Acceleration", "m/s²", "How hard joints speed up and slow down: no good or bad.",
        None, None, None, None,
    ),
    Measure(
        "skate", "Foot skate", "cm", "How far a foot slides from where it was set down, while it stands.",
        1.0, 3.0, 2.0, 5.0,
    ),
    Measure(
        "slip", "Slip", "m/s", "How fast a foot moves over the floor while it stands.",
        0.05, 0.15, 0.2, 0.5, 2,
    ),
    Measure(
        "penetration", "Feet in the floor", "cm", "How deep soles are below the floor.", 0.5, 1.5, 2.0, 5.0,
    ),
    Measure(
        "hover", "Feet above the floor", "cm", "How high soles are over the floor while they stand.",
        1.0, 2.5, 3.0, 6.0,
    ),
    Measure(
        "bones", "Bones that stretch", "%", "How much bones change their length.", 0.5, 4.0, 3.0, 12.0,
    ),
    Measure(
        "reprojection", "Off the picture", "%",
        "How far joints lie from where they were seen in the picture, in percent of the person's height.",
        3.0, 6.0, 7.0, 14.0,
    ),
    Measure(
        "missing", "Not captured", "%", "Joints that nobody saw, or that were discarded, and are made up.",
        2.0, 15.0, 20.0, 60.0,
    ),
    Measure(
        "swapped", "Left and right exchanged", "%", "Joints that are on the other side for a moment.",
        0.0, 2.0, 5.0, 20.0,
    ),
)  # fmt: skip

BY_KEY = {measure.key: measure for measure in MEASURES}

"""How far joints of a body go: what inverse kinematics may ask of a limb.

Ranges: Boone and Azen, "Normal range of motion of joints in male subjects", Journal of Bone and Joint Surgery
61-A, 1979 (109 men, active motion, means and standard deviations); toes: Hopson, McPoil and Cornwall, Journal
of the American Podiatric Medical Association 85, 1995 (first toe, 65° in walking). The upper bounds here are
the mean and two standard deviations, for people who dance are on film more often than men of the army.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Hinge:
    """A joint that bends one way. least, most: flexion in radians, 0 is straight."""

    least: float
    most: float

    def distances(self, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(T,) shortest and longest way between the ends of limbs with bones of these lengths, (T,)."""
        return _across(upper, lower, self.most), _across(upper, lower, self.least)


KNEE = Hinge(0.0, np.deg2rad(143 + 2 * 5.4))
ELBOW = Hinge(0.0, np.deg2rad(143 + 2 * 5.6))
TOES = Hinge(0.0, np.deg2rad(65.0))


def _across(upper: np.ndarray, lower: np.ndarray, flexion: float) -> np.ndarray:
    return np.sqrt(np.maximum(upper**2 + lower**2 + 2.0 * upper * lower * np.cos(flexion), 0.0))

"""What the pose of legs costs, frame by frame: sums of squares, made small by Gauss and Newton's method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .ik import Chain
from .leg_angles import LegAngles, rows_cross

# Weights are radians^2 over radians^2 or metres^2: a bone that points wrong counts 1.
FLOOR = 3e3  # of a sole in the floor
_REACH = 1e4  # of hips beyond the reach of a leg that stands; its ankle gives way a tenth as easily


class Cost:
    """Of n unknowns in T frames. hessian: (n, n, T), its lower triangle. gradient: (n, T)."""

    def __init__(self, unknowns: int, frames: int) -> None:
        self.hessian = np.zeros((unknowns, unknowns, frames))
        self.gradient = np.zeros((unknowns, frames))

    def add(
        self,
        slope: Mapping[int, np.ndarray | float],
        residual: np.ndarray | float,
        weight: np.ndarray | float = 1.0,
    ) -> None:
        """Add weight * residual^2 / 2. slope: unknown → (T,) how the residual (T,) grows with it."""
        for row, growth in slope.items():
            pull = weight * growth
            self.gradient[row] += pull * residual
            for column, other in slope.items():
                if column <= row:
                    self.hessian[row, column] += pull * other

    def add_leg(
        self, angles: LegAngles, reach: np.ndarray | float, went: np.ndarray | None = None, sign: float = 1.0
    ) -> None:
        """Add what a leg's angles cost, as far as unknowns 0 to 2 move its ankle (sign 1) or hip (-1).

        reach: weight of a leg that is too long. went: (3, T) how its ankle has moved since.
        """
        misfit, beyond = angles.misfit, angles.beyond
        if went is not None:
            misfit = misfit + (angles.slope * went).sum(axis=1)
            beyond = beyond + (angles.line * went).sum(axis=0)
        for rows, residual in zip(angles.slope, misfit, strict=True):
            self.add(dict(enumerate(sign * rows)), residual)
        self.add(dict(enumerate(sign * angles.line)), beyond, reach * (beyond > 0))


@dataclass(frozen=True)
class Foot:
    """A stiff foot, world metres.

    chain: its leg as rotations alone put it. arms: (2, 3, T) from its ankle to heel and tip, across: (3, T)
    unit axis of pitch. places: (2, 3, T) of ends where they are held, by hold (2, T). heights: (2,) of ends
    that stand. grip: (T,) 1 where the foot stands.
    """

    chain: Chain
    arms: np.ndarray
    across: np.ndarray
    places: np.ndarray
    hold: np.ndarray
    heights: np.ndarray
    grip: np.ndarray

    def cut(self, frames: slice) -> Foot:
        """Some of the frames."""
        leg = (self.chain.root, self.chain.middle, self.chain.end, self.chain.hinge)
        chain = Chain(*(part[frames] for part in leg))
        arms, across, places = (rows[..., frames] for rows in (self.arms, self.across, self.places))
        return Foot(chain, arms, across, places, self.hold[:, frames], self.heights, self.grip[frames])

    def turned(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(2, 3, T) ways from ankle to heel and tip after pitch and yaw, values[3:5], and (3, T) the axis of
        that pitch."""
        sin, cos = np.sin(values[3]), np.cos(values[3])
        nodded = [arm * cos + rows_cross(self.across, arm) * sin for arm in self.arms]
        nodded = [
            arm + self.across * ((own * self.across).sum(axis=0) * (1.0 - cos))
            for arm, own in zip(nodded, self.arms, strict=True)
        ]
        sin, cos = np.sin(values[4]), np.cos(values[4])
        x, y, z = np.stack([*nodded, self.across], axis=1)
        every = np.stack([x * cos - y * sin, x * sin + y * cos, z], axis=1)
        return every[:2], every[2]


def foot_cost(foot: Foot, values: np.ndarray, angles: LegAngles, low: np.ndarray) -> tuple[Cost, Depths]:
    """Cost of a foot's values (5, T): way of its ankle, pitch and yaw; and how deep its ends are.

    low: (2, T) bool, ends that are to be brought to the floor although they are over it.
    """
    cost = Cost(*values.shape)
    cost.add_leg(angles, 0.1 * _REACH)
    for angle in (3, 4):
        cost.add({angle: 1.0}, values[angle])
    arms, pitch = foot.turned(values)
    depths, slopes, lows = [], [], []
    for end, arm in enumerate(arms):
        nod, place = rows_cross(pitch, arm), foot.chain.end.T + values[:3] + arm
        away, depth, hold = place - foot.places[end], place[2] - foot.heights[end], foot.hold[end]
        sinks = ((depth < 0) | low[end]) & (hold == 0)
        cost.add({0: 1.0, 3: nod[0], 4: -arm[1]}, away[0], hold)
        cost.add({1: 1.0, 3: nod[1], 4: arm[0]}, away[1], hold)
        cost.add({2: 1.0, 3: nod[2]}, np.where(sinks, depth, away[2]), hold + FLOOR * sinks)
        depths.append(depth)
        slopes.append(nod[2])
        lows.append(sinks)
    return cost, Depths(np.array(depths), np.array(slopes), np.array(lows))


@dataclass(frozen=True)
class Depths:
    """Heights (2, T) of a foot's ends over the floor, how pitch raises them, which are kept out of it."""

    height: np.ndarray
    slope: np.ndarray
    low: np.ndarray

    def needed(self, step: np.ndarray) -> np.ndarray:
        """(2, T) bool, ends that would sink again after a step (5, T) were they let go."""
        return self.low & (self.height + step[2] + self.slope * step[3] < 0)


def hips_cost(legs: list[tuple[Foot, LegAngles, np.ndarray]], in_air: float) -> Cost:
    """Cost of the way of the hips, (3, T). legs: foot, angles, and how the ankle (3, T) has moved since.

    in_air: what a foot that does not stand has to say, beside 1.
    """
    cost = Cost(3, legs[0][2].shape[1])
    for foot, angles, went in legs:
        own, say = Cost(3, went.shape[1]), foot.grip + in_air
        own.add_leg(angles, _REACH * foot.grip / say, went, sign=-1.0)
        cost.hessian += say * own.hessian
        cost.gradient += say * own.gradient
    return cost

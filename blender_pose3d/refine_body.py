"""Full-body refinement: hips, legs and feet share what a body of other proportions cannot have at once.

Rotations alone put a character's feet beside their places and into the floor. One part after another that
mends this leaves the last with all of the error. Here they are weighed against each other: way of the hips
and of each ankle, pitch and yaw of each foot. Thighs, shins and feet are to point as the person's; feet that
stand are in their places, no sole is in the floor, no leg is pulled beyond its reach, and nothing shakes.
Gauss-Newton over whole clips, in turns: the feet for given hips, the hips for given feet, each one banded
system. That is enough, since what stands is known, and a foot in the air follows the hips.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .banded import newton_step
from .body_costs import Foot, foot_cost, hips_cost
from .holds import grip_weight
from .ik import Chain
from .leg_angles import LegShape
from .limbs import bend, reach
from .planting import Feet
from .rotations import angle_about, cross, norm, reject, smoothstep, unit

_ROUNDS = 2, 4  # at least and at most; it ends when a round moves ankles by less than
_SETTLED = 0.012  # metres, root mean square
_HOLDS = 30.0  # of a contact, times ``holds.grip_weight``, beside 1 for a bone's radian
_NEAR, _IN_AIR = 0.3, 0.02  # of hips away from where they began; what a foot that does not stand says of them
# Of accelerations, metres or radians a frame^2 at 30 frames a second: hips; ankles and turns of feet.
_HIPS, _FEET = 150.0, np.array([50.0, 50.0, 50.0, 1.5, 1.5])
_MISSED = 0.02, 0.06  # metres by which a stiff foot misses its places: then it is not forced
_HEADING = 0.2, 0.5  # parts of a foot's length over the floor between which it gets a heading
_BLOCK, _LAP = 8192, 256  # frames solved at once, and shared by neighbours: memory stays flat
_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Leg:
    """A leg and its foot in T frames. chain: thigh and shin. ends: (2, T, 3) heel and tip, world metres."""

    chain: Chain
    ends: np.ndarray


def refined(
    legs: tuple[Leg, Leg], feet: Feet, places: np.ndarray, heights: np.ndarray, fps: float
) -> tuple[np.ndarray, list[Leg]]:
    """(T, 3) way of the hips, and left and right leg after it; world metres.

    legs: as rotations alone put them. feet: where they go by themselves (``planting.standing_feet``): from
    there this starts, and these contacts are kept. places: (T, 4, 3) of these. heights: (4,) of heels and
    tips that stand.
    """
    hold = _HOLDS * grip_weight(feet.contacts, fps)
    missed = norm(places - feet.ends)[..., None]
    places = places + smoothstep(missed, *_MISSED) * (feet.ends - places)
    parts, starts = [], [feet.hips.T]
    for side, leg in enumerate(legs):
        own = slice(2 * side, 2 * side + 2)
        arms, ends = np.moveaxis(leg.ends - leg.chain.end, 1, 2), np.moveaxis(feet.ends[:, own], 0, 2)
        grip, kept = feet.grip[:, own].max(axis=1), np.moveaxis(places[:, own], 0, 2)
        across = _across(arms[1] - arms[0], leg.chain.hinge)
        parts.append(Foot(leg.chain, arms, across, kept, hold[:, own].T, heights[own], grip))
        turned = _pitch_and_yaw(arms[1] - arms[0], ends[1] - ends[0])
        starts += [(feet.ankles[:, side] - leg.chain.end).T, turned]
    values = _in_blocks(parts, np.concatenate(starts), (fps / 30.0) ** 4)
    hips, made = values[:3], []
    for foot, found in zip(parts, (values[3:8], values[8:]), strict=True):
        chain = _bent(foot.chain, hips.T, found[:3].T)
        made.append(Leg(chain, chain.end + np.moveaxis(foot.turned(found)[0], 1, 2)))
    return hips.T, made


def _bent(leg: Chain, hips: np.ndarray, ankle: np.ndarray) -> Chain:
    """A leg whose hip and ankle were moved by (T, 3), the ankle as near as the leg reaches."""
    root, end = leg.root + hips, leg.end + ankle
    upper, lower = leg.lengths()
    far = reach(upper + lower, norm(end - root), norm(leg.end - leg.root))
    end = root + unit(end - root) * far[:, None]
    return Chain(root, bend(root, leg.middle + hips, leg.end + hips, end, leg.hinge), end, leg.hinge)


def _in_blocks(parts: list[Foot], start: np.ndarray, rate: float) -> np.ndarray:
    """Values (13, T) of a whole clip: neighbouring blocks are blended where they overlap."""
    frames = start.shape[1]
    if frames <= _BLOCK + _LAP:
        return _solved(parts, start, rate)
    values = start.copy()
    for first in range(0, frames, _BLOCK):
        block = slice(max(first - _LAP, 0), min(first + _BLOCK + _LAP, frames))
        found = _solved([foot.cut(block) for foot in parts], start[:, block], rate)
        if first:
            # Both know these frames, and least of those at which they end.
            shared = found[:, : 2 * _LAP]
            before = values[:, block.start : block.start + shared.shape[1]]
            shared[:] = before + smoothstep(np.arange(shared.shape[1]), 0.0, 2.0 * _LAP) * (shared - before)
        values[:, block] = found
    return values


def _solved(parts: list[Foot], start: np.ndarray, rate: float) -> np.ndarray:
    """Values (13, T): way of the hips; way of the ankle, pitch and yaw of the left and of the right foot.

    rate: of accelerations a frame^2, squared, over those at 30 frames a second.
    """
    values = start.copy()
    hips, feet = values[:3], (values[3:8], values[8:])
    shapes = [LegShape(foot.chain) for foot in parts]
    low = [np.zeros((2, start.shape[1]), dtype=bool) for _ in parts]
    least, most = _ROUNDS
    for done in range(1, most + 1):
        legs = []
        for side, (foot, own) in enumerate(zip(parts, feet, strict=True)):
            angles = shapes[side].angles((foot.chain.end - foot.chain.root).T + own[:3] - hips)
            cost, depths = foot_cost(foot, own, angles, low[side])
            step = newton_step(cost.hessian, cost.gradient, own, rate * _FEET)
            own[:] = own + step
            # An end that would sink without it stays on the floor: else it comes and goes with the rounds.
            low[side] = depths.needed(step)
            legs.append((foot, angles, step[:3]))
        cost = hips_cost(legs, _IN_AIR)
        for axis in range(3):
            cost.add({axis: 1.0}, hips[axis] - start[axis], _NEAR)
        hips += newton_step(cost.hessian, cost.gradient, hips, np.full(3, rate * _HIPS))
        moved = max(float((went**2).sum(axis=0).mean()) for _, _, went in legs)
        if done >= least and moved < _SETTLED**2:
            break
    return values


def _across(way: np.ndarray, hinge: np.ndarray) -> np.ndarray:
    """(3, T) unit axis about which a foot pitches: level, or nearly the knee's (T, 3) for one that points up
    or down. way: (3, T) from heel to tip."""
    ahead = unit(way.T)
    return unit(cross(_UP, ahead) + _HEADING[0] * reject(hinge, ahead)).T


def _pitch_and_yaw(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(2, T) radians by which a foot turned, from one way (3, T) from heel to tip to another."""
    flat = [np.hypot(way[0], way[1]) for way in (before, after)]
    pitch = np.arctan2(before[2], flat[0]) - np.arctan2(after[2], flat[1])
    yaw = angle_about(_UP, *(way.T * (1.0, 1.0, 0.0) for way in (before, after)))
    return np.stack([pitch, yaw * smoothstep(np.minimum(*flat) / norm(before.T), *_HEADING)])

"""Which way is up, seen from the camera: people balance over their feet, and stand on one floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bones import unit
from .camera import up_for_tilt
from .feet import soles
from .skeleton import Skeleton

# What is known before looking (degrees): cameras are hardly rolled, and mostly look down a little.
_ROLL, _TILT, _USUAL_TILT = 2.0, 10.0, 5.0
_GIVEN = 0.01
# Somebody who stands sways back and forth more than to the sides; over a clip the mean of it counts for at
# most so many seconds, and the lifted body leans by the last number however long one looks (degrees).
_FORTH, _SIDEWAYS, _SECONDS, _LIFTED = 6.0, 3.0, 4.0, 2.5
# Hips and shoulders are level, in the mean (degrees; the second however long one looks).
_LEVEL, _LEVEL_LIFTED = 8.0, 4.0
# Of the places where feet stand, in metres: what is off the floor, by how much a step's height is wrong, and
# how far off it seems to be on the ground; as many steps as count at most.
_FLOOR, _STEP_HEIGHT, _STEP_PLACE, _STEPS = 0.06, 0.1, 0.3, 16
_STEP_TIME = 0.3  # seconds
_FOUND = 0.6  # part of the first guess's spread in tilt that may be left
_ROUNDS = 6

# Share of the body's mass between each two joints, and where along (Winter, Biomechanics, 2009).
_MASS = (
    ("Neck", "Head", 0.08, 0.5), ("Hip", "Thorax", 0.5, 0.56),
    *((s + a, s + b, m, at) for s in "LR" for a, b, m, at in (
        ("Hip", "Knee", 0.1, 0.43), ("Knee", "Ankle", 0.061, 0.43),
        ("Shoulder", "Elbow", 0.028, 0.44), ("Elbow", "Wrist", 0.022, 0.68),
    )),
)  # fmt: skip
_SUPPORT = 0.2  # from the ankles to the toes, where the feet carry somebody

_Evidence = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Up:
    """direction: (3,) unit, camera axes. spread: (2,) degrees, standard deviations of roll and tilt. found:
    whether the motion told; otherwise the camera is taken to be level."""

    direction: np.ndarray
    spread: np.ndarray
    found: bool


def find_up(
    joints: np.ndarray,
    score: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    *,
    tilt: float | None = None,
    roll: float | None = None,
) -> Up:
    """Up direction from joints (T, J, 3) in camera axes, metres, with scores (T, J).

    tilt, roll: degrees, where they are known. The most probable direction given what is usual of cameras, the
    line from the feet to the centre of mass and the level of hips and shoulders over the moments in which
    somebody stands, and a plane through the places where feet stand. Each is a Gaussian in two small turns of
    the direction; outliers lose their say (Cauchy weights), and rounds of Gauss-Newton turn it.
    """
    body = _body(joints, score, skeleton)
    level = up_for_tilt(_USUAL_TILT if tilt is None else tilt, roll or 0.0)
    spread = np.array([_ROLL if roll is None else _GIVEN, _TILT if tilt is None else _GIVEN])
    standing = unit((body.sure[:, None] * body.axis).sum(axis=0))
    up = level if tilt is not None else unit(level + 2.0 * standing)
    precision = np.eye(2)
    for _ in range(_ROUNDS):
        axes = _level_axes(up)
        square, pull = np.diag(np.radians(spread) ** -2.0), axes @ (level - up) / np.radians(spread) ** 2
        for evidence in (_balance(body, up, axes, fps), _sides(body, up, axes, fps)):
            square, pull = square + evidence[0], pull + evidence[1]
        floor = _floor(joints, skeleton, fps, up=up, axes=axes, known=(square, pull))
        precision, pull = square + floor[0], pull + floor[1]
        up = unit(up + axes.T @ np.linalg.solve(precision, pull))
    if tilt is not None or roll is not None:
        up = _as_told(up, tilt, roll)
    left = np.degrees(np.sqrt(np.diag(np.linalg.inv(precision))))
    if tilt is None and left[1] > _FOUND * _TILT:
        return Up(up_for_tilt(0.0, roll or 0.0), left, False)
    return Up(up, left, True)


def _as_told(up: np.ndarray, tilt: float | None, roll: float | None) -> np.ndarray:
    found_tilt = float(np.degrees(np.arcsin(np.clip(-up[2], -1.0, 1.0))))
    found_roll = float(np.degrees(np.arctan2(-up[0], -up[1])))
    return up_for_tilt(found_tilt if tilt is None else tilt, found_roll if roll is None else roll)


@dataclass(frozen=True)
class _Body:
    """axis: (T, 3) from the feet to the centre of mass. left: (T, 3) across hips and shoulders. sure: (T,) 0
    to 1, how far somebody stands."""

    axis: np.ndarray
    left: np.ndarray
    sure: np.ndarray


def _body(joints: np.ndarray, score: np.ndarray, skeleton: Skeleton) -> _Body:
    def at(name: str) -> np.ndarray:
        return joints[:, skeleton.index(name)]

    mass = sum(share for *_, share, _ in _MASS)
    centre = sum(share / mass * (at(a) + along * (at(b) - at(a))) for a, b, share, along in _MASS)
    toe = "Toe" if "LToe" in skeleton.joints else "Ankle"
    feet = sum((1 - _SUPPORT) * at(s + "Ankle") + _SUPPORT * at(s + toe) for s in "LR") / 2
    axis = unit(centre - feet)
    left = unit(unit(at("LShoulder") - at("RShoulder")) + unit(at("LHip") - at("RHip")))
    lean = np.arccos(np.clip((unit(at("Thorax") - at("Hip")) * axis).sum(-1), -1.0, 1.0))
    sure = np.exp(-((lean / np.radians(30)) ** 2))
    straight = np.ones(len(joints))
    for side in "LR":
        thigh, shank = (
            unit(at(side + "Knee") - at(side + "Hip")),
            unit(at(side + "Ankle") - at(side + "Knee")),
        )
        low, high = np.cos(np.radians([100, 40]))
        straight = np.minimum(straight, np.clip(((thigh * shank).sum(-1) - low) / (high - low), 0.0, 1.0))
        sure = sure * (score[:, skeleton.index(side + "Ankle")] > 0)
    sure = np.clip((sure * (0.1 + 0.9 * straight) - 0.3) / 0.7, 0.0, 1.0)
    return _Body(axis, left, np.where(axis[:, 1] < -0.4, sure, 0.0))


def _level_axes(up: np.ndarray) -> np.ndarray:
    """(2, 3) unit vectors along the ground: to the picture's side, and ahead."""
    side = unit(np.cross(up, [0.0, 0.0, 1.0]))
    ahead = np.cross(side, up)
    return np.stack([side, ahead if ahead[2] > 0 else -ahead])


def _balance(body: _Body, up: np.ndarray, axes: np.ndarray, fps: float) -> _Evidence:
    """The mean lean of a body is none; sideways more surely than back and forth."""
    lean = (body.axis - up) @ axes.T
    weight = body.sure / (1.0 + (lean**2).sum(-1) / 0.25**2)
    seconds = float(weight.sum() / fps)
    if seconds < 0.05:
        return np.zeros((2, 2)), np.zeros(2)
    across = unit(np.concatenate([body.left @ axes.T, np.zeros((len(lean), 1))], axis=1))[:, :2]
    ahead = np.stack([-across[:, 1], across[:, 0]], axis=-1)
    sure = np.zeros((2, 2))
    pull = np.zeros(2)
    for direction, sway in ((across, _SIDEWAYS), (ahead, _FORTH)):
        part = weight[:, None] * direction / np.radians(sway) ** 2 / weight.sum()
        sure += part.T @ direction
        pull += part.T @ (direction * lean).sum(-1)
    mean = np.linalg.solve(sure, pull)
    spread = np.linalg.inv(sure) / min(seconds, _SECONDS) + np.eye(2) * np.radians(_LIFTED) ** 2
    precision = np.linalg.inv(spread)
    return precision, precision @ mean


def _sides(body: _Body, up: np.ndarray, axes: np.ndarray, fps: float) -> _Evidence:
    """Left and right are at one height: no component of the line between them along up."""
    along, rise = body.left @ axes.T, body.left @ up
    weight = body.sure / (1.0 + (rise / 0.12) ** 2)
    seconds = min(float(weight.sum() / fps), _SECONDS)
    if seconds < 0.3:
        return np.zeros((2, 2)), np.zeros(2)
    error = np.radians(_LEVEL) ** 2 + seconds * np.radians(_LEVEL_LIFTED) ** 2
    part = seconds / weight.sum() / error * weight[:, None] * along
    return part.T @ along, -part.T @ rise


def _floor(
    joints: np.ndarray, skeleton: Skeleton, fps: float, *, up: np.ndarray, axes: np.ndarray, known: _Evidence
) -> _Evidence:
    """Feet stand on one level. known: what is known without, in which an outlier shows.

    Ahead counts where the hip is: how far a foot is before it or behind is hardly known, and an error of it
    would look like a floor that is flatter than it is.
    """
    none = np.zeros((2, 2)), np.zeros(2)
    points, sure = soles(joints, skeleton, up, fps)
    height = points @ up
    sure = sure * np.exp(-(((height - height.min(axis=1, keepdims=True)) / _FLOOR) ** 2))
    total = sure.sum(axis=1)
    weight = np.minimum(total, 1.0)
    steps = float(weight.sum() / (_STEP_TIME * fps))
    stands = weight > 0.3
    if steps < 1 or not stands.any():
        return none
    total = np.maximum(total, 1e-9)
    rise = (height * sure).sum(axis=1) / total
    place = np.stack([(points @ axes[0] * sure).sum(axis=1) / total, joints[:, 0] @ axes[1]], axis=-1)
    # Nobody stands below the floor, but some stand on boxes: the first guess of its height is a low one.
    away = np.abs(place - np.median(place, axis=0)).sum(axis=1) * np.radians(6)
    low = np.percentile(rise[stands], 20)
    robust = weight / (1.0 + (rise - low) ** 2 / ((3 * _FLOOR) ** 2 + away**2)) ** 2 + 1e-9
    square, pull = none
    for _ in range(5):
        spread = place - np.average(place, axis=0, weights=robust)
        higher = rise - np.average(rise, weights=robust)
        part = min(steps, _STEPS) / weight.sum() / _STEP_HEIGHT**2 * robust[:, None] * spread
        square, pull = part.T @ spread, -part.T @ higher
        turn = np.linalg.solve(known[0] + square, known[1] + pull)
        off = higher + spread @ turn
        robust = weight / (1.0 + (off / (2 * _FLOOR)) ** 2) ** 2 + 1e-9
    # Where somebody stays in one place most of the spread is error, and its slope is not the floor's.
    walked = joints[:, 0] @ axes.T
    real = walked.var(axis=0) / (walked.var(axis=0) + _STEP_PLACE**2)
    return square * np.sqrt(np.outer(real, real)), pull * real

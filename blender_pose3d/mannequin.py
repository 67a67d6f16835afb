"""The shape of a mannequin round a humanoid's bones: surfaces of rounded tubes, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from .proportions import RestBone
from .rotations import any_normal, reject, smoothstep, unit

_SEGMENTS = 20
_FORWARD = np.array([0.0, -1.0, 0.0])
_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Part:
    """A surface: vertices (V, 3) metres, quads (Q, 4), weights bone → (V,), side "L", "R" or ""."""

    vertices: np.ndarray
    quads: np.ndarray
    weights: dict[str, np.ndarray]
    side: str


def mannequin(bones: list[RestBone]) -> list[Part]:
    """Parts of a body round the bones of ``proportions.rest_bones``. Limbs are rigid, the trunk bends."""
    by = {bone.name: bone for bone in bones}
    size = (by["head"].tail[2]) / 1.70
    parts = [_trunk(by, size), *_head(by, size)]
    for side in ("L", "R"):
        parts += _arm(by, side, size) + _leg(by, side, size)
    return parts


def _tube(
    centres: np.ndarray,
    radii: np.ndarray,
    across: np.ndarray,
    weights: dict[str, np.ndarray],
    *,
    side: str = "",
    power: float = 2.0,
) -> Part:
    """Superellipses of half widths ``radii`` (n, 2) about a line of points (n, 3), open at its ends.

    across: (3,) direction of the first half width. weights: bone → (n,) for each ring. power: 2 is an
    ellipse, more is boxier.
    """
    along = unit(np.gradient(centres, axis=0))
    first = unit(reject(np.broadcast_to(across, along.shape), along))
    second = np.cross(along, first)
    angle = np.linspace(0, 2 * np.pi, _SEGMENTS, endpoint=False)
    cos, sin = (np.sign(f) * np.abs(f) ** (2 / power) for f in (np.cos(angle), np.sin(angle)))
    rings = centres[:, None] + (
        radii[:, :1, None] * cos[:, None] * first[:, None]
        + radii[:, 1:, None] * sin[:, None] * second[:, None]
    )
    n = len(centres)
    ring, step = np.meshgrid(np.arange(n - 1), np.arange(_SEGMENTS), indexing="ij")
    a, b = ring * _SEGMENTS + step, ring * _SEGMENTS + (step + 1) % _SEGMENTS
    quads = np.stack([a, b, b + _SEGMENTS, a + _SEGMENTS], axis=-1).reshape(-1, 4)
    each = {bone: np.repeat(weight, _SEGMENTS) for bone, weight in weights.items()}
    return Part(rings.reshape(-1, 3), quads, each, side)


def _capsule(
    head: np.ndarray,
    tail: np.ndarray,
    profile: list[tuple[float, float]],
    bone: str,
    *,
    side: str = "",
    across: np.ndarray = _FORWARD,
) -> Part:
    """A tube from head to tail with hemispheres on its ends, so that neighbours make a ball joint.

    profile: (fraction of the length, radius in metres).
    """
    at, radius = np.array(profile).T
    length = float(np.linalg.norm(tail - head))
    dome = np.linspace(0, np.pi / 2, 6)[:-1]
    middle = np.linspace(0, 1, 14)
    start, end = radius[0], radius[-1]
    along = [-start * np.cos(dome), middle * length, length + end * np.cos(dome[::-1])]
    smooth = np.interp(middle, at, radius)
    smooth[1:-1] = (smooth[:-2] + 2 * smooth[1:-1] + smooth[2:]) / 4
    thick = np.concatenate([start * np.sin(dome), smooth, end * np.sin(dome[::-1])])
    thick = np.maximum(thick, 1e-4)
    direction = unit(tail - head)
    if np.linalg.norm(reject(across, direction)) < 0.1:
        across = any_normal(direction)
    centres = head + np.concatenate(along)[:, None] * direction
    return _tube(centres, np.stack([thick, thick], -1), across, {bone: np.ones(len(centres))}, side=side)


def _rounded(ends: np.ndarray, count: int) -> np.ndarray:
    """Parameters 0 to 1 that crowd at both ends, where a closed shape curves most."""
    return ends[0] + (ends[1] - ends[0]) * (1 - np.cos(np.linspace(0, np.pi, count))) / 2


def _trunk(by: dict[str, RestBone], size: float) -> Part:
    hip, neck = by["hips"].head, by["neck"].head
    back = neck[2] - hip[2]
    wide = np.linalg.norm(by["upper_arm.L"].head - by["upper_arm.R"].head) / 2
    hips = np.linalg.norm(by["thigh.L"].head - by["thigh.R"].head) / 2
    # height over the back's length, half width, half depth, forwards
    rows = np.array([
        (-0.19, 0.001, 0.001, 0.004),
        (-0.185, 0.22 * hips, 0.024 * size, 0.004),
        (-0.16, 0.50 * hips, 0.046 * size, 0.002),
        (-0.08, 1.05 * hips, 0.080 * size, -0.003),
        (0.03, 0.66 * hips + 0.094 * size, 0.102 * size, -0.006),
        (0.14, 0.40 * hips + 0.106 * size, 0.100 * size, -0.002),
        (0.34, 0.67 * wide, 0.084 * size, 0.006),
        (0.50, 0.71 * wide, 0.092 * size, 0.006),
        (0.72, 0.83 * wide, 0.108 * size, 0.004),
        (0.88, 0.88 * wide, 0.100 * size, 0.000),
        (1.00, 0.82 * wide, 0.080 * size, -0.004),
        (1.075, 0.56 * wide, 0.064 * size, -0.006),
        (1.13, 0.046 * size, 0.048 * size, -0.006),
        (1.14, 0.001, 0.001, -0.006),
    ])  # fmt: skip
    at = np.unique(np.concatenate([rows[:, 0], np.linspace(-0.18, 1.13, 36)]))
    width, depth, ahead = (_curve(rows[:, 0], rows[:, i], at) for i in (1, 2, 3))
    centres = np.stack([np.zeros_like(at), -ahead, hip[2] + at * back], axis=-1)
    joints = (np.array([by[b].head[2] for b in ("spine", "chest")]) - hip[2]) / back
    spine = smoothstep(at, joints[0] - 0.12, joints[0] + 0.12)
    chest = smoothstep(at, joints[1] - 0.14, joints[1] + 0.14)
    weights = {"hips": 1 - spine, "spine": spine - chest * spine, "chest": chest * spine}
    return _tube(centres, np.stack([width, depth], -1), np.array([1.0, 0, 0]), weights, power=2.3)


def _curve(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    return PchipInterpolator(x, y)(at)


def _head(by: dict[str, RestBone], size: float) -> list[Part]:
    base, top = by["head"].head, by["head"].tail
    tall = top[2] - base[2]
    # height over the head bone's length, half width, half depth, forwards; metres at a head of 0.194 m
    rows = np.array([
        (-0.27, 0.001, 0.001, 0.046),
        (-0.26, 0.016, 0.014, 0.046),
        (-0.20, 0.038, 0.044, 0.036),
        (-0.05, 0.060, 0.078, 0.020),
        (0.25, 0.073, 0.092, 0.008),
        (0.52, 0.076, 0.098, 0.002),
        (0.78, 0.066, 0.084, -0.004),
        (0.93, 0.042, 0.054, -0.006),
        (0.99, 0.012, 0.016, -0.006),
        (1.00, 0.001, 0.001, -0.006),
    ])  # fmt: skip
    rows[:, 1:] *= tall / 0.194
    at = _rounded(np.array([-0.27, 1.0]), 26)
    width, depth, ahead = (_curve(rows[:, 0], rows[:, i], at) for i in (1, 2, 3))
    centres = base + at[:, None] * tall * _UP + ahead[:, None] * _FORWARD
    one = {"head": np.ones(len(at))}
    skull = _tube(centres, np.stack([width, depth], -1), np.array([1.0, 0, 0]), one)
    scale = tall / 0.194
    bridge = base + _UP * 0.28 * tall + _FORWARD * 0.094 * scale
    nose = _capsule(
        bridge, base + _UP * 0.10 * tall + _FORWARD * 0.104 * scale, [(0, 0.008 * scale), (1, 0.013 * scale)],
        "head", across=np.array([1.0, 0, 0]),
    )  # fmt: skip
    neck = by["neck"]
    throat = _capsule(
        neck.head - _UP * 0.01, base + _UP * 0.01,
        [(0, 0.056 * size), (0.6, 0.050 * size), (1, 0.052 * size)],
        "neck", across=np.array([1.0, 0, 0]),
    )  # fmt: skip
    return [skull, nose, throat]


def _arm(by: dict[str, RestBone], side: str, s: float) -> list[Part]:
    collar, upper, lower, hand = (by[f"{b}.{side}"] for b in ("shoulder", "upper_arm", "forearm", "hand"))
    out = unit(hand.tail - hand.head)
    inner = collar.head + 0.45 * (collar.tail - collar.head) - _UP * 0.006
    palm = np.linspace(0.0, 1.0, 16)
    reach = np.linalg.norm(hand.tail - hand.head)
    wide = np.interp(
        palm, [0, 0.12, 0.4, 0.55, 0.85, 0.97, 1], [0.012, 0.026, 0.041, 0.041, 0.034, 0.018, 0.001]
    )
    thick = np.interp(palm, [0, 0.12, 0.4, 0.6, 0.97, 1], [0.012, 0.019, 0.018, 0.013, 0.007, 0.001])
    mitten = _tube(
        hand.head + palm[:, None] * reach * out,
        s * np.stack([wide, thick], -1),
        _FORWARD,
        {hand.name: np.ones(len(palm))},
        side=side,
        power=2.6,
    )
    root = hand.head + out * 0.18 * reach + _FORWARD * 0.026 * s - _UP * 0.004
    thumb = root + out * 0.34 * reach + _FORWARD * 0.032 * s - _UP * 0.012
    return [
        _capsule(inner, collar.tail, [(0, 0.052 * s), (1, 0.053 * s)], collar.name, side=side),
        _capsule(
            upper.head, upper.tail, [(0, 0.053 * s), (0.3, 0.049 * s), (0.8, 0.039 * s), (1, 0.038 * s)],
            upper.name, side=side,
        ),
        _capsule(
            lower.head, lower.tail, [(0, 0.038 * s), (0.25, 0.041 * s), (0.75, 0.030 * s), (1, 0.026 * s)],
            lower.name, side=side,
        ),
        mitten,
        _capsule(root, thumb, [(0, 0.013 * s), (0.5, 0.012 * s), (1, 0.009 * s)], hand.name, side=side),
    ]  # fmt: skip


def _leg(by: dict[str, RestBone], side: str, s: float) -> list[Part]:
    thigh, shin, foot, toe = (by[f"{b}.{side}"] for b in ("thigh", "shin", "foot", "toe"))
    return [
        _capsule(
            thigh.head, thigh.tail, [(0, 0.088 * s), (0.25, 0.083 * s), (0.75, 0.060 * s), (1, 0.054 * s)],
            thigh.name, side=side,
        ),
        _capsule(
            shin.head, shin.tail, [(0, 0.054 * s), (0.28, 0.056 * s), (0.75, 0.037 * s), (1, 0.034 * s)],
            shin.name, side=side,
        ),
        _shoe(foot, toe, side, s),
    ]  # fmt: skip


def _shoe(foot: RestBone, toe: RestBone, side: str, s: float) -> Part:
    heel = foot.head - _FORWARD * 0.062 * s
    tip = toe.tail + _FORWARD * 0.012 * s
    length = float((tip - heel) @ _FORWARD)
    at = _rounded(np.array([0.0, 1.0]), 22)
    knots = [0, 0.03, 0.15, 0.32, 0.55, 0.75, 0.92, 0.99, 1]
    wide = s * np.interp(at, knots, [0.001, 0.020, 0.034, 0.036, 0.042, 0.046, 0.036, 0.014, 0.001])
    top = s * np.interp(at, knots, [0.030, 0.060, 0.082, 0.090, 0.066, 0.046, 0.032, 0.022, 0.014])
    low = s * np.interp(at, knots, [0.030, 0.008, 0.0, 0.0, 0.004, 0.0, 0.0, 0.006, 0.014])
    centres = heel + at[:, None] * length * _FORWARD
    centres[:, 2] = (top + low) / 2
    ball = float((foot.tail - heel) @ _FORWARD) / length
    bent = smoothstep(at, ball - 0.06, ball + 0.06)
    radii = np.stack([wide, np.maximum((top - low) / 2, 1e-4)], -1)
    return _tube(
        centres, radii, np.array([1.0, 0, 0]), {foot.name: 1 - bent, toe.name: bent}, side=side, power=2.8
    )

"""The timeline of a motion's quality as inline SVG: a row a number, contacts, the worst moments marked."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

import numpy as np

from .moments import Moment, plain
from .quality import Quality
from .quality_scale import BY_KEY, Measure

WIDTH = 1000
_LEFT, _RIGHT, _TOP = 190, 12, 30
_ROW, _GAP, _BAR = 52, 16, 9
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_ENDS = ("LHeel", "LToe", "RHeel", "RToe")


def timeline(quality: Quality, moments: list[Moment], start: int = 1) -> str:
    """An <svg> as wide as its container. Time runs from left to right; raw is grey, the motion blue.

    start: the animation's first frame.
    """
    keys = [key for key in quality.after if quality.after[key].worst or quality.raw[key].worst]
    feet = quality.touching.shape[1]
    high = _TOP + len(keys) * (_ROW + _GAP) + (feet * _BAR + 30 if quality.touching.any() else 0) + 34
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {high}" role="img" aria-label="Quality along time">',
        *_axis(quality, high, start),
    ]
    for number, key in enumerate(keys):
        parts += _row(quality, BY_KEY[key], _TOP + number * (_ROW + _GAP), moments)
    if quality.touching.any():
        parts += _contacts(quality, _TOP + len(keys) * (_ROW + _GAP) + 8)
    return "\n".join([*parts, "</svg>"])


def _across(quality: Quality, frame: float) -> float:
    last = max(len(quality.time) - 1, 1)
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * frame / last


def _axis(quality: Quality, high: int, start: int) -> list[str]:
    seconds = max(len(quality.time) - 1, 1) / quality.fps
    step = next((s for s in _STEPS if seconds / s <= 12), _STEPS[-1])
    parts = []
    for number in range(math.floor(seconds / step + 1e-9) + 1):
        frame = number * step * quality.fps
        x = _across(quality, frame)
        parts += [
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 6}" y2="{high - 30}"/>',
            f'<text class="tick" x="{x:.1f}" y="{high - 16}">{number * step:g} s</text>',
            f'<text class="tick" x="{x:.1f}" y="{high - 3}">{start + round(frame)}</text>',
        ]
    parts.append(f'<text class="name" x="0" y="{high - 16}">Seconds into the clip</text>')
    parts.append(f'<text class="name" x="0" y="{high - 3}">Frame of the animation</text>')
    return parts


def _row(quality: Quality, measure: Measure, top: int, moments: list[Moment]) -> list[str]:
    after, raw = quality.after[measure.key], quality.raw[measure.key]
    # A raw curve that flies off would leave nothing to see of the motion.
    poor = measure.poor_at or 0.0
    ceiling = 1.05 * max(after.worst or 0.0, poor, min(raw.worst or 0.0, 2 * poor or math.inf)) or 1.0

    def height(value: float) -> float:
        return top + _ROW * (1 - min(value / ceiling, 1.0))

    top_value = f"{ceiling:.{measure.digits}f} {escape(measure.unit)}"
    parts = [
        f'<rect class="field" x="{_LEFT}" y="{top}" width="{WIDTH - _LEFT - _RIGHT}" height="{_ROW}"/>',
        f'<text class="title" x="0" y="{top + 20}">{escape(measure.title)}</text>',
        f'<text class="name" x="0" y="{top + 36}">0 to {top_value}</text>',
    ]
    for limit, kind in ((measure.good_at, "good"), (measure.poor_at, "poor")):
        if limit is not None:
            y = height(limit)
            ends = f'x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"'
            parts.append(f'<line class="limit {kind}" {ends}/>')
    for curve, kind in ((raw, "raw"), (after, "after")):
        points = _points(quality, curve.values, height)
        parts += [f'<polyline class="{kind}" points="{piece}"/>' for piece in points]
    for number, moment in enumerate(moments, start=1):
        if moment.measure is measure:
            x, y = _across(quality, moment.peak), height(moment.value)
            parts += [
                f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="4"/>',
                f'<text class="number" x="{x + 6:.1f}" y="{max(y, top + 9):.1f}">{number}</text>',
            ]
    return parts


def _points(quality: Quality, values: np.ndarray, height: Callable[[float], float]) -> list[str]:
    """Polylines of the runs of finite values; of many frames on one pixel the largest."""
    size = max(1, math.ceil(len(values) / (WIDTH - _LEFT - _RIGHT)))
    padded = np.full(math.ceil(len(values) / size) * size, -np.inf)
    padded[: len(values)] = np.where(np.isfinite(values), values, -np.inf)
    tops = padded.reshape(-1, size).max(axis=1)
    known = np.flatnonzero(np.isfinite(tops))
    runs = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1) if len(known) else []
    lines = [[(_across(quality, i * size), height(tops[i])) for i in run] for run in runs]
    # A run of one frame is a short dash.
    lines = [line if len(line) > 1 else [line[0], (line[0][0] + 1.5, line[0][1])] for line in lines]
    return [" ".join(f"{x:.1f},{y:.1f}" for x, y in line) for line in lines]


def _contacts(quality: Quality, top: int) -> list[str]:
    parts = [f'<text class="title" x="0" y="{top + 10}">Feet on the floor</text>']
    names = _ENDS if quality.touching.shape[1] == len(_ENDS) else _ENDS[::2]
    for row, (name, column) in enumerate(zip(names, quality.touching.T, strict=False)):
        y = top + row * _BAR
        parts.append(f'<text class="end" x="{_LEFT - 6}" y="{y + 7}">{plain(name)}</text>')
        edges = np.flatnonzero(np.diff(np.concatenate([[0], column.astype(np.int8), [0]])))
        for first, stop in edges.reshape(-1, 2):
            x, end = _across(quality, first), _across(quality, max(stop - 1, first + 0.5))
            parts.append(
                f'<rect class="stands" x="{x:.1f}" y="{y}" width="{end - x:.1f}" height="{_BAR - 2}"/>'
            )
    return parts

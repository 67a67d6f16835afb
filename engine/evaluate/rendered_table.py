"""The figures of rendered clips for people and for programs."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from .rendered import MEASURES, METHODS, Clip


def summary(clips: list[Clip], names: dict[str, str]) -> dict[str, Any]:
    """JSON-able: the mean over followed frames of all clips, each clip, and what was used (names).

    BlazePose's own 3D and ours on the joints that both know are measured on the same frames.
    """
    frames, followed = sum(c.frames for c in clips), sum(c.followed for c in clips)
    return {
        **names,
        "clips": len(clips),
        "frames": frames,
        "followed": followed,
        "clips_without_a_person": sum(c.followed == 0 for c in clips),
        "other_people_found": sum(c.others for c in clips),
        "mean": {method: {m: _mean(clips, method, m) for m in MEASURES} for method in METHODS},
        "by_clip": [_plain(asdict(c)) for c in clips],
    }


def _mean(clips: list[Clip], method: str, measure: str) -> float | None:
    exact = method == METHODS[-1]
    weighed = [(c.figures[method][measure], c.frames if exact else c.followed) for c in clips]
    weighed = [(value, weight) for value, weight in weighed if math.isfinite(value) and weight]
    total = sum(weight for _, weight in weighed)
    return round(sum(v * w for v, w in weighed) / total, 2) if total else None


def _plain(value: Any) -> Any:
    """NaN is no JSON."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value


def table(result: dict[str, Any]) -> str:
    """Markdown, millimetres of a person 1.70 m tall."""
    lines = [
        f"{result['lifter']} on {result['clips']} rendered clips, 2D by {result['pose2d']}: "
        f"{result['followed']} of {result['frames']} frames followed, "
        f"{result['clips_without_a_person']} clips in which nobody was, "
        f"{result['other_people_found']} people found besides (some photographs show small ones).",
        "",
        "| mean over followed frames, mm | " + " | ".join(MEASURES) + " |",
        "| --- |" + " ---: |" * len(MEASURES),
    ]
    for method in METHODS:
        row = result["mean"][method]
        lines.append(f"| {method} | " + " | ".join(_shown(row[m]) for m in MEASURES) + " |")
    lines += ["", "| clip | followed | 2D error, % of height | " + " | ".join(_HEADS) + " |"]
    lines.append("| --- |" + " ---: |" * (len(_HEADS) + 2))
    for clip in result["by_clip"]:
        cells = [f"{clip['followed']} of {clip['frames']}", _shown(clip["pixels"], 100)]
        cells += [_shown(clip["figures"][method][measure]) for method, measure in _HEADS.values()]
        lines.append(f"| {clip['name']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


_HEADS = {
    "ours MPJPE": ("ours", "MPJPE"),
    "P-MPJPE": ("ours", "P-MPJPE"),
    "shared: ours P-MPJPE": ("ours, shared joints", "P-MPJPE"),
    "BlazePose P-MPJPE": ("BlazePose 3D, shared joints", "P-MPJPE"),
    "exact 2D P-MPJPE": ("ours, exact 2D", "P-MPJPE"),
}


def _shown(value: float | None, scale: float = 1.0) -> str:
    return "-" if value is None else f"{scale * value:.1f}"

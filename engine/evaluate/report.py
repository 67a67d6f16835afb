"""Figures of lifters as tables: for the terminal, and in Markdown for a weight file's card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .card import write_figures
from .figures import LIMBS, MEASURES, by_limb

_BY_GROUP = ("noisy", "exact")  # conditions that are told by subject, action and joint
_SHORT = ("MPJPE", "P-MPJPE")


def table(result: dict[str, Any]) -> str:
    """The figures for people, millimetres; beside further lifters' stands how large the first one's error is
    of theirs."""
    lines = [f"{result['clips']} clips of subjects never trained on, {result['fps']:g} fps, mm", ""]
    width = max(24, *(len(name) + 2 for name in result["lifters"]))
    for condition, says in result["conditions"].items():
        lines.append(f"{condition}: {says}")
        lines.append(f"{'':{width}}{'':7}" + "".join(f"{name:>9}" for name in MEASURES) + f"{'of it':>8}")
        for name, form, figures, share in _rows(result, condition):
            numbers = "".join(f"{figures[m]:9.1f}" for m in MEASURES)
            lines.append(f"{name:{width}}{form:7}{numbers}{share:>8}")
        lines.append("")
    for group in ("actions", "subjects"):
        lines += _grouped(result, group)
    return "\n".join([*lines, *_joints(result)])


def _first(result: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return next(iter(result["lifters"].items()))


def _told(result: dict[str, Any]) -> list[str]:
    return [c for c in _BY_GROUP if c in result["conditions"]] or list(result["conditions"])[:1]


def _rows(result: dict[str, Any], condition: str) -> list[tuple[str, str, dict[str, float], str]]:
    """Lifter, form, figures and the first lifter's MPJPE as a share of this one's."""
    ours = _first(result)[1][condition]
    return [
        (name, form, row := lifter[condition][form]["all"],
         "" if lifter[condition] is ours else f"{100 * ours[form]['all']['MPJPE'] / row['MPJPE']:.0f} %")
        for name, lifter in result["lifters"].items()
        for form in ("flip", "plain")
    ]  # fmt: skip


def _grouped(result: dict[str, Any], group: str) -> list[str]:
    name, ours = _first(result)
    told = _told(result)
    lines = [f"{name}, flip, by {group[:-1]}; MPJPE and P-MPJPE: {', '.join(told)}"]
    for row, figures in ours[told[0]]["flip"][group].items():
        numbers = [ours[c]["flip"][group][row][m] for c in told for m in _SHORT]
        lines.append(f"{row:>16}{figures['frames']:8d} " + "".join(f"{n:9.1f}" for n in numbers))
    return [*lines, ""]


def _joints(result: dict[str, Any]) -> list[str]:
    name, ours = _first(result)
    told = _told(result)
    columns = [ours[c]["flip"]["joints"] for c in told]
    lines = [f"{name}, flip, by joint; MPJPE: {', '.join(told)}"]
    return lines + [f"{j:>16} " + "".join(f"{c[j]:9.1f}" for c in columns) for j in columns[0] if j != "Hip"]


def markdown(result: dict[str, Any]) -> str:
    """The same for a card: one table of lifters and conditions, then the first lifter by action and joint."""
    name, ours = _first(result)
    told = _told(result)
    lines = [
        f"{result['clips']} clips of the test subjects at {result['fps']:g} frames a second, millimetres; "
        "MPJVE millimetres a frame.",
        "",
        "| seen | lifter | " + " | ".join(MEASURES) + " | MPJPE of ours to its |",
        "| --- | --- |" + " --- |" * (len(MEASURES) + 1),
    ]
    for condition in result["conditions"]:
        for lifter, form, figures, share in _rows(result, condition):
            with_flip = ", flip test" if form == "flip" else ""
            numbers = " | ".join(f"{figures[m]:.1f}" for m in MEASURES)
            lines.append(f"| {condition} | {lifter}{with_flip} | {numbers} | {share} |")
    lines += ["", *(f"- {c}: {says}" for c, says in result["conditions"].items())]
    for group in ("actions", "subjects"):
        head = " | ".join(f"{c} {m}" for c in told for m in _SHORT)
        lines += ["", f"{name} with the flip test, by {group[:-1]}:", "", f"| | frames | {head} |"]
        lines.append("| --- | --- |" + " --- |" * (len(told) * len(_SHORT)))
        for row, figures in ours[told[0]]["flip"][group].items():
            numbers = " | ".join(f"{ours[c]['flip'][group][row][m]:.1f}" for c in told for m in _SHORT)
            lines.append(f"| {row} | {figures['frames']} | {numbers} |")
    limbs = {c: by_limb(ours[c]["flip"]["joints"]) for c in told}
    lines += ["", "By joint, MPJPE:", "", "| | " + " | ".join(told) + " |", "| --- |" + " --- |" * len(told)]
    lines += [
        f"| {limb.lower()} | " + " | ".join(f"{limbs[c][limb]:.1f}" for c in told) + " |"
        for limb in LIMBS
        if limb != "Hip"
    ]
    return "\n".join(lines)


def write_markdown(path: Path, result: dict[str, Any]) -> None:
    """Into a card, between its marks for figures; else as a new file."""
    write_figures(path, markdown(result))

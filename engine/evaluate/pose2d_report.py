"""Figures of 2D networks as tables: for the terminal, and in Markdown for a weight file's card."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .card import write_figures
from .pose2d_coco import FIGURES
from .pose2d_look import BOX, FOUND, SECOND, TURNED
from .pose2d_metrics import THRESHOLDS, by_kind

_COLUMNS = ("PCK", "PCK, sides forgiven", "PCK of limbs", "PCK upright", "PCK turned", "PCKh", "AUC")
_RENDERED = ("PCK of feet", "PCK visible", "PCK hidden")
_ORDER = (BOX, SECOND, FOUND, TURNED)
_TOLD = SECOND  # the protocol that tables by joint and by threshold tell of
_ABOUT = (
    "PCK: labelled joints within 0.2 of the torso (left shoulder to right hip), percent; a missed person"
    " counts as 0. Sides forgiven: arms, legs or face of the other side taken where they fit better. Limbs:"
    " shoulders, elbows, wrists, hips, knees, ankles. Upright: the torso within 45 degrees"
    " of up; turned: all others. PCKh: within half of neck to top of the head. AUC: mean"
    " of PCK over 0.05 to 0.5."
)

Table = tuple[str, list[str], list[list[str]]]
"""Title, heads, rows of cells."""


def tables(result: dict[str, Any]) -> list[Table]:
    """Everything there is to show, table after table."""
    made: list[Table] = []
    for name, about in result["data"].items():
        if name != "jitter":
            made += _of_set(result, name, int(about["people"]))
    if any(of["coco"] for of in result["networks"].values()):
        made.append(_coco(result))
    if "jitter" in result["data"]:
        made.append(_jitter(result))
    speeds = [[n, _cell(of["speed"])] for n, of in result["networks"].items() if of["speed"]]
    if speeds:
        made.append(
            (
                f"Speed, one look a person: people a second ({result.get('machine', '')})",
                ["network", "people a second"],
                speeds,
            )
        )
    return made


def _of_set(result: dict[str, Any], name: str, people: int) -> list[Table]:
    figures = {n: of["pck"][name] for n, of in result["networks"].items() if name in of["pck"]}
    rows = [(n, p, of[p]) for n, of in figures.items() for p in _ORDER if p in of]
    columns = [c for c in (*_COLUMNS, *_RENDERED) if any(row[c] is not None for _, _, row in rows)]
    if all(row["PCK hidden"] is None for _, _, row in rows):
        columns = [c for c in columns if c != "PCK visible"]
    main = [
        [n, p, str(row["joints"]), str(row["missed"]), *(_cell(row[c]) for c in columns)]
        for n, p, row in rows
    ]
    measured = rows[0][2]["people"] if rows else people
    standing = f", {rows[0][2]['people upright']} of them upright" if rows else ""
    title = f"{name}: {measured} people{standing}, PCK@0.2 of the torso and beside it, percent"
    return [
        (title, ["network", "region", "joints", "missed", *columns], main),
        _by_joint(f"{name}, by joint, {_TOLD}: PCK@0.2", figures, "by joint"),
        _by_joint(f"{name}, by joint, {_TOLD}: PCK@0.2, sides forgiven", figures, "by joint, sides forgiven"),
        (
            f"{name}, by threshold, {_TOLD}: PCK",
            ["network", *(f"{at:g}" for at in THRESHOLDS)],
            [[n, *(_cell(of[_TOLD]["curve"][f"{at:g}"]) for at in THRESHOLDS)] for n, of in figures.items()],
        ),
    ]


def _by_joint(title: str, figures: dict[str, Any], key: str) -> Table:
    kinds = {n: by_kind(of[_TOLD][key]) for n, of in figures.items()}
    names = list(dict.fromkeys(kind for of in kinds.values() for kind in of))
    rows = [[kind, *(_cell(of.get(kind)) for of in kinds.values())] for kind in names]
    return title, ["joint", *kinds], rows


def _coco(result: dict[str, Any]) -> Table:
    rows = [
        [n, p, *(_cell(of["coco"][p][f]) for f in FIGURES)]
        for n, of in result["networks"].items()
        for p in _ORDER
        if p in of["coco"]
    ]
    people = result["data"]["coco"]["people"]
    return f"COCO keypoints, {people} people, by pycocotools, percent", ["network", "region", *FIGURES], rows


def _jitter(result: dict[str, Any]) -> Table:
    about = result["data"]["jitter"]
    columns = ("body", "all", "feet")
    rows = [
        [n, *(_cell(of["jitter"][c], 3) for c in columns)]
        for n, of in result["networks"].items()
        if of.get("jitter")
    ]
    title = (
        f"Jitter on {about['stretches']} stretches ({about['frames']} frames) of somebody who stands:"
        " mean third difference, percent of the height"
    )
    return title, ["network", "shoulders, hips, legs", "and arms", "feet"], rows


def _cell(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def table(result: dict[str, Any]) -> str:
    """For a terminal."""
    return "\n".join([*_each(result, _aligned), *_legend(result, "{}: {}")])


def markdown(result: dict[str, Any]) -> str:
    """For a card."""
    return "\n".join([*_each(result, _piped), *_legend(result, "- {}: {}")])


def _each(result: dict[str, Any], form: Callable[[list[str], list[list[str]]], Iterable[str]]) -> list[str]:
    lines: list[str] = []
    for title, heads, rows in tables(result):
        lines += [title, "", *form(heads, rows), ""]
    return lines


def _aligned(heads: list[str], rows: list[list[str]]) -> Iterable[str]:
    widths = [max(len(row[k]) for row in [heads, *rows]) for k in range(len(heads))]
    for row in [heads, *rows]:
        cells = [
            c.ljust(w) if k < 2 and not _number(rows, k) else c.rjust(w)
            for k, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _number(rows: list[list[str]], column: int) -> bool:
    return all(row[column].replace(".", "").replace("-", "").isdigit() for row in rows)


def _piped(heads: list[str], rows: list[list[str]]) -> Iterable[str]:
    for row in [heads, ["---"] * len(heads), *rows]:
        yield "| " + " | ".join(row) + " |"


def _legend(result: dict[str, Any], form: str) -> list[str]:
    if len(result["data"]) == ("jitter" in result["data"]):
        return []
    used = {p for of in result["networks"].values() for pck in of["pck"].values() for p in pck}
    return [_ABOUT, "", *(form.format(p, says) for p, says in result["protocols"].items() if p in used)]


def write_markdown(path: Path, result: dict[str, Any]) -> None:
    """Into a card, between its marks for figures; else as a new file."""
    write_figures(path, markdown(result))

"""TRC files (Motion Analysis, "track row column"): marker positions as text, as OpenSim reads and writes
them.

Layout, by OpenSim's documentation of marker files: line 1 PathFileType, 2 names and 3 values of DataRate,
CameraRate, NumFrames, NumMarkers, Units, OrigDataRate, OrigDataStartFrame, OrigNumFrames; 4 ``Frame#``,
``Time``
and each marker's name above the first of its three columns; 5 X1 Y1 Z1 X2 ...; an empty line; then rows,
fields parted by tabs. An empty field is a marker that was not seen.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .points import FormatError, Points, checked_rate, metres
from .text import read_text

_EMPTY = {"", "nan", "-nan", "nan(ind)", "-nan(ind)"}


def read_trc(path: str | Path) -> Points:
    """Points of a TRC file; y points up in them, as OpenSim has it, unless the body says otherwise.

    Raises FormatError with one line for an empty, broken or foreign file.
    """
    path = Path(path)
    lines = read_text(path).splitlines()
    if not lines or not lines[0].startswith("PathFileType"):
        raise FormatError(f"{path.name} is not a TRC file: its first line does not begin with PathFileType.")
    try:
        header = dict(zip(_fields(lines[1]), _fields(lines[2]), strict=False))
        rate, unit = float(header["DataRate"]), header["Units"]
        stated = int(header["NumMarkers"]), int(header["NumFrames"])
        labels = [word.strip() for word in lines[3].rstrip().split("\t")]
    except (IndexError, KeyError, ValueError) as error:
        raise FormatError(
            f"{path.name} is a broken TRC file: its header lacks DataRate, NumFrames, NumMarkers or Units."
        ) from error
    names = tuple(word for word in labels[2:] if word)
    if len(names) != stated[0] or not names:
        raise FormatError(f"{path.name} says it has {stated[0]} markers, but names {len(names)}.")
    rows = _rows(lines[4:], 2 + 3 * len(names), path.name)
    if len(rows) != stated[1]:
        raise FormatError(
            f"{path.name} says it has {stated[1]} frames, but holds {len(rows)}: it is cut short or damaged."
        )
    positions = rows[:, 2:].reshape(len(rows), len(names), 3) * metres(unit, path.name)
    # a marker has a place or has none
    positions = np.where(np.isfinite(positions).all(-1, keepdims=True), positions, np.nan)
    first = int(rows[0, 0]) if np.isfinite(rows[0, 0]) else 1
    return Points(names, positions, checked_rate(rate, path.name), first=first, up="y")


def _fields(line: str) -> list[str]:
    return [word.strip() for word in line.split("\t")]


def _rows(lines: list[str], width: int, name: str) -> np.ndarray:
    """(T, width) numbers, NaN for what is empty. The line of X1, Y1, ... and empty lines are passed over."""
    rows = []
    for line in lines:
        fields = line.rstrip("\r\n").split("\t")
        if not line.strip() or fields[0].strip() in {"", "X1"}:
            continue
        # empty fields at the end of a line are often left out, and a tab too many stands there as often
        fields = [*fields[:width], *[""] * (width - len(fields))]
        try:
            rows.append([np.nan if word.strip().lower() in _EMPTY else float(word) for word in fields])
        except ValueError as error:
            raise FormatError(
                f"{name} is a broken TRC file: {error} in frame {fields[0].strip()[:12]}."
            ) from error
    if not rows:
        raise FormatError(f"{name} holds no frame.")
    return np.array(rows, dtype=np.float64)


def trc_text(names: tuple[str, ...], positions: np.ndarray, fps: float, *, name: str, first: int = 1) -> str:
    """The text of a TRC file. positions: (T, N, 3) metres, z up, NaN where missing; written y up, in
    metres."""
    frames, count = positions.shape[:2]
    turned = np.stack([positions[..., 0], positions[..., 2], -positions[..., 1]], axis=-1)
    keys = "DataRate CameraRate NumFrames NumMarkers Units OrigDataRate OrigDataStartFrame OrigNumFrames"
    values = [f"{fps:.6f}", f"{fps:.6f}", frames, count, "m", f"{fps:.6f}", first, frames]
    axes = "\t".join(f"{axis}{i}" for i in range(1, count + 1) for axis in "XYZ")
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{name}",
        "\t".join(keys.split()),
        "\t".join(str(value) for value in values),
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        f"\t\t{axes}",
        "",
    ]
    for number, row in enumerate(turned.reshape(frames, -1) + 0.0):
        cells = ["" if np.isnan(value) else f"{value:.6f}" for value in row]
        lines.append("\t".join([str(first + number), f"{number / fps:.6f}", *cells]))
    return "\n".join(lines) + "\n"

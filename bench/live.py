"""How soon the preview shows a changed setting: seconds from the change to the whole motion, for a minute.

``.venv/bin/python -m bench.live [TRUTHDIR] [--only CLIP ...] [--rates 24 30 60]``

TRUTHDIR holds NAME.truth.npz and NAME.tracks.npz (bench.truth_tracks); without one a drawn person walks.
A clip goes there and back until it lasts a minute, and is asked for at each of the rates, as the scene's
would be, through the same thread that the add-on uses. ``first`` is the first fit of all, ``draft`` when its
draft is there. A table in Markdown: wall seconds (and, in brackets, the processor's).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from blender_pose3d.refit import Answer, Ask, Refit
from blender_pose3d.settings import MotionSettings
from blender_pose3d.tracks import Tracks, write_tracks

from .motion import read_folders

CHANGES: dict[str, dict[str, object]] = {
    "smoothing": {"strength": 0.7},
    "filter": {"filter": "one-euro"},
    "arms": {"parts": {"arms": 0.3}},
    "tilt": {"camera_tilt": 4.0},
    "feet": {"left_foot": "never"},
    "hands": {"hold_hands": True},
    "height": {"height": 1.8},
    "swaps": {"fix_swaps": False},
    "lens": {"lens": 60.0},
}
_SECONDS = 60.0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", nargs="+", metavar="CLIP")
    parser.add_argument("--rates", nargs="+", type=float, default=[24.0, 30.0, 60.0])
    args = parser.parse_args(arguments)
    columns = ("first", "draft", *CHANGES)
    print("| clip | fps |", " | ".join(columns), "|")
    print("| --- |" + " --- |" * (len(columns) + 1))
    with tempfile.TemporaryDirectory() as folder:
        for name, tracks in clips(args.folder, args.only):
            path = Path(folder) / f"{name}.npz"
            write_tracks(path, tracks)
            for rate in args.rates:
                cells = measured(path, rate)
                print(
                    f"| {name} | {rate:g} |", " | ".join(cells.get(c, "") for c in columns), "|", flush=True
                )
    return 0


def clips(folder: Path | None, only: list[str] | None) -> list[tuple[str, Tracks]]:
    """Names and tracks of a minute each."""
    if folder is None:
        from tests.walker import camera_at, film, walk

        # a room's width, not a mile: what is far away is seen too badly to be held anywhere
        return [("a drawn walk", longer(film(walk(6.0), camera_at(), noise=0.02, pixels=3.0).tracks, 30.0))]
    found = read_folders([folder], only)
    return [(str(truth.info["name"]), longer(tracks, truth.fps)) for truth, tracks in found]


def longer(tracks: Tracks, fps: float) -> Tracks:
    """There and back, over and over, for a minute."""
    there = np.arange(len(tracks.time))
    count = np.arange(round(_SECONDS * fps))
    order = np.resize(np.concatenate([there, there[-2:0:-1]]), len(count))
    names = ("present", "joints2d", "score2d", "joints3d", "score3d")
    arrays = {name: getattr(tracks, name)[:, order] for name in names}
    made = replace(tracks, frame=count.astype(np.int32), time=count / fps, **arrays)
    return replace(made, camera_rotation=None, camera_zoom=None)


def measured(path: Path, rate: float) -> dict[str, str]:
    """Each column's cell: the first fit, and each change from the defaults, after the default was there."""
    refit, cells = Refit(), {}
    plain = MotionSettings(fps=rate, height=1.7)
    for answer, text in followed(refit, Ask(str(path), 0, plain)):
        cells["draft" if answer.draft else "first"] = text
    for name, changed in CHANGES.items():
        wanted = Ask(str(path), 0, replace(plain, **changed))
        cells[name] = followed(refit, wanted)[-1][1]
        followed(refit, Ask(str(path), 0, plain))
    refit.close()
    return cells


def followed(refit: Refit, ask: Ask) -> list[tuple[Answer, str]]:
    """The answers up to the whole motion, with the time each took."""
    found: list[tuple[Answer, str]] = []
    while refit.busy:
        time.sleep(0.005)
    begin, busy = time.perf_counter(), time.process_time()
    refit.follow(ask)
    while not (found and not found[-1][0].draft):
        for answer in refit.poll():
            if answer.error:
                raise SystemExit(answer.error)
            if answer.quality is None:
                took, worked = time.perf_counter() - begin, time.process_time() - busy
                found.append((answer, f"{took:.2f} ({worked:.2f})"))
        time.sleep(0.001)
    return found


if __name__ == "__main__":
    raise SystemExit(main())

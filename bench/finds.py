"""Who is found in videos, from which frame on, and what looking for people costs.

``.venv-engine/bin/python -m bench.finds VIDEO... [--network blazepose-full] [--json FILE] [--beside FILE]``

A folder stands for the videos in it and below. Every frame is decoded and followed in one thread, as the
engine follows, so that the processor's time can be shared out. Printed for each video: in how many frames
each person is present (from the first to the last), runs of the detector and its processor time a frame.
``--beside`` an earlier --json: the line of then below each.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.pace import CALM
from engine.people import follow
from engine.pose2d.registry import load_detector, load_pose2d
from engine.scout import Scout
from engine.video import read_frames

_VIDEOS = {".mp4", ".mov", ".mkv", ".avi", ".webm"}


class _Counted:
    """Calls of something, and the processor's seconds in them."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call, self.calls, self.seconds = call, 0, 0.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        start = time.thread_time()
        try:
            return self.call(*args, **kwargs)
        finally:
            self.calls += 1
            self.seconds += time.thread_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--network", default="blazepose-full")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--frames", type=int, help="of each video at most")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    before = json.loads(args.beside.read_text()) if args.beside else {}
    after = {}
    for video in _videos(args.videos):
        name = video.parent.name + "/" + video.name
        after[name] = found = look(video, args.network, args.frames)
        print(f"{name}: {line(found)}", flush=True)
        if name in before:
            print(f"    before: {line(before[name])}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(after, indent=1))
    sys.stdout.flush()


def _videos(paths: list[Path]) -> list[Path]:
    found = [sorted(p for p in path.rglob("*") if p.suffix in _VIDEOS) if path.is_dir() else [path]
             for path in paths]  # fmt: skip
    return [video for some in found for video in some]


def look(video: Path, network: str, most: int | None = None) -> dict[str, Any]:
    """Who is in a video, and the detector's cost."""
    pose, detector = load_pose2d(network), load_detector("cpu")
    detector._model.run = runs = _Counted(detector._model.run)
    scout = Scout(detector)
    scout._detect = looks = _Counted(scout._detect)
    start = time.process_time()
    people = follow(scout.over(read_frames(video, stop=most)), pose, scout, pace=CALM)
    spent = time.process_time() - start
    frames = max(1, len(people.time))
    return {
        "frames": frames,
        "present": people.present.sum(axis=1).tolist(),
        "first": [int(np.flatnonzero(row)[0]) for row in people.present],
        "last": [int(np.flatnonzero(row)[-1]) for row in people.present],
        "rows": [np.flatnonzero(np.diff(np.r_[0, row, 0])).tolist() for row in people.present.astype(int)],
        "runs": runs.calls,
        "looks": looks.calls,
        "detector_ms": 1e3 * looks.seconds / frames,
        "run_ms": 1e3 * runs.seconds / max(1, runs.calls),
        "processor_ms": 1e3 * spent / frames,
        "looked": float(people.looked.mean()),
    }


def line(found: dict[str, Any]) -> str:
    """What was found, in a line."""
    people = ", ".join(
        f"{count} ({first}-{last})"
        for count, first, last in zip(found["present"], found["first"], found["last"], strict=True)
    )
    return (
        f"{found['frames']} frames; present {people or 'nobody'}; "
        f"{found['looks']} looks, {found['runs']} runs, detector {found['detector_ms']:.2f} ms a frame, "
        f"all {found['processor_ms']:.1f}"
    )


if __name__ == "__main__":
    main()
    os._exit(0)

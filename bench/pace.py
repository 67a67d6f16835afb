"""What it costs to look at fewer frames: errors against exact truth, with every frame and with some.

``.venv-engine/bin/python -m bench.pace [--chosen CLIPS] [--held-out CLIPS] [--mocap DIR] [--pose2d NAME]``

CLIPS hold rendered clips (`python -m bench.rendered_clips`, sets *measure* and *test*): folders with
video.mp4 and truth.npz. DIR holds the motion capture: shots of it (bench/pace_shots.py) are followed too.
Limits of engine/pace.py were chosen by the one half of each, the other half measures them. Per cent of the
person's height, over the 13 main joints that can be seen; quick: those faster than one and a half heights a
second. Jitter: the third difference from frame to frame. Lost: by interpolation alone, of the true joints.
Which frames are looked at is partly chance, so clips are followed from several frames on.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import COCO_17
from engine import body2d
from engine.bend import curved
from engine.evaluate.rendered import find_clips
from engine.evaluate.seen import Seen, match
from engine.evaluate.truth import read_truth
from engine.pace import CALM, EVERY_FRAME, Pace
from engine.people import People2D, follow
from engine.pose2d.base import PersonDetector, PoseNetwork
from engine.pose2d.registry import load_detector, load_pose2d
from engine.video import read_frames

from . import truth_clips, tuning_clips
from .pace_shots import Shown, seen_shot
from .truth_clips import Shot

QUICK = 1.5  # heights a second
STARTS = (0, 2, 4)  # first frames
WAYS = {"every frame": EVERY_FRAME, "when calm": CALM}
Errors = dict[str, np.ndarray]


@dataclass(frozen=True)
class Clip:
    """How to follow it, and its truth: (T, K, 2) px, (T, K) bool which can be seen, and the height in px."""

    name: str
    followed: Callable[[Pace], People2D]
    truth: np.ndarray
    seen: np.ndarray
    height: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chosen", type=Path, help="rendered clips of the set measure")
    parser.add_argument("--held-out", type=Path, help="rendered clips of the set test")
    parser.add_argument("--mocap", type=Path)
    parser.add_argument("--pose2d", default="blazepose-full")
    parser.add_argument("--clips", action="store_true", help="a row for each clip too")
    args = parser.parse_args()
    print("| | | looked at | error | 95th | quick: error | 95th | jitter | lost, mean | 99 % | at worst |")
    print("| --- | --- | " + " | ".join(["---:"] * 9) + " |")
    network = load_pose2d(args.pose2d) if args.chosen or args.held_out else None
    for title, folder in (("chosen by", args.chosen), ("held out", args.held_out)):
        if folder is not None and network is not None:
            _measure(f"rendered, {title}", _rendered(folder, network, load_detector()), args.clips)
    for trembling in (False, True) if args.mocap else ():
        kind = "trembling" if trembling else "as BlazePose"
        for title, shots in (("chosen by", tuning_clips.SHOTS), ("held out", truth_clips.SHOTS)):
            _measure(f"{kind}, {title}", _captured(shots, args.mocap, trembling), args.clips)


def _rendered(folder: Path, network: PoseNetwork, detector: PersonDetector) -> Iterator[Clip]:
    for clip in find_clips(folder):
        truth = read_truth(clip / "truth.npz")
        height = float(truth.intrinsics[1] * truth.stature / np.median(truth.joints3d[:, 0, 2]))
        for start in STARTS:

            def followed(pace: Pace, clip: Path = clip, start: int = start) -> People2D:
                frames = itertools.islice(read_frames(clip / "video.mp4"), start, None)
                return follow(frames, network, detector, pace=pace)

            visible = truth.keypoints_visible[start:]
            yield Clip(clip.name, followed, truth.keypoints2d[start:], visible, height)


def _captured(shots: tuple[Shot, ...], mocap: Path, trembling: bool) -> Iterator[Clip]:
    for number, shot in enumerate(shots):
        whole = seen_shot(shot, mocap, number, trembling=trembling)
        for start in STARTS:
            seen = whole.after(start)
            shown = Shown(seen)

            def followed(pace: Pace, shown: Shown = shown) -> People2D:
                return follow(shown, shown, shown, pace=pace)

            yield Clip(shot.name, followed, seen.truth, seen.inside, seen.height)


def _measure(title: str, clips: Iterator[Clip], each: bool) -> None:
    sums: dict[str, list[Errors]] = {name: [] for name in WAYS}
    for clip in clips:
        found = {name: _errors(clip, clip.followed(pace)) for name, pace in WAYS.items()}
        # a clip counts where all ways followed the person
        if all(found.values()):
            for name, errors in found.items():
                sums[name].append(errors)
            if each:
                print(f"| {clip.name} | | " + " | ".join(_row(found["when calm"])) + " |", flush=True)
    for name, some in sums.items():
        all_of = {key: np.concatenate([one[key] for one in some]) for key in some[0]}
        print(f"| {title}, {len(some)} runs | {name} | " + " | ".join(_row(all_of)) + " |", flush=True)


def _errors(clip: Clip, people: People2D) -> Errors:
    """By name, over the height; empty where the person was not followed in every frame."""
    nobody = np.zeros((0, 33, 3))
    seen = Seen(
        people.frame, people.time, people.present, people.joints2d, people.score2d, nobody, np.array("")
    )
    person = match(seen, clip.truth)
    if person is None or people.looked is None or not people.present[person].all():
        return {}
    # COCO's joints are the first of Halpe's, and these are among them
    core = body2d.indices(COCO_17)
    points, joints = clip.truth[:, core] / clip.height, people.joints2d[person][:, core] / clip.height
    away = np.linalg.norm(joints - points, axis=-1)
    known = clip.seen[:, core] & np.isfinite(away)
    quick = known & (np.linalg.norm(np.gradient(points, people.time, axis=0), axis=-1) > QUICK)
    lost = np.linalg.norm(curved(people.time, points, people.looked) - points, axis=-1)
    return {
        "looked": people.looked.astype(float),
        "error": away[known],
        "quick": away[quick],
        "jitter": np.linalg.norm(np.diff(joints, 3, axis=0), axis=-1).ravel(),
        "lost": lost[known],
    }


def _row(errors: Errors) -> list[str]:
    def share(name: str, of: Callable[[np.ndarray], float] = np.mean) -> str:
        return f"{100 * of(errors[name]):.2f} %" if len(errors[name]) else ""

    def high(values: np.ndarray) -> float:
        return float(np.percentile(values, 95))

    return [
        f"{100 * errors['looked'].mean():.0f} %",
        *(share(name, of) for name in ("error", "quick") for of in (np.mean, high)),
        share("jitter"),
        share("lost"),
        share("lost", lambda values: float(np.percentile(values, 99))),
        share("lost", np.max),
    ]


if __name__ == "__main__":
    main()

"""What it costs to look at fewer frames: errors against exact truth, with every frame and with some.

``.venv-engine/bin/python -m bench.pace CLIPS [--pose2d blazepose-full]``

CLIPS holds rendered clips (`python -m bench.rendered_clips`): folders with video.mp4 and truth.npz. Both
ways go through the whole of following. Per cent of the person's height, over the 13 main joints that can be
seen; quick: those faster than one and a half heights a second. Jitter: the third difference from frame to
frame.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from engine import body2d
from engine.evaluate.rendered import find_clips
from engine.evaluate.seen import Seen, match
from engine.evaluate.truth import Truth, read_truth
from engine.pace import CALM, EVERY_FRAME, Pace
from engine.people import follow
from engine.pose2d.base import PersonDetector, PoseNetwork
from engine.pose2d.registry import load_detector, load_pose2d
from engine.video import read_frames

QUICK = 1.5  # heights a second
Errors = dict[str, list[np.ndarray]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--pose2d", default="blazepose-full")
    args = parser.parse_args()
    network, detector = load_pose2d(args.pose2d), load_detector()
    ways = {"every frame": EVERY_FRAME, "when calm": CALM}
    sums: dict[str, Errors] = {name: {} for name in ways}
    for folder in find_clips(args.clips):
        truth = read_truth(folder / "truth.npz")
        found = {name: _errors(folder, truth, network, detector, pace) for name, pace in ways.items()}
        # a clip counts where both ways followed the person
        if all(found.values()):
            for name, errors in found.items():
                for key, values in errors.items():
                    sums[name].setdefault(key, []).append(values)
    print("| | looked at | error | 95th | quick: error | 95th | jitter |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, errors in sums.items():
        print(f"| {name} | " + " | ".join(_row({k: np.concatenate(v) for k, v in errors.items()})) + " |")


def _errors(
    folder: Path, truth: Truth, network: PoseNetwork, detector: PersonDetector, pace: Pace
) -> dict[str, np.ndarray]:
    """Of one clip, by name, over the height; empty where the person was not followed in every frame."""
    people = follow(read_frames(folder / "video.mp4"), network, detector, pace=pace)
    nobody = np.zeros((0, 33, 3))
    seen = Seen(
        people.frame, people.time, people.present, people.joints2d, people.score2d, nobody, np.array("")
    )
    person = match(seen, truth.keypoints2d)
    if person is None or not people.present[person].all():
        return {}
    core = body2d.indices(network.skeleton)
    height = float(truth.intrinsics[1] * truth.stature / np.median(truth.joints3d[:, 0, 2]))
    points, joints = truth.keypoints2d[:, core] / height, people.joints2d[person][:, core] / height
    away = np.linalg.norm(joints - points, axis=-1)
    known = truth.keypoints_visible[:, core] & np.isfinite(away)
    speed = np.linalg.norm(np.gradient(points, people.time, axis=0), axis=-1)
    looked = np.ones(len(people.time)) if people.looked is None else people.looked
    jitter = np.linalg.norm(np.diff(joints, 3, axis=0), axis=-1)
    return {
        "looked": looked.astype(float),
        "error": away[known],
        "quick": away[known & (speed > QUICK)],
        "jitter": jitter.ravel(),
    }


def _row(errors: dict[str, np.ndarray]) -> list[str]:
    both = [
        f"{100 * of(errors[key]):.2f} %"
        for key in ("error", "quick")
        for of in (np.mean, lambda values: np.percentile(values, 95))
    ]
    return [f"{100 * errors['looked'].mean():.0f} %", *both, f"{100 * errors['jitter'].mean():.2f} %"]


if __name__ == "__main__":
    main()

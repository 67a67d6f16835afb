"""What a 2D network makes of rendered clips beside the truth: raw material for a model of detectors' errors.

``.venv-engine/bin/python -m bench.measured_detections --clips DIR --out DIR [--pose2d NAME ...]``

Writes OUT/CLIP.NETWORK.npz for each clip in which the person was followed, T frames:

==================  ===========  ==========================================================================
true_keypoints      (T, 26, 2)   Halpe-26 px, exact, on the surface; NaN behind the camera
true_joints         (T, 19, 2)   H36M_19 px: joint centres
true_bridged        (T, 19, 2)   H36M_19 px: what the bridge makes of true_keypoints, all of them seen
keypoints, score    (T, 26, ..)  as followed, px and 0 to 1; NaN where nobody was followed
bridged, .._score   (T, 19, ..)  as the lifter gets them
keypoints_visible   (T, 26)      not hidden by anything (the picture's edge aside); joints_visible (T, 19)
inside              (T, 26)      true keypoint within the picture
present             (T,)         followed in this frame
height              (T,)         px: the person's stature at the distance of the hip
size                (2,)         of the picture, px
network, motion     ()           names
==================  ===========  ==========================================================================
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from blender_pose3d.skeleton import HALPE_26
from engine.bridge import to_lifter
from engine.evaluate.rendered import find_clips
from engine.evaluate.seen import Seen, match, see
from engine.evaluate.truth import Truth, read_truth
from engine.pose2d.registry import load_detector, load_pose2d

_FILLED = 9  # frames of a gap, as the engine does at 30 a second


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pose2d", nargs="+", default=["blazepose-full", "blazepose-heavy"])
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    detector = load_detector()
    for name in args.pose2d:
        network = load_pose2d(name)
        for folder in tqdm(find_clips(args.clips), desc=name, unit="clip"):
            truth = read_truth(folder / "truth.npz")
            seen, _ = see(folder / "video.mp4", network, detector)
            person = match(seen, truth.keypoints2d)
            if person is None:
                print(f"{folder.name}: nobody was followed by {name}", file=sys.stderr)
                continue
            part = args.out / f".{folder.name}.{name}.part.npz"
            np.savez_compressed(part, network=name, motion=folder.name, **measured(truth, seen, person))
            part.replace(args.out / f"{folder.name}.{name}.npz")


def measured(truth: Truth, seen: Seen, person: int) -> dict[str, np.ndarray]:
    """The arrays of the table above, without names."""
    size = float(truth.size[0]), float(truth.size[1])
    everywhere = np.isfinite(truth.keypoints2d[..., 0]).astype(float)
    # the bridge leaves out what lies outside the picture: here it is known all the same
    margin = np.array([5e3, 5e3])
    true_bridged, _ = to_lifter(truth.keypoints2d + margin, everywhere, HALPE_26, (1e4, 1e4))
    points, score = seen.joints2d[person], seen.score2d[person]
    bridged, bridged_score = to_lifter(points, score, HALPE_26, size, max_gap=_FILLED)
    inside = ((truth.keypoints2d >= 0) & (truth.keypoints2d < truth.size)).all(axis=-1)
    return {
        "true_keypoints": truth.keypoints2d,
        "true_joints": truth.joints2d,
        "true_bridged": true_bridged - margin,
        "keypoints": points,
        "score": score,
        "bridged": bridged,
        "bridged_score": bridged_score,
        "keypoints_visible": truth.keypoints_visible,
        "joints_visible": truth.joints_visible,
        "inside": inside,
        "present": seen.present[person],
        "height": truth.intrinsics[1] * truth.stature / truth.joints3d[:, 0, 2],
        "size": truth.size,
    }


if __name__ == "__main__":
    main()

"""Rendered clips through the whole engine, as clips that ``bench.motion`` measures.

``.venv-engine/bin/python -m bench.rendered_tracks --rendered DIR --out DIR`` takes each clip folder that
bench.rendered_clips made (video.mp4 and body.npz) and writes NAME.truth.npz and NAME.tracks.npz, beside those
of bench.truth_tracks or apart. The engine is told nothing: not the lens, not the person's height.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from blender_pose3d.skeleton import H36M_19, HALPE_26
from blender_pose3d.tracks import Tracks, write_tracks
from engine.errors import BadInput, EngineError
from engine.pipeline import DEFAULT_LIFTER, DEFAULT_POSE2D, Settings, track

from . import feet
from .truth import Truth, write_truth

_FPS = 30.0
_SOLES = ("left_heel", "left_big_toe", "right_heel", "right_big_toe")
_NEAR = 0.5  # of the person's height in the picture: who is farther off is somebody else


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rendered", type=Path, required=True, help="folder of rendered clips")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pose2d", default=DEFAULT_POSE2D)
    parser.add_argument("--lifter", default=DEFAULT_LIFTER)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    folders = sorted(path.parent for path in args.rendered.glob("*/body.npz"))
    made = 0
    for folder in folders:
        if not (folder / "video.mp4").is_file():
            continue
        truth = read_body(folder)
        try:
            seen = track(folder / "video.mp4", Settings(pose2d=args.pose2d, lifter=args.lifter))
            tracks = pick(seen, truth)
        except BadInput as error:
            print(f"{folder.name}: {error}", file=sys.stderr)
            continue
        except EngineError as error:
            print(error, file=sys.stderr)
            return error.exit_code
        write_truth(args.out / f"{folder.name}.truth.npz", truth)
        write_tracks(args.out / f"{folder.name}.tracks.npz", tracks)
        made += 1
        print(f"{folder.name}: {tracks.present.mean():.0%} of {len(tracks.time)} frames", flush=True)
    if not made:
        print(
            f"No clip of {args.rendered} could be used: make some with bench.rendered_clips.", file=sys.stderr
        )
    return 0 if made else 3


def read_body(folder: Path) -> Truth:
    """The truth of a rendered clip, in its world: z up, the floor at 0."""
    with np.load(folder / "body.npz", allow_pickle=False) as body:
        joints, keypoints = body["joints"], body["keypoints"]
        axes, origin = body["rotation"].transpose(0, 2, 1), body["origin"]
        lens, stature = body["intrinsics"], float(body["stature"])
    soles = keypoints[:, [HALPE_26.index(name) for name in _SOLES]].copy()
    # Skin has its points a little above the sole: where a foot stands they are at 0.
    soles[..., 2] -= np.percentile(soles[..., 2], 10, axis=0).clip(0.0, 0.05)
    info = {
        "name": folder.name, "shows": "rendered", "source": folder.name, "stature": stature,
        "pan": bool(np.ptp(axes, axis=0).max() > 1e-3), "lens": "wrong",
    }  # fmt: skip
    return Truth(
        info=info,
        fps=_FPS,
        time=np.arange(len(joints)) / _FPS,
        joints=joints,
        soles=soles,
        contacts=feet.contacts(soles, _FPS),
        rotation=axes,
        origin=np.tile(origin, (len(joints), 1)),
        lens=lens,
    )


def pick(tracks: Tracks, truth: Truth) -> Tracks:
    """Tracks of the person who was filmed. Raises BadInput where the engine followed only others."""
    local = np.einsum("tjx,txc->tjc", truth.joints - truth.origin[:, None], truth.rotation)
    flat = local[..., :2] / local[..., 2:] * truth.lens[:2] + truth.lens[2:]
    frames = np.abs(truth.time[None] - tracks.time[:, None]).argmin(axis=1)
    hips = [tracks.skeleton2d.index(f"{side}_hip") for side in ("left", "right")]
    hip = tracks.joints2d[:, :, hips].mean(axis=2)
    away = np.linalg.norm(hip - flat[frames, H36M_19.index("Hip")], axis=-1)
    tall = truth.lens[1] * truth.stature / local[frames, 0, 2]
    near = np.where(tracks.present & (away < _NEAR * tall), 1.0, 0.0).sum(axis=1)
    if not len(near) or near.max() < 5:
        raise BadInput("The engine did not follow the person.")
    return tracks.select([int(near.argmax())])


if __name__ == "__main__":
    sys.exit(main())

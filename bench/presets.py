"""What each quality does and costs, as a table: frames a second, processor time, error on rendered clips.

``.venv-engine/bin/python -m bench.presets [--video CLIP.mp4] [--clips RENDERED] [--frames 240]``

The video is one person at 1080p and 30 frames a second (bench/one_person.py makes one where none is given),
and goes through the whole engine, loading left out. RENDERED holds clips with exact truth, as
bench/rendered_clips.py makes them: errors of 3D are MPJPE and P-MPJPE in mm, of a person of 1.70 m.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

import numpy as np

from bench.one_person import made
from bench.stage_clock import StageClock
from blender_pose3d.tracks import Tracks
from engine import models, pipeline, trace, video
from engine.errors import BadInput
from engine.evaluate.lifter_metrics import aligned_errors, joint_errors
from engine.evaluate.rendered import find_clips
from engine.evaluate.truth import read_truth
from engine.lift.lifter import STATURE
from engine.presets import QUALITIES, preset
from engine.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--quality", nargs="+", choices=QUALITIES, default=QUALITIES)
    args = parser.parse_args()
    place = ROOT / "build" / "bench"
    place.mkdir(parents=True, exist_ok=True)
    clip = args.video or made(place / "presets.mp4", args.frames)
    print("| quality | network | looks at | flip test | frames/s | processor ms a frame | MPJPE | P-MPJPE |")
    print("| --- | --- | --- | --- | ---: | ---: | ---: | ---: |")
    for quality in args.quality:
        print(_row(quality, clip, args.frames, args.clips), flush=True)


def _row(quality: str, clip: Path, frames: int, clips: Path | None) -> str:
    chosen = preset(quality)
    settings = Settings(**chosen.settings(), device="cpu", use_cache=False)
    info = video.probe(clip)
    timed = Settings(
        **chosen.settings(), device="cpu", use_cache=False, end=min((frames - 0.5) / info.fps, info.duration)
    )
    clock, began = StageClock(), contextlib.ExitStack()

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "load" and done == total:
            began.enter_context(clock.whole())

    with trace.tracing(), began:
        tracks = pipeline.track(clip, timed, progress=progress)
    cost = clock.figures(len(tracks.time))
    share = tracks.meta["frames_looked_at"] / len(tracks.time)
    errors = ("", "") if clips is None else tuple(f"{e:.1f}" for e in _errors(settings, clips))
    looks = "every frame" if chosen.every_frame else f"{100 * share:.0f} % of this clip"
    each = 1e3 * cost["processor_seconds"] / cost["frames"]
    network = models.load(settings.pose2d, settings.lifter, "cpu", lambda *_: None, lambda: False).network
    flips = "yes" if chosen.flip and not chosen.pose2d.startswith("blazepose") else "no"
    return (
        f"| {quality} | {network.name} | {looks} | {flips} | {cost['fps']:.1f} | {each:.1f} | "
        + " | ".join(errors)
        + " |"
    )


def _errors(settings: Settings, clips: Path) -> tuple[float, float]:
    """Mean joint error in mm over all frames in which somebody was followed, plain and aligned."""
    sums: list[np.ndarray] = []
    for folder in find_clips(clips):
        truth = read_truth(folder / "truth.npz")
        try:
            tracks = pipeline.choose(pipeline.track(folder / "video.mp4", settings))
        except BadInput as nobody:
            print(f"{folder.name} is left out: {nobody}", file=sys.stderr)
            continue
        sums.append(_of(tracks, (truth.joints3d - truth.joints3d[:, :1]) * STATURE / float(truth.stature)))
    plain, aligned = np.concatenate(sums, axis=1)
    return 1e3 * float(plain.mean()), 1e3 * float(aligned.mean())


def _of(tracks: Tracks, target: np.ndarray) -> np.ndarray:
    rows = np.flatnonzero(tracks.present[0])
    ours = tracks.joints3d[0, rows].astype(float)
    found = joint_errors(ours, target[rows]), aligned_errors(ours, target[rows])
    return np.stack([each.mean(axis=-1) if each.ndim > 1 else each for each in found])


if __name__ == "__main__":
    main()

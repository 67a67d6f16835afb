"""Memory against length: the real engine on long videos, and an hour of frames through all but networks.

    .venv-engine/bin/python -m bench.long --video CLIP.mp4 [--frames 1000 2000 4000] [--replayed 216000]

``--frames``: the clip's packets are written again and again (nothing is encoded) until a video has so many
frames, at 60 a second, and ``python -m engine track`` runs on it with its real networks.
``--replayed``: so many frames of 1920x1080, 60 a second, of which the decoded pictures, the corners that the
camera's watch follows and the poses that the 2D network sees are replayed. All that grows with the length is
real: runs of poses, the watched background, checkpoints, stitching, the camera's motion, GAST-Net, the tracks
file. Peak memory is that of the process, as the system counts it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np

from engine.frame import ImageFrame, PictureFrame

ROOT = Path(__file__).parents[1]
FPS = 60
SIZE = (1080, 1920)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.long", description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, metavar="FILE", help="a short clip of somebody")
    parser.add_argument("--frames", type=int, nargs="*", default=[], metavar="N")
    parser.add_argument("--pose2d", default="blazepose-full", metavar="NAME")
    parser.add_argument("--replayed", type=int, nargs="*", default=[], metavar="N")
    parser.add_argument("--people", type=int, default=1, metavar="N", help="in the replayed frames")
    parser.add_argument("--turning", action="store_true", help="the camera of the replayed frames turns")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        replay(asked.inside, asked.people, turning=asked.turning)
        return
    print("| frames | minutes at 60 fps | peak memory | took |\n| ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="pose3d-long-") as name:
        folder = Path(name)
        for frames in asked.frames:
            video = looped(asked.video, folder / "long.mp4", frames)
            command = ["-m", "engine", "track", str(video), "-o", str(folder / "a.npz")]
            measure(frames, folder, [*command, "--pose2d", asked.pose2d, "--people", "all"])
        for frames in asked.replayed:
            more = ["--turning"] if asked.turning else []
            command = ["-m", "bench.long", "--inside", str(frames), "--people", str(asked.people), *more]
            measure(frames, folder, command)


def measure(frames: int, folder: Path, arguments: list[str]) -> None:
    """Run Python in a process of its own and print a row."""
    began = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "POSE3D_RESULTS": str(folder)}
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"exit code {os.waitstatus_to_exitcode(status)}")
    memory, processor = usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime
    took = f"{seconds:.0f} s, {processor:.0f} s of processor"
    row = (str(frames), f"{frames / FPS / 60:.1f}", f"{memory:.0f} MB", took)
    print(f"| {' | '.join(row)} |", flush=True)


def looped(clip: Path, path: Path, frames: int) -> Path:
    """A video with the clip's packets over and over, at 60 frames a second."""
    import av

    path.unlink(missing_ok=True)
    with av.open(str(clip)) as source, av.open(str(path), "w") as out:
        given = source.streams.video[0]
        packets = [(bytes(p), p.pts, p.dts, p.is_keyframe) for p in source.demux(given) if p.size]
        order = np.argsort(np.argsort([pts for _, pts, _, _ in packets]))
        stream = out.add_stream_from_template(given)
        stream.time_base = Fraction(1, 600)
        for number in range(frames):
            data, _, _, key = packets[number % len(packets)]
            begins = number - number % len(packets)
            packet = av.Packet(data)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, FPS), key
            packet.dts = number
            packet.pts = begins + int(order[number % len(packets)]) + 3
            out.mux(packet)
    return path


class Replayed:
    """The 2D network, the detector and the frames of people who walk to and fro."""

    name, sha256 = "replayed", "0" * 64

    def __init__(self, people: int) -> None:
        from blender_pose3d.skeleton import HALPE_26
        from tests.engine.drawn_people import UNIT

        self.skeleton = HALPE_26
        more = [
            (0, -1),
            (0, -0.85),
            (0, -0.53),
            (0.12, 0),
            (-0.12, 0),
            (0.1, 0),
            (-0.1, 0),
            (0.06, 0),
            (-0.06, 0),
        ]
        self._unit = np.concatenate([UNIT, more])
        self._people = np.linspace(300, 1600, people) if people > 1 else np.array([900.0])
        self._time = 0.0
        self._dice = np.random.default_rng(0)
        self.presence = np.ones(0)
        self.picture = self._dice.integers(0, 255, (*SIZE, 3), dtype=np.uint8)

    def frames(self, number: int) -> Iterator[PictureFrame]:
        """Frames one after another."""
        for index in range(number):
            self._time = index / FPS
            yield ImageFrame(index, index / FPS, self.picture)

    def _poses(self) -> np.ndarray:
        feet = np.stack([self._people + 80 * np.sin(self._time), np.full(len(self._people), 950.0)], axis=-1)
        swing = 0.05 * np.sin(6 * self._time) * np.sign(self._unit[:, :1]) * (self._unit[:, 1:] > -0.3)
        joints = feet[:, None] + 700 * (self._unit + swing * [1, 0])
        return joints + self._dice.normal(0, 1.5, joints.shape)

    def region(self, joints: np.ndarray, score: np.ndarray) -> object:
        from engine.pose2d.base import Region

        del score
        return Region(joints.mean(axis=0), np.full(2, 1.3 * np.ptp(joints, axis=0).max()))

    def region_from_box(self, box: np.ndarray) -> object:
        from engine.pose2d.base import Region

        return Region((box[:2] + box[2:]) / 2, np.full(2, 1.3 * (box[2:] - box[:2]).max()))

    def predict(self, image: np.ndarray, regions: list) -> tuple[np.ndarray, np.ndarray]:
        del image
        poses = self._poses()
        centres = np.array([region.centre for region in regions])
        near = np.linalg.norm(poses.mean(axis=1)[None] - centres[:, None], axis=-1).argmin(axis=1)
        self.presence = np.ones(len(regions))
        score = np.full((len(regions), len(self.skeleton)), 0.8, dtype=np.float32)
        score[:, -6:] = 0.02  # toes out of sight: they must be placed
        return poses[near].astype(np.float32), score

    def detect(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        del image
        poses = self._poses()
        return np.concatenate([poses.min(axis=1), poses.max(axis=1)], axis=-1), np.ones(len(poses))


def replay(frames: int, people: int, *, turning: bool) -> None:
    """All but decoding, watching and the 2D network, on an hour of frames."""
    from blender_pose3d.tracks import read_tracks, write_tracks
    from engine.camera_watch import CameraWatch, Watched
    from engine.checkpoint import Checkpoint
    from engine.keeping import Keeper
    from engine.lift.lifter import load_lifter
    from engine.lifting import Lifting
    from engine.models import Models
    from engine.pace import CALM
    from engine.people import follow
    from engine.settings import Settings
    from engine.video import VideoInfo

    folder = Path(os.environ["POSE3D_RESULTS"])
    os.environ["POSE3D_CACHE"] = str(folder / "cache")
    actors, watch = Replayed(people), CameraWatch()
    models = Models(cast("Any", actors), cast("Any", actors), load_lifter())
    info = VideoInfo(Path("hour.mp4"), "0" * 64, *SIZE[::-1], fps=FPS, frames=frames, duration=frames / FPS)
    dice = np.random.default_rng(1)
    corners = dice.uniform([0, 0], [480, 270], (120, 2)).astype(np.float32)
    watch.rows.scale = 4.0
    told = [time.monotonic()]

    def said(stage: str, done: int, total: int) -> None:
        if time.monotonic() - told[0] > 30:
            told[0] = time.monotonic()
            print(f"  {stage} {done} of {total}, {_now():.0f} MB", file=sys.stderr, flush=True)

    def watched() -> Iterator[PictureFrame]:
        for frame in actors.frames(frames):
            left = np.sort(dice.permutation(120)[:100]) if frame.index else np.zeros(0, dtype=np.int64)
            way = 0.3 * (frame.index % 300) if turning else 0.0
            here = corners[left] + dice.normal(0, 0.05, (len(left), 2)) + [way, 0]
            watch.rows.add(left, here.astype(np.float32))
            if not frame.index or (turning and frame.index % 300 == 0):
                watch.rows.begin(corners)
            yield frame

    with Checkpoint("replayed", "bench") as checkpoint:
        keeper = Keeper(checkpoint, watch, actors.skeleton)
        given: Any = (keeper.frames(lambda *_: cast("Any", watched())), actors, actors)
        followed = follow(*given, total=frames, progress=said, pace=CALM, keeper=keeper)
        print(f"  followed: {_now():.0f} MB", file=sys.stderr)
        lifting = Lifting(info, Settings(), said, lambda: False)
        ready = lifting.ready(followed, models, watch.rows)
        watch.rows = Watched()
        del followed
        tracks = lifting.lifted(ready, models)
        write_tracks(folder / "hour.npz", tracks)
        checkpoint.done()
    assert read_tracks(folder / "hour.npz").present.all()
    print(f"  camera {tracks.meta['camera']['motion']}, {tracks.people} people", file=sys.stderr)


def _now() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()

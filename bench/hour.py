"""An hour of 1080p at 60 frames a second through the whole engine, killed on the way: memory and work lost.

    .venv-engine/bin/python -m bench.hour FOLDER [--frames 216000] [--kill-after 15 20] [--pose2d NAME]

A take of one person who walks to and fro and stands at either end is encoded once (H.264 with B-frames), and
its packets are written again until the video has so many frames; where the take begins anew nothing jumps.
``python -m engine track`` runs on it as anybody would start it. After so many minutes of each run it is
killed (SIGKILL) and started again by the same command. FOLDER keeps the video, a log of the engine, and
memory.csv: seconds, MB resident, MB at most.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import av
import numpy as np

from bench.long import FPS, ROOT, looped
from bench.one_person import SIZE, pictures
from engine import checkpoint

_STANDS = 60  # frames at either end
_NOISE = 2.0  # grey levels: a camera's, so that somebody who stands is no still picture


@dataclass
class Run:
    """What one start of the engine came to. unkept: seconds of work since the last part that was kept."""

    seconds: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    begun: int = 0
    unkept: float | None = None
    code: int = 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=3600 * FPS)
    parser.add_argument("--kill-after", type=float, nargs="*", default=[15.0, 20.0], metavar="MINUTES")
    parser.add_argument("--pose2d", default="blazepose-full", metavar="NAME")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    video = args.folder / f"{args.frames}.mp4"
    if not video.is_file():
        looped(take(args.folder / "take.mp4"), args.folder / "part.mp4", args.frames).replace(video)
    runs = []
    with (args.folder / "memory.csv").open("a", newline="") as table:
        for minutes in [*args.kill_after, None]:
            runs.append(run(video, args, table, minutes))
            if runs[-1].unkept is None:
                break
    report(args.frames, runs)


def take(path: Path) -> Path:
    """A seamless clip at 60 frames a second, written at that path.

    Frames between two of the footage's, which has half as many, are their mean.
    """
    there = pictures()
    doubled = [there[0]]
    for one, two in itertools.pairwise(there):
        doubled += [((one.astype(np.uint16) + two) // 2).astype(np.uint8), two]
    cycle = [*[doubled[0]] * _STANDS, *doubled, *[doubled[-1]] * _STANDS, *doubled[::-1]]
    dice = np.random.default_rng(0)
    noise = dice.normal(0, _NOISE, (SIZE[1], SIZE[0], 1)).astype(np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "23", "preset": "fast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for picture in cycle:
            moved = np.roll(noise, dice.integers(0, SIZE[0]), axis=1)
            noisy = np.clip(picture.astype(np.int16) + moved, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="rgb24")))
        container.mux(stream.encode())
    return path


def run(video: Path, args: argparse.Namespace, table: IO[str], minutes: float | None) -> Run:
    """Start the engine and wait for its end, or kill it after so many minutes."""
    command = [sys.executable, "-m", "engine", "track", str(video), "-o", str(args.folder / "hour.npz")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    log, found, began = args.folder / "engine.log", Run(), time.monotonic()
    told, rows = log.stat().st_size if log.exists() else 0, csv.writer(table)
    with log.open("a") as out:
        process = subprocess.Popen(
            [*command, "--pose2d", args.pose2d], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            time.sleep(1)
            passed = time.monotonic() - began
            now, found.peak = _memory(process.pid, found.peak)
            if int(passed) % 10 == 0:
                rows.writerow([f"{passed:.0f}", now, found.peak])
                table.flush()
            if minutes is not None and passed > 60 * minutes and found.unkept is None:
                found.unkept = time.time() - _kept()
                os.kill(process.pid, signal.SIGKILL)
    _, status, usage = ended
    found.code = process.returncode = os.waitstatus_to_exitcode(status)
    found.peak = max(found.peak, usage.ru_maxrss / 1024)
    found.processor, found.seconds = usage.ru_utime + usage.ru_stime, time.monotonic() - began
    continued = re.search(r"goes on at frame (\d+)", log.read_text()[told:])
    found.begun = int(continued[1]) if continued else 0
    return found


def _kept() -> float:
    """When the newest part of any checkpoint was written, seconds since 1970."""
    return max((part.stat().st_mtime for part in checkpoint.folder().glob("*/[0-9]*.npz")), default=0.0)


def _memory(process: int, peak: float) -> tuple[float, float]:
    """MB resident now and at most, the latter `peak` at least."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    values = dict(line.split(":", 1) for line in lines if line.startswith(("VmRSS", "VmHWM")))
    now, most = (int(values.get(name, "0 kB").split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return round(now, 1), round(max(most, peak), 1)


def report(frames: int, runs: list[Run]) -> None:
    """Print a row for each start."""
    print(f"{frames} frames of 1920x1080, {frames / FPS / 60:.0f} minutes at {FPS} a second\n")
    print("| start | from frame | minutes | processor, min | peak MB | end |")
    print("| ---: | ---: | ---: | ---: | ---: | --- |")
    for number, one in enumerate(runs, start=1):
        end = f"exit code {one.code}"
        if one.unkept is not None:
            end = f"killed {one.unkept:.0f} s after the last part was kept"
        times = f"{one.seconds / 60:.1f} | {one.processor / 60:.1f} | {one.peak:.0f}"
        print(f"| {number} | {one.begun} | {times} | {end} |")


if __name__ == "__main__":
    main()

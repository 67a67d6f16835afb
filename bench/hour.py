"""An hour of 1080p at 60 frames a second through the whole engine, killed on the way: memory, speed, work lost.

    .venv-engine/bin/python -m bench.hour FOLDER [--frames 216000] [--kill-after 15 35] [--pose2d blazepose-full]

A take of one person who walks to and fro and stands at either end is encoded once (H.264 with B-frames) and its
packets written again until the video has so many frames; where the take ends and begins anew nothing jumps.
``python -m engine track`` runs on it as anybody would start it. After so many minutes of each run it is killed
(SIGKILL) and started again by the same command. FOLDER keeps the video, a log of the engine, and `memory.csv`:
seconds, stage, frames done, MB resident, MB at most.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import av
import numpy as np

from bench.long import FPS, ROOT, looped
from bench.one_person import SIZE, pictures

_STANDS = 60  # frames at either end
_NOISE = 2.0  # grey levels: a camera's, so that somebody who stands is no still picture


@dataclass
class Run:
    """What one start of the engine came to. begun, reached: frames done when it began to follow and at last."""

    seconds: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    begun: int | None = None
    reached: int = 0
    killed: bool = False
    code: int = 0
    stages: dict[str, float] = field(default_factory=dict)


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
            if not runs[-1].killed:
                break
    report(args.frames, runs)


def take(path: Path) -> Path:
    """A seamless clip at 60 frames a second, written at that path.

    Frames between two of the footage's, which has half as many, are their mean.
    """
    there = pictures()
    doubled = [there[0]]
    for one, two in zip(there[:-1], there[1:], strict=True):
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
    command += ["--pose2d", args.pose2d, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "POSE3D_RESULTS": str(args.folder)}
    found, began = Run(), time.monotonic()
    with (args.folder / "engine.log").open("a") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        reader = threading.Thread(target=_read, args=(process, found, began, log))
        reader.start()
        rows = csv.writer(table)
        while reader.is_alive():
            reader.join(10)
            now = _memory(process.pid)
            stage = list(found.stages)[-1:] or ["start"]
            rows.writerow([f"{time.monotonic() - began:.0f}", *stage, found.reached, *now])
            table.flush()
            found.peak = max(found.peak, now[1])
            if minutes is not None and time.monotonic() - began > 60 * minutes and not found.killed:
                os.kill(process.pid, signal.SIGKILL)
                found.killed = True
        _, status, usage = os.wait4(process.pid, 0)
    found.code = os.waitstatus_to_exitcode(status)
    found.peak = max(found.peak, usage.ru_maxrss / 1024)
    found.processor, found.seconds = usage.ru_utime + usage.ru_stime, time.monotonic() - began
    return found


def _read(process: subprocess.Popen[str], found: Run, began: float, log: IO[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        log.write(line)
        log.flush()
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if message.get("type") == "progress":
            found.stages.setdefault(message["stage"], time.monotonic() - began)
            if len(found.stages) == 1 or message["stage"] == "follow":
                found.reached = int(message["done"])
                found.begun = found.reached if found.begun is None else found.begun


def _memory(process: int) -> tuple[float, float]:
    """MB resident now and at most; zeros when the process is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    values = dict(line.split(":", 1) for line in lines if line.startswith(("VmRSS", "VmHWM")))
    now, most = (int(values.get(name, "0 kB").split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return round(now, 1), round(most, 1)


def report(frames: int, runs: list[Run]) -> None:
    """Print a row for each start."""
    print(f"{frames} frames of 1920x1080, {frames / FPS / 60:.0f} minutes at {FPS} a second\n")
    print("| start | from frame | to frame | minutes | processor, min | peak MB | end |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for number, one in enumerate(runs, start=1):
        end = "killed" if one.killed else f"exit code {one.code}"
        times = f"{one.seconds / 60:.1f} | {one.processor / 60:.1f} | {one.peak:.0f}"
        print(f"| {number} | {one.begun or 0} | {one.reached} | {times} | {end} |")
    for earlier, later in zip(runs[:-1], runs[1:], strict=True):
        print(f"\nlost by the kill: {earlier.reached - (later.begun or 0)} frames")


if __name__ == "__main__":
    main()

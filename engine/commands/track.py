"""track: the joints of the people in a video, written to a tracks file."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from .. import log as log_module
from .. import output, trace
from ..device import CHOICES
from ..pipeline import DEFAULT_LIFTER, DEFAULT_POSE2D, Settings, choose, track
from ..presets import QUALITIES, Preset, preset
from ..progress import STAGES, Meter, Step


def add_arguments(subparsers: Any) -> None:
    """Add this command's parser."""
    parser = subparsers.add_parser("track", help="find and follow people in a video and lift them to 3D")
    parser.add_argument("video", type=Path, metavar="VIDEO")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="TRACKS.npz")
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--person", type=int, metavar="N", help="write person N, from 1, the most prominent first"
    )
    who.add_argument(
        "--people", choices=["all", "first"], default="first", help="write all or only the first"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quality", choices=QUALITIES, help="a network and how often it looks, by a word")
    how.add_argument("--pose2d", default=DEFAULT_POSE2D, metavar="NAME", help="2D network or weights file")
    parser.add_argument("--lifter", default=DEFAULT_LIFTER, metavar="NAME", help="3D lifter or weights file")
    parser.add_argument("--device", choices=CHOICES, default="auto")
    parser.add_argument("--start", type=float, metavar="S", help="begin at this second")
    parser.add_argument("--end", type=float, metavar="S", help="stop before this second")
    parser.add_argument("--fov", type=float, metavar="DEGREES", help="field of view of the longer side")
    parser.add_argument(
        "--every-frame", action="store_true", help="look at every frame, also where motion is slow"
    )
    parser.add_argument(
        "--precision",
        choices=["auto", "float32", "int8"],
        default="auto",
        help="what HRNet computes in: int8 takes half the time of a processor and is nearly as exact",
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder for weights, tracks and logs")
    parser.add_argument(
        "--no-cache", action="store_true", help="look at the video even if it was seen before"
    )
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="TRACE.json",
        help="print where the time goes, and write it there for chrome://tracing or ui.perfetto.dev",
    )
    parser.add_argument("--verbose", action="store_true", help="log to standard error too")


def run(args: argparse.Namespace) -> int:
    """Track, write, print a short table. Raises EngineError."""
    if args.cache is not None:
        os.environ["POSE3D_CACHE"] = str(args.cache.absolute())
    path = log_module.start(verbose=args.verbose)
    log_module.native_output_to(path)
    output.check(args.output)
    if args.profile is not None:
        output.check(args.profile)
    bars = _Bars()
    meter = Meter(bars.show)
    chosen = Preset(args.pose2d) if args.quality is None else preset(args.quality)
    settings = Settings(
        pose2d=chosen.pose2d,
        lifter=args.lifter,
        device=args.device,
        start=args.start,
        end=args.end,
        fov=args.fov,
        every_frame=args.every_frame or chosen.every_frame,
        flip=chosen.flip,
        precision=args.precision,
        use_cache=not args.no_cache,
    )
    with contextlib.ExitStack() as stack:
        tracer = stack.enter_context(trace.tracing()) if args.profile is not None else None
        _track(args, settings, meter, bars)
    if tracer is not None:
        tracer.write(args.profile)
        print(tracer.table())
    return 0


def _track(args: argparse.Namespace, settings: Settings, meter: Meter, bars: _Bars) -> None:
    try:
        everybody = track(args.video, settings, progress=meter, continued=bars.continued)
        written = everybody if args.people == "all" else choose(everybody, args.person)
        with trace.span("write"):
            output.write(args.output, written)
    finally:
        bars.close()
    _summarise(args.output, everybody.people, written.people, len(written.time), meter)


def _summarise(path: Path, found: int, written: int, frames: int, meter: Meter) -> None:
    print(
        f"{path}: {_count(written, 'person', 'people')} of {found} found, {_count(frames, 'frame', 'frames')}"
    )
    for name, stage in meter.summary().items():
        speed = "" if name == "load" else f"  {stage['fps']:8.1f} fps"
        print(f"  {STAGES.get(name, name):18s} {stage['seconds']:8.1f} s{speed}")
    if "follow" not in meter.stages:
        print("  from the cache")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


class _Bars:
    """One progress bar a stage on a terminal; elsewhere a line at the end of each."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._bar: Any = None
        self._step: Step | None = None

    def show(self, step: Step) -> None:
        if self._step is not None and step.stage != self._step.stage:
            self.close()
        self._step = step
        if self._terminal:
            from tqdm import tqdm

            if self._bar is None:
                label = STAGES.get(step.stage, step.stage)
                self._bar = tqdm(total=step.total, desc=label, unit="f", dynamic_ncols=True, file=sys.stderr)
            self._bar.total = step.total
            self._bar.update(step.done - self._bar.n)

    def continued(self, frame: int) -> None:
        self.close()
        print(f"An interrupted run goes on at frame {frame}.", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        elif self._step is not None:
            label = STAGES.get(self._step.stage, self._step.stage)
            print(f"{label}: {self._step.done} of {self._step.total}", file=sys.stderr, flush=True)
        self._step = None

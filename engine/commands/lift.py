"""lift: 2D keypoints that another program detected, as JSON, to a tracks file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from .. import log as log_module
from .. import output
from ..device import CHOICES
from ..keypoint_lift import lift_keypoints, picture_size
from ..pipeline import DEFAULT_LIFTER, Settings, choose


def add_arguments(subparsers: Any) -> None:
    """Add this command's parser."""
    parser = subparsers.add_parser("lift", help="lift keypoints of OpenPose, COCO, Halpe or MediaPipe to 3D")
    parser.add_argument("keypoints", type=Path, metavar="KEYPOINTS.json")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="TRACKS.npz")
    parser.add_argument("--size", metavar="WxH", help="of the pictures in px, where the file does not say")
    parser.add_argument("--fps", type=float, metavar="F", help="frames a second, where the file does not say")
    parser.add_argument("--fov", type=float, metavar="DEGREES", help="field of view of the longer side")
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--person", type=int, metavar="N", help="write person N, from 1, the most prominent first"
    )
    who.add_argument(
        "--people", choices=["all", "first"], default="all", help="write all (default) or only the first"
    )
    parser.add_argument("--lifter", default=DEFAULT_LIFTER, metavar="NAME", help="3D lifter or weights file")
    parser.add_argument("--device", choices=CHOICES, default="auto")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder for weights and logs")
    parser.add_argument("--verbose", action="store_true", help="log to standard error too")


def run(args: argparse.Namespace) -> int:
    """Lift, write, print a line. Raises EngineError."""
    if args.cache is not None:
        os.environ["POSE3D_CACHE"] = str(args.cache.absolute())
    log_module.start(verbose=args.verbose)
    output.check(args.output)
    size = None if args.size is None else picture_size(args.size)
    settings = Settings(lifter=args.lifter, device=args.device, fov=args.fov, use_cache=False)
    tracks = lift_keypoints(args.keypoints, settings, size=size, fps=args.fps)
    if args.person is not None or args.people == "first":
        tracks = choose(tracks, args.person)
    output.write(args.output, tracks)
    count = f"{tracks.people} {'person' if tracks.people == 1 else 'people'}"
    print(f"{args.output}: {count}, {len(tracks.time)} frames")
    return 0

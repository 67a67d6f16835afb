"""import: markers of a C3D file to a tracks file."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from blender_pose3d.formats.points import FormatError
from blender_pose3d.formats.world_tracks import tracks_of_points

from .. import output
from ..c3d import read_c3d
from ..errors import BadInput


def add_arguments(subparsers: Any) -> None:
    """Add this command's parser."""
    parser = subparsers.add_parser("import", help="markers of a C3D file to tracks")
    parser.add_argument("markers", type=Path, metavar="FILE.c3d")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="TRACKS.npz")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Read, write, print a line. Raises EngineError."""
    output.check(args.output)
    if not args.here:
        return _apart(args)
    try:
        tracks = tracks_of_points(read_c3d(args.markers), args.markers.name)
    except FormatError as error:
        raise BadInput(str(error)) from error
    output.write(args.output, tracks)
    print(f"{args.output}: {len(tracks.time)} frames, joints of {tracks.skeleton3d.name}")
    return 0


def _apart(args: argparse.Namespace) -> int:
    """Read in a process of its own: ezc3d is native code, and a damaged file may end it without a word."""
    words = ["import", str(args.markers), "-o", str(args.output), "--here"]
    done = subprocess.run([sys.executable, "-m", "engine", *words], stdin=subprocess.DEVNULL, check=False)
    if done.returncode not in range(6):
        raise BadInput(f"{args.markers.name} is a broken C3D file: its reader crashed.")
    return done.returncode

"""export: a motion, as JSON, to a C3D file."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from blender_pose3d.formats.motion_text import read_motion_json
from blender_pose3d.formats.points import FormatError

from .. import output
from ..c3d import write_c3d
from ..errors import BadInput, EngineError


def add_arguments(subparsers: Any) -> None:
    """Add this command's parser."""
    parser = subparsers.add_parser("export", help="a motion (JSON of `pose3d convert --json`) to C3D")
    parser.add_argument("motion", type=Path, metavar="MOTION.json")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.c3d")


def run(args: argparse.Namespace) -> int:
    """Read, write whole or not at all, print a line. Raises EngineError."""
    output.check(args.output)
    try:
        points = read_motion_json(args.motion)
    except FormatError as error:
        raise BadInput(str(error)) from error
    try:
        with tempfile.TemporaryDirectory(prefix=f".{args.output.stem}.", dir=args.output.parent) as folder:
            part = Path(folder) / "part.c3d"
            write_c3d(part, points)
            part.replace(args.output)
    except (OSError, RuntimeError) as error:
        raise EngineError(f"{args.output} could not be written: {error}.", "Name another folder.") from error
    print(f"{args.output}: {len(points.positions)} frames of {len(points.names)} points")
    return 0

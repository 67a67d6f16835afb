"""Clips of people in captured motion, rendered by Blender over photographs, with the exact truth beside each.

``.venv/bin/python -m bench.rendered_clips --mocap DIR [--backgrounds DIR] --out DIR [--set test|measure]
[--clips N] [--frames N] [--size WIDTH HEIGHT]``

Each clip gets a folder: video.mp4, truth.npz (bench/rendered/truth.py) and what they were made of. What is
there already is not made again, so a run that was cut goes on where it stopped. Needs the engine's
environment beside Blender's, with the package anny (group `train` of pyproject.toml).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tqdm import tqdm

from .rendered.film import film
from .rendered.plan import SETS, scenes

ROOT = Path(__file__).resolve().parents[1]
ENGINE = Path(os.environ.get("POSE3D_ENGINE_PYTHON", ROOT / ".venv-engine" / "bin" / "python"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mocap", type=Path, required=True, help="folder with BVH files, searched deeply")
    parser.add_argument(
        "--backgrounds", type=Path, help="folder with photographs; without it places are made up"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", choices=SETS, default="test")
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", type=int, nargs=2, metavar=("WIDTH", "HEIGHT"))
    args = parser.parse_args()
    options = ["--mocap", args.mocap, "--out", args.out, "--set", args.set]
    options += ["--clips", args.clips, "--frames", args.frames]
    options += ["--backgrounds", args.backgrounds] if args.backgrounds else []
    options += ["--size", *args.size] if args.size else []
    if code := in_engine("bench.rendered.perform", *options):
        return code
    wanted = scenes(args.set, args.clips, args.frames, args.size and tuple(args.size))
    for scene in tqdm(wanted, desc="film", unit="clip"):
        folder = args.out / scene.name
        if (folder / "truth.npz").is_file() and (folder / "video.mp4").is_file():
            continue
        film(scene, folder)
        if code := in_engine("bench.rendered.finish", folder):
            return code
    return 0


def in_engine(module: str, *options: object) -> int:
    return subprocess.run([str(ENGINE), "-m", module, *map(str, options)], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # the bpy module may hang when Python tears it down
    os._exit(code)

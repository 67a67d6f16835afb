"""How long a clip takes from tracks to FBX, stage by stage, and the exports of other formats; whether a long
batch keeps its memory flat.

    .venv/bin/python -m bench.batch [--seconds 60] [--clips 200]

The character has sixty bones and a mesh. Blender's start is not counted.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FPS = 30.0
# What a clip goes through: (module, function, what to call it).
_STAGES = (
    ("blender_pose3d.blender.clips", "open_file", "open the character"),
    ("blender_pose3d.blender.clips", "read", "read tracks"),
    ("blender_pose3d.blender.convert", "motions_together", "motion"),
    ("blender_pose3d.blender.convert", "animate", "fit and bake"),
    ("blender_pose3d.blender.convert", "quality", "quality"),
    ("blender_pose3d.blender.export", "export_fbx", "FBX export"),
)
# Parts of the last one: what is Blender's own exporter, and what is ours.
_PARTS = (
    ("blender_pose3d.blender.export_fbx", "skeleton_of", "  poses of all frames"),
    ("blender_pose3d.blender.export_fbx", "blender_writes", "  Blender's exporter"),
    ("blender_pose3d.blender.export_fbx", "with_clip", "  clip into its file"),
)
# The other formats, after that.
_OTHERS = (
    ("blender_pose3d.blender.export", "export_glb", "GLB export"),
    ("blender_pose3d.blender.export", "export_bvh", "BVH export"),
)


def main() -> None:
    """Run both; results as text, and as JSON if asked for."""
    parser = argparse.ArgumentParser(prog="bench.batch", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="length of the clip")
    parser.add_argument("--clips", type=int, default=200, metavar="N", help="of ten seconds; 0: leave it out")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pose3d-bench-") as folder:
        found: dict[str, Any] = {"clip": _one(Path(folder), asked.seconds)}
        if asked.clips:
            found["batch"] = _many(Path(folder), asked.clips)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # bpy as a module may hang when it ends


def _one(folder: Path, seconds: float) -> dict[str, float]:
    """Seconds of each stage, by the clock and of processor."""
    character, tracks = _character(folder), _tracks(folder / "long.npz", seconds)
    spent = _watched(*_STAGES, *_PARTS)
    wall, cpu = time.perf_counter(), time.process_time()
    _convert(tracks, character, folder / "one", "--fbx")
    whole = [time.perf_counter() - wall, time.process_time() - cpu]
    stages = [spent[label] for _, _, label in _STAGES]
    spent["the rest"] = [whole[i] - sum(row[i] for row in stages) for i in (0, 1)]
    print(f"{seconds:g} s at {FPS:g} frames a second, from tracks to FBX   clock  processor, seconds")
    rows = [(label, tuple(row)) for label, row in [*spent.items(), ("all", whole)]]
    others = _watched(*_OTHERS)
    _convert(tracks, character, folder / "two", "--glb", "--bvh")
    rows += [(label, tuple(row)) for label, row in others.items()]
    for label, (clock, busy) in rows:
        print(f"  {label:22s} {clock:34.2f} {busy:10.2f}")
    return {label.strip(): round(row[1], 3) for label, row in rows}


def _watched(*calls: tuple[str, str, str]) -> dict[str, list[float]]:
    """Seconds that these functions take from now on, by the clock and of processor."""
    import importlib

    spent: dict[str, list[float]] = {}
    for module, name, label in calls:
        home = importlib.import_module(module)
        setattr(home, name, _timed(getattr(home, name), spent.setdefault(label, [0.0, 0.0])))
    return spent


def _many(folder: Path, clips: int) -> list[dict[str, float]]:
    """Memory and data blocks in the course of a batch, one process doing all of it."""
    import bpy

    character, takes = _character(folder), folder / "takes"
    takes.mkdir()
    first = _tracks(takes / "c000.npz", 10.0)
    for number in range(1, clips):
        shutil.copy(first, takes / f"c{number:03d}.npz")
    import blender_pose3d.batch.run as runner

    rows: list[dict[str, float]] = []
    before = runner.one

    def counted(*args: Any, **kwargs: Any) -> Any:
        outcome = before(*args, **kwargs)
        rows.append({"mb": _resident(), "blocks": sum(len(kind) for kind in _collections(bpy.data))})
        return outcome

    runner.one = counted
    _convert(takes, character, folder / "many", "--fbx")
    runner.one = before
    print(f"\n{clips} clips of 10 s in one process\n  clip  resident MB  data blocks")
    for number in sorted({1, 20, clips // 2, clips} & set(range(1, clips + 1))):
        print(f"  {number:4d} {rows[number - 1]['mb']:12.0f} {rows[number - 1]['blocks']:12.0f}")
    print(f"  peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:12.0f}")
    return rows


def _collections(data: Any) -> list[Any]:
    kinds = ("actions", "armatures", "meshes", "objects", "materials", "images", "texts", "cameras", "scenes")
    return [getattr(data, kind) for kind in kinds]


def _convert(source: Path, character: Path, out: Path, *options: str) -> None:
    from blender_pose3d.blender.cli import command

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = command(["convert", str(source), "--character", str(character), "--out", str(out), *options])
    if code:
        raise SystemExit(f"convert ended with {code}: {said.getvalue()}")


def _timed(call: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            return call(*args, **kwargs)
        finally:
            spent[0] += time.perf_counter() - wall
            spent[1] += time.process_time() - cpu

    return timed


def _character(folder: Path) -> Path:
    import bpy

    from bench.fit_bake import sixty_bones
    from blender_pose3d.blender.export import save_blend

    bpy.ops.wm.read_homefile(use_empty=True)
    sixty_bones()
    return save_blend(folder / "sixty.blend")


def _tracks(path: Path, seconds: float) -> Path:
    from blender_pose3d.tracks import write_tracks
    from tests.walker import camera_at, film, walk

    write_tracks(path, film(walk(seconds, FPS), camera_at()).tracks)
    return path


def _resident() -> float:
    """MB of memory in use now; the peak so far where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()

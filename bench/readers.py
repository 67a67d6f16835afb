"""What other programs read in our exports, beside Blender's own evaluation: five rigs, every preset.

    .venv/bin/python -m bench.readers                       # and .venv-bpy42, -bpy50, -bpy52
    .venv/bin/python -m bench.readers --make FILES          # only write files and the truth ...
    .venv/bin/python -m bench.readers --read FILES          # ... and read them, with no Blender at all

ufbx reads FBX, pygltflib GLB, bvhio and pybvh BVH. Inside the program itself, of which Debian's has no scipy:

    PYTHONPATH=SCIPY blender -b --python-use-system-env --python bench/in_blender.py -- readers --make FILES
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.blender.readers import Read, read_bvhio, read_fbx, read_glb, read_pybvh

MOST_MM, MOST_DEGREES = 1.0, 0.1
READERS: dict[str, dict[str, Callable[[Path], Read]]] = {
    ".fbx": {"ufbx": read_fbx},
    ".glb": {"pygltflib": read_glb},
    ".bvh": {"bvhio": read_bvhio, "pybvh": read_pybvh},
}
# metres that a file's unit must be; BVH and GLB do not say
UNITS = {".fbx": 0.01, ".glb": 1.0, ".bvh": 1.0}


@dataclass
class Row:
    """One file as one reader has it. mm, degrees: the furthest of any joint in any frame; None where a reader
    knows no rotations. rest: mm, of the rest pose. wrong: what is not as it should be."""

    rig: str
    preset: str
    reader: str
    joints: int
    mm: float
    degrees: float | None
    rest: float | None
    wrong: list[str]

    @property
    def passed(self) -> bool:
        return not self.wrong and self.mm <= MOST_MM and (self.degrees or 0.0) <= MOST_DEGREES


def main() -> None:
    """Print the matrix; exit code 1 if anything is out of bounds."""
    parser = argparse.ArgumentParser(prog="bench.readers", description=__doc__.splitlines()[0])
    parser.add_argument("--rigs", nargs="+", help="default: all five")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--make", type=Path, metavar="FOLDER")
    which.add_argument("--read", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pose3d-readers-") as folder:
        files = asked.read or asked.make or Path(folder)
        if not asked.read:
            make(files, asked.rigs)
        rows = [] if asked.make else list(read(files))
    for row in rows:
        bent, rest = ("-" if n is None else f"{n:.4f}" for n in (row.degrees, row.rest))
        told = "; ".join(row.wrong) or "as in Blender"
        print(
            f"{row.rig:17s} {row.preset:9s} {row.reader:10s} {row.joints:4d} joints {row.mm:7.4f} mm"
            f" {bent:>7s} deg, rest {rest:>7s} mm, {told}"
        )
    print(f"{len(rows)} readings, {sum(not row.passed for row in rows)} out of bounds")
    sys.stdout.flush()
    if "bpy" not in sys.modules or not sys.modules["bpy"].app.binary_path:
        os._exit(any(not row.passed for row in rows))  # the bpy module may hang when Python tears it down


def make(folder: Path, rigs: list[str] | None = None) -> None:
    """Every rig in motion, exported by every preset, and beside it what Blender evaluates."""
    import bpy

    from tests.blender.exported_rigs import RIGS, animated

    for rig in rigs or RIGS:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        armature, truth = animated(rig)
        own = folder / rig
        own.mkdir(parents=True, exist_ok=True)
        with contextlib.redirect_stdout(io.StringIO()):
            _export(armature, own)
        names = list(truth.places)
        np.savez(
            own / "truth.npz",
            names=np.array(names),
            places=np.stack([truth.places[name] for name in names]),
            turns=np.stack([truth.turns[name] for name in names]),
            rest=np.stack([truth.rest[name] for name in names]),
        )
        (own / "truth.json").write_text(json.dumps(_expected(armature)), encoding="utf-8")


def _export(armature: Any, folder: Path) -> None:
    from blender_pose3d.blender.export import PRESETS, ExportSettings, export_bvh, export_fbx, export_glb

    for name, preset in PRESETS.items():
        if preset.format == "fbx":
            export_fbx(armature, folder / f"{name}.fbx", preset=name)
    export_glb(armature, folder / "godot.glb")
    for order in ("ZXY", "XYZ"):
        export_bvh(armature, folder / f"bvh {order}.bvh", settings=ExportSettings(bvh_order=order))


def _expected(armature: Any) -> dict[str, Any]:
    """Rate, and for each bone that deforms the one it hangs on, if that deforms too: others are put where
    docs/export.md says."""
    import bpy

    from blender_pose3d.blender.scene import frame_rate

    bones = [bone for bone in armature.data.bones if bone.use_deform and bone.parent is not None]
    above = {bone.name: bone.parent.name for bone in bones if bone.parent.use_deform}
    return {"fps": frame_rate(bpy.context.scene), "parents": above, "blender": bpy.app.version_string}


def read(folder: Path) -> Iterator[Row]:
    """A row for each file and each of its readers."""
    for own in sorted(path for path in folder.iterdir() if path.is_dir()):
        with np.load(own / "truth.npz", allow_pickle=False) as truth:
            held = {key: truth[key] for key in truth.files}
        expected = json.loads((own / "truth.json").read_text(encoding="utf-8"))
        for path in sorted(own.iterdir()):
            for reader, read_file in READERS.get(path.suffix, {}).items():
                yield _compared(path, reader, read_file(path), held, expected)


def _compared(
    path: Path, reader: str, found: Read, truth: dict[str, np.ndarray], expected: dict[str, Any]
) -> Row:
    names = [str(name) for name in truth["names"]]
    missing = [name for name in names if name not in found.joints]
    row = Row(path.parent.name, path.stem, reader, len(found.joints), np.inf, None, None, [])
    if missing:
        row.wrong.append(f"lacks {', '.join(missing[:3])}")
        return row
    places = np.stack([found.joints[name] for name in names])
    if places.shape != truth["places"].shape:
        row.wrong.append(f"{places.shape[1]} frames, not {truth['places'].shape[1]}")
        return row
    row.mm = 1000 * float(np.linalg.norm(places - truth["places"], axis=-1).max())
    if found.turns:
        row.degrees = _apart(np.stack([found.turns[name] for name in names]), truth["turns"])
    if found.rest:
        off = np.stack([found.rest[name] for name in names]) - truth["rest"]
        # BVH keeps no place of the upmost joint at rest
        off = off - off[0] if path.suffix == ".bvh" else off
        row.rest = 1000 * float(np.linalg.norm(off, axis=-1).max())
    row.wrong += _faults(path, found, expected, row)
    return row


def _faults(path: Path, found: Read, expected: dict[str, Any], row: Row) -> list[str]:
    wrong = []
    if abs(found.fps / expected["fps"] - 1) > 1e-5:
        wrong.append(f"{found.fps:.4f} frames a second, not {expected['fps']:.4f}")
    if row.rest is not None and row.rest > MOST_MM:
        wrong.append("another rest pose")
    if found.unit != UNITS[path.suffix]:
        wrong.append(f"a unit of {found.unit:g} m")
    if found.scale > 1e-3:
        wrong.append("a node is scaled")
    if found.parents:
        others = [name for name, up in expected["parents"].items() if found.parents.get(name) != up]
        wrong += [f"{name} hangs on {found.parents.get(name)}" for name in others[:2]]
        if sum(up is None for up in found.parents.values()) != 1:
            wrong.append("more than one skeleton")
    return wrong


def _apart(first: np.ndarray, second: np.ndarray) -> float:
    """Degrees between rotations (..., 3, 3), the furthest of all."""
    # by the chord: the angle's cosine says nothing of small ones
    chord = np.linalg.norm(first - second, axis=(-1, -2)) / np.sqrt(8.0)
    return float(np.degrees(2 * np.arcsin(np.clip(chord, 0.0, 1.0))).max())


if __name__ == "__main__":
    main()

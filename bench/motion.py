"""How far motions are from the truth: what blender_pose3d makes of the clips of a truth folder.

``.venv/bin/python -m bench.motion TRUTHDIR [--filters all] [--strength S ...] [--json F]``

TRUTHDIR holds NAME.truth.npz and NAME.tracks.npz (bench.truth_tracks, bench.rendered_tracks). Each clip runs
once as captured, with everything off (raw), and once with the defaults and the person's height. A table in
Markdown comes out.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from blender_pose3d.filters import FILTERS
from blender_pose3d.motion import Motion, motion_from_tracks
from blender_pose3d.settings import MotionSettings
from blender_pose3d.tracks import Tracks, read_tracks

from . import feet, motion_metrics
from .truth import Truth, read_truth

Row = dict[str, float | str | None]
_OFF = {"filter": "none", "strength": 0.0, "fix_swaps": False, "remove_outliers": False,
        "constant_bones": False, "plant_feet": 0.0, "fit_picture": False}  # fmt: skip
_CALM = 1.3  # times the truth's jitter
_COLUMNS = (
    ("world", "world", 1), ("world_raw", "raw", 1), ("local", "local", 1), ("local_raw", "raw", 1),
    ("aligned", "P", 1), ("aligned_raw", "raw", 1), ("path_percent", "path %", 1), ("up", "up °", 1),
    ("scale", "scale %", 1), ("skate", "skate cm", 1), ("skate_raw", "raw", 1), ("skate_true", "true", 1),
    ("slip", "slip m/s", 2), ("penetration", "pen cm", 1),
    ("hover", "hov cm", 1), ("jitter", "jitter x", 2),
    ("jitter_raw", "raw", 1), ("contacts", "F1", 2), ("seconds", "s", 2),
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--filter", nargs="+", choices=sorted(FILTERS), default=[], dest="named")
    parser.add_argument("--filters", choices=["all"])
    parser.add_argument("--strength", nargs="+", type=float, default=[])
    parser.add_argument("--only", nargs="+", metavar="CLIP")
    parser.add_argument("--json", type=Path, metavar="F")
    parser.add_argument("--long", type=int, metavar="FRAMES", help="only time a clip of so many frames")
    args = parser.parse_args(arguments)
    clips = list(read_folders(args.folder, args.only))
    if not clips:
        print("There are no clips there: make them with bench.truth_tracks.", file=sys.stderr)
        return 3
    if args.long:
        print(long_run(clips, args.long))
        return 0
    default = MotionSettings()
    filters = list(FILTERS) if args.filters else args.named or [default.filter]
    strengths = args.strength or [default.strength]
    raw = [untouched(truth, tracks) for truth, tracks in clips]
    tables: dict[str, list[Row]] = {}
    for name in filters:
        for strength in strengths if name != "none" else [default.strength]:
            settings = {"filter": name, "strength": strength}
            tables[f"{name} at {strength:g}"] = [
                {**measure(*clip, settings), **before} for clip, before in zip(clips, raw, strict=True)
            ]
    print(f"{len(clips)} clips. Errors of joints in mm.\n")
    if len(tables) == 1:
        rows = next(iter(tables.values()))
        print(f"{table(rows)}\n\n{goals(rows)}")
    else:
        print(table([{**mean(rows), "clip": label} for label, rows in tables.items()], means=False))
        print(
            f"\nLeast error of those that shake at most {_CALM:g} times as much as the truth: {best(tables)}."
        )
    if args.json:
        args.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    return 0


def long_run(clips: list[tuple[Truth, Tracks]], frames: int) -> str:
    """Seconds and megabytes that a motion of so many frames takes: a clip there and back, over and over."""
    truth, tracks = max(clips, key=lambda clip: len(clip[1].time))
    there = np.arange(len(tracks.time))
    order = np.resize(np.concatenate([there, there[-2:0:-1]]), frames)
    arrays = {
        k: getattr(tracks, k)[:, order] for k in ("present", "joints2d", "score2d", "joints3d", "score3d")
    }
    count = np.arange(frames)
    tracks = replace(tracks, frame=count.astype(np.int32), time=count / truth.fps, **arrays)
    tracks = replace(tracks, camera_rotation=None, camera_zoom=None)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin, busy = time.perf_counter(), time.process_time()
    motion_from_tracks(tracks, settings=MotionSettings(height=round(truth.stature, 2)))
    took, busy = time.perf_counter() - begin, time.process_time() - busy
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return f"{frames} frames: {took:.2f} s, {busy:.2f} s of processor time; {grown:.0f} MB more memory"


def read_folders(folders: Iterable[Path], only: list[str] | None) -> Iterable[tuple[Truth, Tracks]]:
    """Truth and tracks of each clip below folders, by name."""
    for folder in folders:
        for path in sorted(folder.glob("*.truth.npz")):
            name = path.name.removesuffix(".truth.npz")
            if not only or name in only:
                yield read_truth(path), read_tracks(path.with_name(f"{name}.tracks.npz"))


def measure(truth: Truth, tracks: Tracks, settings: dict[str, str | float]) -> Row:
    """Every number of one clip, the defaults changed by ``settings``."""
    begin = time.perf_counter()
    motion = motion_from_tracks(tracks, settings=MotionSettings(**{**_known(truth), **settings}))
    seconds = time.perf_counter() - begin
    return {"clip": str(truth.info["name"]), **against(motion, truth), "seconds": seconds}


def untouched(truth: Truth, tracks: Tracks) -> Row:
    """The numbers of one clip as captured (..._raw), and of the truth's own feet (..._true)."""
    motion = motion_from_tracks(tracks, settings=MotionSettings(**{**_known(truth), **_OFF}))
    there = part(truth, frames_of(motion, truth))
    feet_of_truth = motion_metrics.ground(there.soles, there)
    return {
        **{f"{key}_raw": value for key, value in against(motion, truth).items()},
        **{f"{key}_true": value for key, value in feet_of_truth.items()},
    }


def _known(truth: Truth) -> dict[str, float]:
    # One centimetre: people know their height no better.
    return {"height": round(truth.stature, 2)}


def best(tables: dict[str, list[Row]]) -> str:
    """The label of the table with the least errors of joints, in the world and of the pose, that is calm."""
    means = {label: mean(rows) for label, rows in tables.items()}
    calm = {k: m for k, m in means.items() if float(m["jitter"] or 0.0) <= _CALM} or means
    return min(calm, key=lambda label: float(calm[label]["world"] or 0) + float(calm[label]["local"] or 0))


def frames_of(motion: Motion, truth: Truth) -> np.ndarray:
    """(N,) index of the true frame at each frame of a motion."""
    return np.abs(truth.time[None] - motion.time[:, None]).argmin(axis=1)


def part(truth: Truth, frames: np.ndarray) -> Truth:
    """The truth at some of its frames (N,)."""
    along = ("time", "joints", "soles", "contacts", "rotation", "origin")
    return replace(truth, **{key: getattr(truth, key)[frames] for key in along})


def against(motion: Motion, truth: Truth) -> Row:
    """Numbers of one motion. Joint errors in mm; local: of the pose from the hip, turned as the world."""
    truth = part(truth, frames_of(motion, truth))
    joints, _ = motion_metrics.onto_floor(motion.joints, truth.joints)
    pose, true_pose = joints - joints[:, :1], truth.joints - truth.joints[:, :1]
    _, percent = motion_metrics.path_errors(joints[:, 0], truth.path)
    shake = motion_metrics.jitter(truth.joints, truth.fps)
    return {
        "world": 1000 * motion_metrics.mpjpe(joints, truth.joints),
        "local": 1000 * motion_metrics.mpjpe(pose, true_pose),
        "aligned": 1000 * motion_metrics.aligned_mpjpe(pose, true_pose),
        "path_percent": percent,
        "up": motion_metrics.angle(camera_up(motion), truth.up),
        "scale": 100 * (motion_metrics.size(joints) / motion_metrics.size(truth.joints) - 1),
        **motion_metrics.ground(feet.soles(joints, truth.stature), truth),
        "jitter": motion_metrics.jitter(joints, motion.fps) / shake,
        "contacts": motion_metrics.f1(found_contacts(motion), truth.contacts),
    }


def camera_up(motion: Motion) -> np.ndarray:
    """(3,) up in camera axes, as the motion found it."""
    return motion.camera.rotation[2]


def found_contacts(motion: Motion) -> np.ndarray:
    """(T, 4) bool in the order of ``feet.POINTS``: where the motion takes feet for standing."""
    given = getattr(motion, "contacts", None)
    if given is not None:
        return np.asarray(given)[:, :4] > 0.5
    return feet.contacts(
        feet.soles(motion.joints, float(np.ptp(motion.joints[..., 2], axis=1).max())), motion.fps
    )


def mean(rows: list[Row]) -> Row:
    """Means over clips of every number; a clip that has none of a kind does not count. Scale by its size."""
    result: Row = {}
    for key in rows[0]:
        values = [row[key] for row in rows]
        numbers = [float(v) for v in values if isinstance(v, int | float) and np.isfinite(v)]
        if numbers:
            result[key] = float(np.mean(np.abs(numbers) if key.startswith("scale") else numbers))
    return {**result, "clip": "mean"}


def table(rows: list[Row], *, means: bool = True) -> str:
    """Markdown, a clip a row."""
    rows = [*rows, mean(rows)] if means else rows
    wide = max(len(str(row["clip"])) for row in rows)
    head = [f"{'clip':<{wide}}", *(f"{title:>6}" for _, title, _ in _COLUMNS)]
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join("-" * (len(h) + 2) for h in head) + "|"]
    for row in rows:
        cells = [f"{row['clip']!s:<{wide}}"]
        for (key, _, digits), title in zip(_COLUMNS, head[1:], strict=True):
            value = row.get(key)
            known = isinstance(value, int | float) and np.isfinite(value)
            cells.append(f"{value:.{digits}f}".rjust(len(title)) if known else "-".rjust(len(title)))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def goals(rows: list[Row]) -> str:
    """How many clips reach the figures that were set, one line each."""
    limits = (
        ("up direction within 2°", "up", lambda r: r["up"] <= 2),
        ("root path within 5 % of distance", "path_percent", lambda r: r["path_percent"] <= 5),
        ("skate at most 1 cm a contact", "skate", lambda r: r["skate"] <= 1),
        ("penetration at most 1 cm", "penetration", lambda r: r["penetration"] <= 1),
        ("hover at most 1 cm", "hover", lambda r: r["hover"] <= 1),
        ("jitter at most 1.3 times the truth's", "jitter", lambda r: r["jitter"] <= _CALM),
        ("world MPJPE lower than raw", "world", lambda r: r["world"] < r["world_raw"]),
        ("local MPJPE lower than raw", "local", lambda r: r["local"] < r["local_raw"]),
        ("contact F1 at least 0.90", "contacts", lambda r: r["contacts"] >= 0.9),
    )  # fmt: skip
    lines = []
    for text, key, reached in limits:
        told = [r for r in rows if isinstance(r.get(key), float) and np.isfinite(r[key])]
        lacking = [str(r["clip"]) for r in told if not reached(r)]
        missed = f"; not {', '.join(lacking)}" if lacking else ""
        lines.append(f"{text}: {len(told) - len(lacking)} of {len(told)}{missed}")
    for key in ("world", "local"):
        better = np.mean([1 - r[key] / r[f"{key}_raw"] for r in rows])  # type: ignore[operator]
        lines.append(f"{key} MPJPE lower than raw by {100 * better:.0f} % on average")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

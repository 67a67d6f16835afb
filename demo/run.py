"""The whole way, from footage to files, by the commands a user would type. Run by `make demo`.

``python -m demo.run [--out DIR]``, in Blender's environment; the engine's is found beside it.
Each step keeps what it made, so a second run, or one after a cut, does only what is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGINE = os.environ.get("POSE3D_ENGINE_PYTHON", str(ROOT / ".venv-engine" / "bin" / "python"))


STEPS = {
    "Footage": "a clip of two people",
    "Perceive": "people, 2D keypoints, 3D lift (the engine)",
    "Move": "clean, fit to an armature, bake, export (Blender)",
    "Render": "the characters (Cycles on the CPU: the slowest step)",
    "Preview": "footage and character side by side",
}
OUTPUTS = (
    "tracks.npz",
    "demo.blend",
    "demo.fbx",
    "demo.bvh",
    "demo.report.html",
    "preview.mp4",
    "contact_sheet.png",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out"))
    args = parser.parse_args()
    out = args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    seconds: list[float] = []
    try:
        for number, (step, command) in enumerate(zip(STEPS, plan(out), strict=True), start=1):
            print(f"\n[{number}/{len(STEPS)}] {step}: {STEPS[step]}", flush=True)
            started = time.monotonic()
            subprocess.run([str(part) for part in command], cwd=ROOT, check=True)
            seconds.append(time.monotonic() - started)
    except subprocess.CalledProcessError as error:
        print(f"The demo stopped: `{' '.join(error.cmd[1:4])}` failed; it says why above.", file=sys.stderr)
        return 1 if error.returncode < 0 else int(error.returncode)
    except KeyboardInterrupt:
        print("Cancelled. What is done so far is kept; run it again to go on.", file=sys.stderr)
        return 5
    print(table(out, seconds))
    return 0


def plan(out: Path) -> list[list[str | Path]]:
    """The command of each step."""
    footage, tracks, frames = out / "footage.mp4", out / "tracks.npz", out / "frames"
    python = sys.executable
    return [
        [ENGINE, "-m", "demo.footage", footage],
        [ENGINE, "-m", "engine", "track", footage, "-o", tracks, "--people", "all"],
        [python, "-m", "blender_pose3d", "convert", tracks, "--people", "all", "--name", "demo",
         "--out", out, "--fbx", "--bvh", "--blend"],
        [python, "-m", "demo.render", out / "demo.blend", frames],
        [ENGINE, "-m", "demo.compose", footage, tracks, frames, out],
    ]  # fmt: skip


def table(out: Path, seconds: list[float]) -> str:
    """What was made, where it lies, how long each step took and how good the motion is."""
    report = json.loads((out / "demo.report.json").read_text())
    frames = report["video"]["frames"]
    lines = ["", f"Made in {sum(seconds):.0f} s:", ""]
    lines += [f"  {out / name}   {(out / name).stat().st_size / 1e6:.1f} MB" for name in OUTPUTS]
    lines += ["", f"  {frames} frames, {len(report['people'])} people", ""]
    for step, took in zip(STEPS, seconds, strict=True):
        lines.append(f"  {step:<10} {took:7.1f} s  {frames / took:8.1f} frames/s")
    lines += ["", "  person   frames   missing   jitter before   after (m/s³)   foot skate (cm)"]
    for person in report["people"]:
        raw, after = person["quality"]["raw"], person["quality"]["after"]
        lines.append(
            f"  {person['person']:>6}   {person['frames']:>6}   {_number(raw['missing'], 5)} %"
            f"   {_number(raw['jitter'], 13)}   {_number(after['jitter'], 12)}"
            f"   {_number(after['skate'], 15)}"
        )
    return "\n".join(lines)


def _number(value: float | None, width: int) -> str:
    return f"{'-' if value is None else format(value, '.1f'):>{width}}"


if __name__ == "__main__":
    sys.exit(main())

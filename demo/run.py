"""The whole way, from footage to files, by the commands a user would type. Run by `make demo`.

``python -m demo.run [--video FILE] [--out DIR]``, in Blender's environment; the engine's is found beside it.
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, help="your own footage instead of the demo's")
    parser.add_argument("--out", type=Path, default=Path("out"))
    args = parser.parse_args()
    out = args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    try:
        make(args.video, out)
    except subprocess.CalledProcessError as error:
        print(f"The demo stopped: {' '.join(error.cmd[1:4])} failed.", file=sys.stderr)
        return int(error.returncode)
    print(table(out, time.monotonic() - started))
    return 0


def make(video: Path | None, out: Path) -> None:
    """All steps in turn. Raises CalledProcessError for the first that fails; it has said why."""
    step(1, "Footage")
    if video is None:
        found = subprocess.run([ENGINE, "-m", "demo.footage"], cwd=ROOT, check=True, capture_output=False,
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
        video = Path(found.stdout.strip())
    video = video.resolve()
    tracks, frames = out / "tracks.npz", out / "frames"
    step(2, "Perceive: people, 2D keypoints, 3D lift (the engine)")
    run(ENGINE, "-m", "engine", "track", video, "-o", tracks, "--people", "all")
    step(3, "Move: clean, fit to an armature, bake, export (Blender)")
    run(sys.executable, "-m", "blender_pose3d", "convert", tracks, "--people", "all", "--name", "demo",
        "--out", out, "--fbx", "--bvh", "--blend")  # fmt: skip
    step(4, "Render the character (Cycles on the CPU, the slowest step)")
    run(sys.executable, "-m", "demo.render", out / "demo.blend", frames)
    step(5, "Preview: footage and character side by side")
    run(ENGINE, "-m", "demo.compose", video, tracks, frames, out)


def step(number: int, what: str) -> None:
    print(f"\n[{number}/5] {what}", flush=True)


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)


def table(out: Path, seconds: float) -> str:
    """What was made, where it lies, and how good it is."""
    report = json.loads((out / "demo.report.json").read_text())
    lines = ["", "Made in " + str(out) + f" in {seconds:.0f} s:"]
    for name in ("tracks.npz", "demo.blend", "demo.fbx", "demo.bvh", "preview.mp4", "contact_sheet.png"):
        lines.append(f"  {name:<18} {(out / name).stat().st_size / 1e6:7.2f} MB")
    lines.append("")
    for name, value in summary(report):
        lines.append(f"  {name:<26} {value}")
    return "\n".join(lines)


def summary(report: dict) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in report.items()]


if __name__ == "__main__":
    sys.exit(main())

"""The engine and the usual ways side by side: the same video, the same weights, the same machine, one run.

``.venv-engine/bin/python -m bench.engine hrnet-w32|blazepose-full|blazepose-heavy [--length 240|--video FILE]
[--frames N] [--rounds 1] [--only ours|usual] [--json FILE]``

hrnet-w32 is measured against the usual loop (bench/usual_loop.py), with our trained network inside an
HRNet-W32 (bench/embedded_hrnet.py), so that there is somebody to follow at W32's price. BlazePose is measured
against mediapipe 0.10.21's own Python `Pose`, in an environment that is made for it (build/bench-mediapipe).
Without a video one of `--length` frames is made (bench/one_person.py). Each runs in a process of its own;
loading networks is not counted; of several rounds, which take turns in changing order, the fastest counts.
Ours also watches the camera and lifts to 3D, which the others do not.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.machine import processor
from bench.one_person import made
from bench.stage_clock import StageClock, peak_mb
from bench.thread_clock import ThreadClock
from engine import weights

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "build" / "bench"
MEDIAPIPE = ROOT / "build" / "bench-mediapipe"
WHAT = ("hrnet-w32", "blazepose-full", "blazepose-heavy")
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--video", type=Path, help="1080p and one person, to compare with the docs")
    parser.add_argument("--length", type=int, default=240, help="frames of the video that is made")
    parser.add_argument("--frames", type=int, default=0, help="of the video, from its start; 0 for all")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--every-frame", action="store_true", help="ours looks at every frame too")
    parser.add_argument("--precision", default="float32", help="of HRNet in ours: int8 too")
    parser.add_argument("--only", choices=("ours", "usual"), help="the other one is left out")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--ours", type=Path, help=argparse.SUPPRESS)  # the process that measures ours
    args = parser.parse_args()
    PLACE.mkdir(parents=True, exist_ok=True)
    if args.ours:
        print(json.dumps(_ours(args)))
        return
    args.video = args.video or _clip(args.length)
    best = _best(args)
    print(_table(args, best))
    if args.json:
        args.json.write_text(json.dumps({"what": args.what, "machine": processor(), **best}, indent=1))


def _best(args: argparse.Namespace) -> dict[str, Figures]:
    """Figures of the fastest round of each."""
    network = _network(args.what)
    ours = [sys.executable, "-m", "bench.engine", args.what, "--ours", network, "--video", str(args.video)]
    commands = {}
    if args.only != "ours":
        commands["usual"] = _usual(args, network)
    if args.only != "usual":
        commands["ours"] = [*ours, *_common(args)]
    found: dict[str, list[Figures]] = {name: [] for name in commands}
    for turn in range(args.rounds):
        # what runs second meets a warmer processor
        for name in list(commands)[:: -1 if turn % 2 else 1]:
            found[name].append(_run(commands[name]))
    return {name: max(some, key=lambda one: one["fps"]) for name, some in found.items()}


def _clip(frames: int) -> Path:
    path = PLACE / ("one_person.mp4" if frames == 240 else f"one_person_{frames}.mp4")
    return path if path.is_file() else made(path, frames)


def _network(what: str) -> str:
    if what != "hrnet-w32":
        return str(weights.ensure(what))
    from bench.embedded_hrnet import write as embedded  # by torch, which ours does without

    path = PLACE / "w32.safetensors"
    return str(path if path.is_file() else embedded(path))


def _common(args: argparse.Namespace) -> list[str]:
    frames = ["--frames", str(args.frames)] if args.frames else []
    return frames + ["--precision", args.precision] + (["--every-frame"] if args.every_frame else [])


def _usual(args: argparse.Namespace, network: str) -> list[str]:
    frames = ["--frames", str(args.frames)] if args.frames else []
    if args.what == "hrnet-w32":
        return [sys.executable, "-m", "bench.usual_loop", str(args.video), network, *frames]
    complexity = "2" if args.what.endswith("heavy") else "1"
    python = _mediapipe(network)
    return [python, "bench/mediapipe_pose.py", str(args.video), "--complexity", complexity, *frames]


def _mediapipe(network: str) -> str:
    """Its Python; the environment is made at the first call. It looks for its heavy model beside the full
    one, and would download it."""
    python = MEDIAPIPE / "bin" / "python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", str(MEDIAPIPE)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "mediapipe==0.10.21"], check=True)
    (folder,) = MEDIAPIPE.glob("lib/python*/site-packages/mediapipe/modules/pose_landmark")
    with contextlib.suppress(shutil.SameFileError):
        shutil.copyfile(network, folder / Path(network).name)
    return str(python)


def _run(command: list[str]) -> Figures:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _ours(args: argparse.Namespace) -> Figures:
    """The engine's own way through the video, as `python -m engine track` goes it."""
    from engine import pipeline, settings, trace, video

    info = video.probe(args.video)
    end = (args.frames - 0.5) / info.fps if args.frames else None
    chosen = settings.Settings(
        pose2d=str(args.ours), device="cpu", end=end, precision=args.precision, use_cache=False
    )
    if args.every_frame:
        chosen = dataclasses.replace(chosen, every_frame=True)
    clock, threads, began = StageClock(), ThreadClock(), contextlib.ExitStack()

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "load" and done == total:
            began.enter_context(clock.whole())
            began.enter_context(threads)

    with trace.tracing() as tracer, began:
        tracks = pipeline.track(args.video, chosen, progress=progress)
    frames = len(tracks.time)
    stages = {name: 1e3 * spent.seconds / frames for name, spent in tracer.totals.items() if name != "load"}
    return {
        **clock.figures(frames),
        "stages_ms": stages,
        "threads_ms": {name: 1e3 * spent / frames for name, spent in threads.seconds.items()},
        "people": int(tracks.present.sum()),
        "looked": tracks.meta.get("frames_looked_at", frames),
        "peak_mb": peak_mb(),
    }


def _table(args: argparse.Namespace, best: dict[str, Figures]) -> str:
    names = {"usual": "usual loop" if args.what == "hrnet-w32" else "mediapipe", "ours": "ours"}
    columns = [names[who] for who in best] + ["ratio"] * (len(best) > 1)
    frames = next(iter(best.values()))["frames"]
    lines = [
        processor(),
        f"{args.what}, {args.video.name}, {frames} frames, best of {args.rounds}",
        "",
        "| | " + " | ".join(columns) + " |",
        "| --- |" + " ---: |" * len(columns),
        _row("frames/s", *(one["fps"] for one in best.values())),
        _row("processor ms a frame", *(1e3 * one["processor_seconds"] / frames for one in best.values())),
        _row("peak MB", *(one["peak_mb"] for one in best.values())),
        _row("poses found", *(one["people"] for one in best.values())),
        _row("frames looked at", *(one.get("looked", frames) for one in best.values())),
    ]
    for kind, title in (("stages_ms", "ms a frame"), ("threads_ms", "processor ms a frame, thread")):
        for stage in dict.fromkeys(name for one in best.values() for name in one.get(kind, {})):
            given = [one.get(kind, {}).get(stage) for one in best.values()]
            lines.append(_row(f"{title}: {stage}", *given))
    return "\n".join(lines)


def _row(title: str, *values: float | None) -> str:
    """values: of the usual way and of ours, or of one of them."""
    cells = ["" if v is None else f"{v:.1f}" for v in values]
    if len(values) > 1:
        a, b = values
        cells.append(f"{b / a:.1f}" if a and b else "")
    return f"| {title} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()

"""Kill a batch at random moments and start it again: is each clip done exactly once, and nothing ever broken?

    .venv/bin/python -m bench.kills [--kills 20] [--jobs 2] [--seed 1]

Killed is the whole family of processes, as a scheduler does it, or the first alone, as the system does when
memory runs out. After each kill every file under a final name must be, byte by byte, what an undisturbed run
makes; and what was noted as done must never be touched again.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FORMATS = ("--bvh", "--trc", "--json")
_NOTE = ".done.json"


@dataclass
class Tally:
    """What was seen: kills while clips were left, hidden leftovers of them, moments with results half
    published, clips done."""

    kills: int = 0
    at_work: int = 0
    leftovers: int = 0
    clips: int = 0
    faults: list[str] = field(default_factory=list)


def main() -> None:
    """Run it and print the tally; exit code 1 if anything was broken or done twice."""
    parser = argparse.ArgumentParser(prog="bench.kills", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, metavar="N")
    parser.add_argument("--clips", type=int, metavar="N", help="default: three for each kill")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="clips at a time")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pose3d-kills-") as folder:
        clips = asked.clips or 3 * asked.kills
        tally = killed(Path(folder), kills=asked.kills, clips=clips, jobs=asked.jobs, seed=asked.seed)
    print(
        f"{tally.kills} kills, {tally.at_work} of them with a clip in work, {asked.jobs} at a time: "
        f"{tally.clips} clips done once each, {len(tally.faults)} faults, "
        f"{tally.leftovers} hidden leftovers cleared away"
    )
    print("\n".join(tally.faults))
    sys.stdout.flush()
    os._exit(1 if tally.faults else 0)


def killed(folder: Path, *, kills: int, clips: int, jobs: int, seed: int) -> Tally:
    """Make clips in a folder, kill as often as asked, finish undisturbed."""
    takes, out, dice = _takes(folder, clips), folder / "out", random.Random(seed)  # noqa: S311
    wanted, tally = _undisturbed(folder, takes), Tally()
    finished: dict[str, int] = {}
    while tally.kills < kills and len(finished) < clips:
        process = _start(takes, out, jobs)
        # one in five while Blender starts, the others when work has begun
        if dice.random() < 0.2 or not _has_begun(process, out):
            time.sleep(dice.uniform(0.0, 2.0))
        else:
            time.sleep(dice.uniform(0.0, 1.0))
        tally.at_work += bool(list(out.glob(".*.claim")))
        _kill(process, whole=jobs == 1 or dice.random() < 0.5)
        tally.kills += 1
        _check(out, wanted, finished, tally)
    tally.leftovers = sum(1 for path in out.iterdir() if path.name.startswith("."))
    for _ in range(2):
        # workers that outlived the first process may still be at a clip
        last = _start(takes, out, jobs)
        told = last.communicate(timeout=600)[1]
    _check(out, wanted, finished, tally)
    tally.clips = len(finished)
    tally.faults += [f"{name} is missing" for name in wanted if not (out / name).exists()]
    tally.faults += [f"{path.name} was left" for path in out.iterdir() if path.name.startswith(".")]
    if last.returncode or f"{clips} up to date" not in told:
        tally.faults.append(f"the last run did not find all done: {told[-300:]}")
    return tally


def _takes(folder: Path, clips: int) -> Path:
    from blender_pose3d.tracks import write_tracks
    from tests.walker import camera_at, film, walk

    takes = folder / "takes"
    takes.mkdir()
    first = takes / "c000.npz"
    write_tracks(first, film(walk(0.3), camera_at()).tracks)
    for number in range(1, clips):
        shutil.copy(first, takes / f"c{number:03d}.npz")
    return takes


def _undisturbed(folder: Path, takes: Path) -> dict[str, str]:
    """Name → hash of everything that two clips become in peace; all clips are of one content."""
    one, out = folder / "one", folder / "peace"
    one.mkdir()
    names = sorted(path.stem for path in takes.iterdir())
    shutil.copy(takes / f"{names[0]}.npz", one)
    done = _start(one, out, 1)
    told = done.communicate(timeout=600)[1]
    if done.returncode:
        raise SystemExit(f"convert ended with {done.returncode}: {told}")
    made = [path for path in out.iterdir() if not path.name.endswith(_NOTE)]
    return {path.name.replace(names[0], name): _hash(path, names[0]) for path in made for name in names}


def _start(takes: Path, out: Path, jobs: int) -> subprocess.Popen[str]:
    words = ["convert", str(takes), "--out", str(out), "--report", str(out.parent / "r.json"), *FORMATS]
    return subprocess.Popen(
        [sys.executable, "-m", "blender_pose3d", *words, "--jobs", str(jobs)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _has_begun(process: subprocess.Popen[str], out: Path) -> bool:
    while process.poll() is None:
        if any(_pid(claim) in _family(process.pid) for claim in out.glob(".*.claim")):
            return True
        time.sleep(0.01)
    return False


def _pid(claim: Path) -> int:
    try:
        return int(json.loads(claim.read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError, KeyError):
        return -1


def _family(first: int) -> list[int]:
    """A process and all below it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
                parents[int(entry.name)] = int(text.rsplit(")", 1)[1].split()[1])
    found = [first]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _kill(process: subprocess.Popen[str], *, whole: bool) -> None:
    for pid in _family(process.pid) if whole else [process.pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


def _check(out: Path, wanted: dict[str, str], finished: dict[str, int], tally: Tally) -> None:
    """Every final file is as it should be; every clip that was done is as it was."""
    for path in out.iterdir() if out.exists() else ():
        if path.name.startswith("."):
            continue
        if not path.name.endswith(_NOTE):
            if _hash(path, path.name.split(".")[0]) != wanted.get(path.name):
                tally.faults.append(f"after kill {tally.kills}: {path.name} is broken")
            continue
        if not json.loads(path.read_text(encoding="utf-8"))["made_from"]:
            continue  # on its way
        changed = path.stat().st_mtime_ns
        if finished.setdefault(path.name, changed) != changed:
            tally.faults.append(f"after kill {tally.kills}: {path.name} was done twice")


def _hash(path: Path, clip: str) -> str:
    """Of a result, whatever its clip is called."""
    return hashlib.sha256(path.read_bytes().replace(clip.encode(), b"CLIP")).hexdigest()


if __name__ == "__main__":
    main()

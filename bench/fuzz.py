"""Feeds the engine damaged videos, messages and command lines, and watches for crashes, hangs and memory.

    .venv-engine/bin/python -m bench.fuzz [--videos 500] [--messages 1600] [--lines 400] [--seed 1]

Videos and messages go to a running ``python -m engine serve`` with its real networks (the fast preset,
fetched once beforehand), command lines to a process each. A finding is: a process that ends by itself, an
answer that says that something unexpected went wrong, no sign of life for ten seconds, or more memory than
the bound. What found something is kept with --keep. The table is docs/robustness.md's.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import os
import queue
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .fuzz_inputs import CLIPS, command_lines, damaged, messages

ROOT = Path(__file__).parents[1]
_REAL = (sys.executable, "-m", "engine")
_CODES = {0, 2, 3, 4, 5}  # and 1 for an error that is told, such as a full disk
_START = 60.0  # seconds that an engine may take to begin, on a busy machine


@dataclass
class Table:
    """What came of one kind of input."""

    tried: int = 0
    slowest: float = 0.0
    memory: float = 0.0  # MB
    outcomes: collections.Counter[str] = field(default_factory=collections.Counter)
    findings: list[str] = field(default_factory=list)

    def add(self, outcome: str, seconds: float, finding: str = "") -> None:
        """Count one input. finding: what is wrong, empty where nothing is."""
        self.tried += 1
        self.slowest = max(self.slowest, seconds)
        self.outcomes[outcome] += 1
        if finding:
            self.findings.append(finding)

    def row(self, name: str) -> str:
        """A line of a Markdown table."""
        told = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.most_common())
        return (
            f"| {name} | {self.tried} | {told} | {len(self.findings)} | {self.slowest:.1f} s |"
            f" {self.memory:.0f} MB |"
        )


class Engine:
    """A serving engine whose messages are collected by a thread."""

    def __init__(self, command: tuple[str, ...], folder: Path) -> None:
        self.process = subprocess.Popen(
            [*command, "serve"],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr.txt").open("ab"),
        )
        self.said: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        # the first job loads libraries, which takes its time on a busy machine
        self.next(_START)
        first = {"id": "first", "command": "track", "video": str(clip(folder, *CLIPS[0])),
                 "output": str(folder / "first.npz"), "quality": "fast"}  # fmt: skip
        self.send(json.dumps(first).encode() + b"\n")
        if self.answer("first", _START) is None:
            raise RuntimeError("the engine does not start")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.put(json.loads(line))
        self.said.put(None)

    def send(self, data: bytes) -> None:
        """Write bytes; an engine that has gone is seen by who waits for the answer."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except OSError:
            pass

    def next(self, within: float) -> dict[str, Any] | None:
        """The next message; None when the engine ended. Raises queue.Empty after `within` seconds."""
        return self.said.get(timeout=within)

    def answer(self, identity: object, within: float) -> dict[str, Any] | None:
        """The result or error of this id. Raises queue.Empty after `within` seconds without any message."""
        while (message := self.next(within)) is not None:
            if message["type"] in ("result", "error") and message["id"] == identity:
                return message
        return None

    def memory(self) -> float:
        """Most memory that the process has held, MB; 0 where the system does not tell."""
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.is_file() else None
        return int(found[1]) / 1024 if found else 0.0

    def end(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()


def environment(folder: Path) -> dict[str, str]:
    """For an engine under test: no downloads, results and checkpoints in a folder of its own."""
    return {**os.environ, "POSE3D_OFFLINE": "1", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8",
            "HOME": str(folder), "POSE3D_CACHE": str(folder / "cache")}  # fmt: skip


def fuzz_videos(engine_command: tuple[str, ...], folder: Path, asked: argparse.Namespace) -> Table:
    """Damaged copies of small clips, one track command each."""
    table, dice = Table(), _dice(asked.seed)
    clips = [clip(folder, *kind) for kind in CLIPS]
    engine = Engine(engine_command, folder)
    for number in range(asked.videos):
        source = dice.choice(clips)
        kind, data = damaged(source.read_bytes(), dice)
        path = folder / f"hurt{source.suffix}"
        path.write_bytes(data)
        job = {"id": number, "command": "track", "video": str(path), "output": str(folder / "out.npz"),
               "quality": "fast", "use_cache": False}  # fmt: skip
        began = time.monotonic()
        engine.send(json.dumps(job).encode() + b"\n")
        outcome, finding = _outcome(engine, number, asked)
        if finding:
            finding = f"video {number}, {kind} of {source.name}: {finding}"
            _keep(asked.keep, f"{number}-{source.name}", data)
        table.add(outcome, time.monotonic() - began, finding)
        table.memory = max(table.memory, engine.memory())
        if outcome in ("crash", "hang"):
            engine.end()
            engine = Engine(engine_command, folder)
    engine.end()
    return table


def fuzz_messages(engine_command: tuple[str, ...], folder: Path, asked: argparse.Namespace) -> Table:
    """Spoilt lines, each followed by a plain question that must be answered."""
    table, dice = Table(), _dice(asked.seed + 1)
    video = clip(folder, *CLIPS[0])
    engine = Engine(engine_command, folder)
    for number, line in enumerate(itertools.islice(messages(video, folder, dice), asked.messages)):
        began = time.monotonic()
        check = f"check {number}"
        engine.send(line + json.dumps({"id": check, "command": "look", "video": "none"}).encode() + b"\n")
        outcome, finding = _outcome(engine, check, asked)
        if outcome == "crash" and b"shutdown" in line and engine.process.wait(_START) == 0:
            outcome, finding = "shutdown", ""
        if finding:
            _keep(asked.keep, f"message-{number}", line)
        table.add("answered" if outcome == "refused" else outcome, time.monotonic() - began,
                  finding and f"message {number}, {line[:80]!r}: {finding}")  # fmt: skip
        if outcome in ("crash", "hang", "shutdown"):
            engine.end()
            engine = Engine(engine_command, folder)
        table.memory = max(table.memory, engine.memory())
    engine.end()
    return table


def _outcome(engine: Engine, identity: object, asked: argparse.Namespace) -> tuple[str, str]:
    """What became of a command, and what is wrong with that."""
    wrong = ""
    try:
        while (message := engine.next(asked.limit)) is not None:
            if message["type"] == "error" and message["code"] == "failed":
                wrong = wrong or f"{message['message']} {message.get('log', [''])[-1]}"
            if message["type"] in ("result", "error") and message["id"] == identity:
                if engine.memory() > asked.memory:
                    wrong = wrong or f"{engine.memory():.0f} MB"
                nobody = "No person found" in message.get("message", "")
                return ("read" if nobody or message["type"] == "result" else "refused"), wrong
    except queue.Empty:
        return "hang", f"no sign of life for {asked.limit:g} s"
    return "crash", f"the engine ended, exit code {engine.process.wait()}"


def fuzz_lines(engine_command: tuple[str, ...], folder: Path, asked: argparse.Namespace) -> Table:
    """Spoilt command lines, a process each."""
    table, dice = Table(), _dice(asked.seed + 2)
    video = clip(folder, *CLIPS[0])
    for number, line in enumerate(itertools.islice(command_lines(video, folder, dice), asked.lines)):
        if any("\x00" in argument for argument in line):
            continue
        began = time.monotonic()
        try:
            done = subprocess.run(
                [*engine_command, *line], cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL,
                capture_output=True, timeout=asked.limit, check=False,
            )  # fmt: skip
            told = done.stderr.decode(errors="replace")
            errors = [text for text in told.splitlines() if "error: " in text]
            finding = ""
            if "Traceback" in told or "unexpected" in told or done.returncode not in {*_CODES, 1}:
                finding = f"exit code {done.returncode}: {told[-200:]}"
            elif done.returncode and not errors and line[:1] != ["doctor"]:
                finding = f"exit code {done.returncode} without a word"
            outcome = f"code {done.returncode}"
        except subprocess.TimeoutExpired:
            outcome, finding = "hang", f"no end after {asked.limit:g} s"
        table.add(outcome, time.monotonic() - began, finding and f"line {number}, {line!r:.300}: {finding}")
    table.memory = _of_children()
    return table


def _of_children() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (the same damage again is the point)


def clip(folder: Path, name: str, codec: str, options: dict[str, str]) -> Path:
    """A clip of somebody who moves, 24 small pictures."""
    import av
    import numpy as np

    path = folder / name
    if path.exists():
        return path
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for index in range(24):
            image = np.full((120, 160, 3), 110, dtype=np.uint8)
            image[20:100, 32 + index : 52 + index] = (210, 30, 30)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode())
    return path


def _keep(folder: Path | None, name: str, data: bytes) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def parser() -> argparse.ArgumentParser:
    """What can be asked."""
    made = argparse.ArgumentParser(prog="bench.fuzz", description=__doc__.splitlines()[0])
    made.add_argument("--videos", type=int, default=500, metavar="N")
    made.add_argument("--messages", type=int, default=1600, metavar="N")
    made.add_argument("--lines", type=int, default=400, metavar="N")
    made.add_argument("--seed", type=int, default=1, metavar="N")
    made.add_argument("--limit", type=float, default=10.0, metavar="S", help="seconds without a sign of life")
    made.add_argument("--memory", type=float, default=2000.0, metavar="MB")
    made.add_argument("--keep", type=Path, metavar="DIR", help="folder for what found something")
    made.add_argument("--weights", type=Path, metavar="DIR", help="folder with fetched weights to use")
    return made


def main(arguments: list[str] | None = None, command: tuple[str, ...] = _REAL) -> int:
    """Run all; 1 if anything was found. command: starts the engine."""
    asked = parser().parse_args(arguments)
    tables: dict[str, Table] = {}
    with tempfile.TemporaryDirectory(prefix="pose3d-fuzz-") as name:
        folder = Path(name)
        if asked.weights is not None:
            (folder / "cache").mkdir()
            (folder / "cache" / "weights").symlink_to(asked.weights.resolve())
        for kind, fuzz, wanted in (
            ("videos", fuzz_videos, asked.videos),
            ("messages", fuzz_messages, asked.messages),
            ("command lines", fuzz_lines, asked.lines),
        ):
            if wanted:
                tables[kind] = fuzz(command, folder, asked)
                print(tables[kind].row(kind), flush=True)
                print("".join(f"  {finding}\n" for finding in tables[kind].findings), end="", flush=True)
    return int(any(table.findings for table in tables.values()))


if __name__ == "__main__":
    sys.exit(main())

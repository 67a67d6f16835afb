"""A fake engine for tests of the add-on: it speaks the protocol and does what its mode, FAKE_ENGINE, says.

done: answers with the tracks file named in FAKE_TRACKS. die: a crash after some progress. wait: progress
until it is cancelled. deaf: as wait, but cancels are not heard. flood: twenty thousand messages, then as
wait. gone: the video cannot be read any more. offline: no weights. full: it fills the disk of its output.
continue: as done, from the sixtieth of a hundred frames on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from blender_pose3d.blender.engine_session import Engine

SOURCE = """
import json, os, shutil, sys, threading
say = lambda **message: print(json.dumps(message), flush=True)
mode, job = os.environ["FAKE_ENGINE"], None
def step(done):
    say(type="progress", id=job, stage="follow", done=done, total=100, fps=20.0, seconds_left=5.0 - done / 20)
def fail(number, code, exit_code, message, hint=""):
    say(type="error", id=number, code=code, exit_code=exit_code, message=message, hint=hint)
say(type="hello", protocol=int(os.environ.get("FAKE_PROTOCOL", "1")), device="cpu")
for line in sys.stdin:
    asked = json.loads(line)
    command = asked["command"]
    if command == "shutdown" and mode != "deaf":
        break
    if command == "cancel" and mode != "deaf":
        fail(job, "cancelled", 5, "Cancelled.")
    if command == "look":
        with open(asked["thumbnail"], "wb") as file:
            file.write(b"picture")
        size = dict(width=640, height=360, fps=30.0, frames=300, duration=10.0)
        say(type="result", id=asked["id"], sha256="", **size)
    if command == "track":
        job = asked["id"]
        begun = 60 if mode == "continue" else 0
        if begun:
            say(type="continued", id=job, frame=begun)
        for done in range(begun, begun + 50, 10):
            step(min(done, 99))
        if mode == "die":
            print("Segmentation fault in layer 3", file=sys.stderr, flush=True)
            os._exit(9)
        if mode == "gone":
            fail(job, "bad_input", 3, "The video film.mp4 cannot be read.", "Choose it again.")
        if mode == "offline":
            fail(job, "missing_weights", 4, "No weights, and going online is not allowed.", "Allow it.")
        if mode == "full":
            try:
                with open(asked["output"] + ".part", "wb", buffering=0) as file:
                    while True:
                        file.write(bytes(4096))
            except OSError as error:
                os.unlink(asked["output"] + ".part")
                fail(job, "failed", 1, "The disk is full: " + str(error.strerror), "Free some space.")
        if mode == "flood":
            for done in range(20000):
                step(done % 100)
        if mode in ("done", "continue"):
            shutil.copy(os.environ["FAKE_TRACKS"], asked["output"])
            say(type="result", id=job, output=asked["output"], people=1, people_found=1, frames=30)
"""


def fake_engine(folder: Path, mode: str, tracks: Path | None = None, **environment: str) -> Engine:
    """An engine of this mode; its Python is a script in the folder. For systems with a shell."""
    (folder / "engine.py").write_text(SOURCE)
    python = folder / "python"
    python.write_text(f"#!/bin/sh\nexec '{sys.executable}' -S '{folder / 'engine.py'}'\n")
    python.chmod(0o755)
    return Engine(python, {"FAKE_ENGINE": mode, "FAKE_TRACKS": str(tracks), **environment})

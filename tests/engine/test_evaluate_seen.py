"""By what is kept of following for evaluations: the source of all that decides it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.evaluate.seen import imported

ENGINE = Path(__file__).parents[2] / "engine"


def test_imports_are_walked_through() -> None:
    files = imported([ENGINE / "people.py", ENGINE / "pose2d" / "blazepose.py"])
    names = {path.relative_to(ENGINE.parent).as_posix() for path in files}
    followed = {"between", "pace", "wobble", "partly", "search", "scout", "association"}
    assert {f"engine/{name}.py" for name in followed} <= names
    # imported within functions
    assert {f"engine/pose2d/blazepose_{name}.py" for name in ("networks", "openvino")} <= names
    assert "blender_pose3d/skeleton.py" in names
    # lifters are tried on what is kept
    assert not any(name.startswith("engine/lift") for name in names)


@pytest.mark.slow
def test_what_python_imports_is_among_them() -> None:
    code = "import engine.people, engine.video, sys; print(*(m.__file__ for m in sys.modules.values() "
    code += "if m.__name__.startswith('engine.') and m.__file__))"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ENGINE.parent, capture_output=True, text=True, check=True
    )
    loaded = {Path(name) for name in told.stdout.split() if not name.endswith("__init__.py")}
    assert len(loaded) > 20
    assert loaded <= imported([ENGINE / "people.py", ENGINE / "video.py"])

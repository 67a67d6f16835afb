"""Imports go one way: panels → operators → blender_pose3d.blender → blender_pose3d; engine stands beside.

The engine runs in its own environment and may read the core's skeleton and tracks, nothing else. The core is
free of bpy. Inside the add-on every import of our own packages is relative, as Blender's extensions ask.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = {"blender_pose3d", "engine", "operators", "panels", "demo", "tests", "bench"}
ADD_ON = {"blender_pose3d", "operators", "panels", "__init__"}
BLENDER = {"bpy", "bpy_extras", "bl_ext", "bl_pkg", "addon_utils", "bmesh", "gpu", "mathutils", "aud", "blf"}
HEAVY = {"numpy", "scipy", "torch", "cv2", "av"}

# What each part may import of ours; parts are the longest prefix that fits.
ALLOWED = {
    "blender_pose3d": {"blender_pose3d"},
    "blender_pose3d.blender": {"blender_pose3d", "blender_pose3d.blender"},
    "blender_pose3d.__main__": {"blender_pose3d", "blender_pose3d.blender"},
    "operators": {"operators", "blender_pose3d", "blender_pose3d.blender"},
    "panels": {"panels", "operators", "blender_pose3d", "blender_pose3d.blender"},
    "engine": {"engine"},
    "__init__": {"operators", "panels"},
}
FOR_THE_ENGINE = {"blender_pose3d.skeleton", "blender_pose3d.tracks", "blender_pose3d.formats"}
MAY_USE_BPY = {"blender_pose3d.blender", "blender_pose3d.__main__", "operators", "panels", "__init__"}


def modules() -> Iterator[tuple[str, Path]]:
    """Dotted name and path of every module that ships."""
    yield "__init__", ROOT / "__init__.py"
    for package in ("blender_pose3d", "engine", "operators", "panels"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(source: str, module: str, is_package: bool) -> Iterator[tuple[str, bool, int]]:
    """Absolute dotted name, whether it was written relatively, and line, of every import in the source.

    ``from a import b`` gives ``a.b``: b may be a module.
    """
    package = [] if module == "__init__" else module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, False, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for name in node.names:
                yield f"{stem}.{name.name}".lstrip("."), bool(node.level), node.lineno


def part(name: str, known: Iterable[str]) -> str:
    """The longest known prefix of a dotted name, or the name's first word."""
    fitting = [key for key in known if name == key or name.startswith(f"{key}.")]
    return max(fitting, key=len, default=name.split(".", maxsplit=1)[0])


def offences(module: str, source: str, is_package: bool = False) -> list[str]:
    """What is wrong with one module's imports, one line each."""
    here, found = part(module, ALLOWED), []
    for name, relative, line in imports(source, module, is_package):
        top = name.split(".")[0]
        if top in BLENDER and here not in MAY_USE_BPY:
            found.append(f"{module}:{line} imports {top}, but runs without Blender")
        if top not in OURS:
            continue
        shared = here == "engine" and part(name, FOR_THE_ENGINE) in FOR_THE_ENGINE
        if not shared and part(name, ALLOWED) not in ALLOWED[here]:
            found.append(f"{module}:{line} imports {name}, against the direction")
        if module.split(".", maxsplit=1)[0] in ADD_ON and not relative:
            found.append(f"{module}:{line} imports {name} absolutely; inside the add-on it is relative")
    return found


@pytest.mark.parametrize(("module", "path"), [pytest.param(*item, id=item[0]) for item in modules()])
def test_direction(module: str, path: Path) -> None:
    assert not offences(module, path.read_text("utf-8"), path.name == "__init__.py")


def top_level_imports(path: Path) -> set[str]:
    """First words of what a module imports when it is loaded (not inside functions)."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("blender_pose3d" if "blender_pose3d" in (node.module or "") else node.module or "")
    return found


@pytest.mark.parametrize("package", ["operators", "panels"])
def test_turning_the_add_on_on_loads_nothing_heavy(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        assert not top_level_imports(path) & (HEAVY | {"blender_pose3d"}), path


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("engine.video", "import bpy"),
        ("engine.video", "from blender_pose3d.fit import fit"),
        ("engine.video", "from blender_pose3d import quality"),
        ("blender_pose3d.clean", "def f():\n    import bpy"),
        ("blender_pose3d.clean", "from .blender import scene"),
        ("blender_pose3d.blender.scene", "from ...operators import fit"),
        ("blender_pose3d.blender.scene", "from blender_pose3d.fit import fit"),
        ("operators.fit", "from ..panels import sidebar"),
        ("operators.fit", "from ..engine import video"),
        ("panels.sidebar", "import engine"),
    ],
)
def test_the_rule_bites(module: str, source: str) -> None:
    assert offences(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("engine.video", "from blender_pose3d.tracks import Tracks\nfrom .errors import BadInput"),
        ("engine.video", "from blender_pose3d import skeleton"),
        ("blender_pose3d.blender.scene", "import bpy\nfrom ..fit import fit\nfrom .bake import bake"),
        ("operators.fit", "import bpy\nfrom ..blender_pose3d.blender import apply"),
        ("panels.sidebar", "from ..operators.fit import POSE3D_OT_fit_tracks"),
    ],
)
def test_what_is_right_passes(module: str, source: str) -> None:
    assert not offences(module, source)

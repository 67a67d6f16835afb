"""Each test starts from an empty file, in whatever Blender runs it."""

import pytest


@pytest.fixture(autouse=True)
def empty_file():
    bpy = pytest.importorskip("bpy")
    bpy.ops.wm.read_factory_settings(use_empty=True)

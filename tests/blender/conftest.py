"""Each test starts from an empty file, in whatever Blender runs it."""

from collections.abc import Iterator
from types import ModuleType

import pytest


@pytest.fixture(autouse=True)
def empty_file():
    bpy = pytest.importorskip("bpy")
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture(scope="module")
def add_on() -> Iterator[ModuleType]:
    """The add-on, turned on for a module's tests."""
    from tests.blender.registered import registered

    with registered() as package:
        yield package

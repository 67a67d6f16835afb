"""What drawing costs: the first time too, for what panels ask is loaded by a thread before."""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace

import bpy
import pytest

from tests.blender.registered import PACKAGE, Layout, module

LONGEST = 0.03  # seconds of processor time in one draw
PARTS = (
    "sidebar", "engine", "video", "capture", "captures", "motion", "smoothing", "camera", "contacts", "look",
    "report", "character", "bone_map", "bake", "keys", "export",
)  # fmt: skip


@pytest.fixture
def context(add_on):
    real = bpy.context
    return SimpleNamespace(
        scene=real.scene,
        view_layer=real.view_layer,
        window_manager=real.window_manager,
        active_object=None,
        object=None,
        mode="OBJECT",
        region=SimpleNamespace(width=280),
        preferences=SimpleNamespace(
            system=SimpleNamespace(ui_scale=1.0), addons=real.preferences.addons, filepaths=None
        ),
    )


def draw(name: str, context: SimpleNamespace) -> float:
    """Draw a part, if it is there; seconds of this thread's."""
    panel = getattr(bpy.types, f"POSE3D_PT_{name}")
    begin = time.thread_time()
    if not hasattr(panel, "poll") or panel.poll(context):
        panel.draw(SimpleNamespace(layout=Layout()), context)
    return time.thread_time() - begin


def test_the_first_draw_loads_nothing_and_is_quick(context, monkeypatch, tmp_path):
    monkeypatch.setenv("POSE3D_ENGINE_PYTHON", "/no/such/python")
    loading = module("operators.loading")
    assert loading.LOADED.done()
    bpy.context.scene.pose3d.tracks = str(tmp_path / "none.npz")
    there = set(sys.modules)
    took = {name: draw(name, context) for name in PARTS}
    assert not [name for name in set(sys.modules) - there if name.startswith(PACKAGE)]
    assert max(took.values()) < LONGEST, took


def test_while_it_loads_the_tab_says_so(context, monkeypatch):
    loading = module("operators.loading")
    monkeypatch.setattr(loading.LOADED, "_done", False)
    monkeypatch.setattr(loading.bpy, "app", SimpleNamespace(background=False))
    try:
        assert not bpy.types.POSE3D_PT_video.poll(context)
        layout = Layout()
        bpy.types.POSE3D_PT_sidebar.draw(SimpleNamespace(layout=layout), context)
        assert layout.texts == ["Loading ..."]
    finally:
        monkeypatch.undo()


def test_a_package_that_is_missing_does_not_end_the_loading(add_on):
    loading = module("operators.loading").Loading(("no_such_module", "quality_scale"))
    loading.begin()
    end = time.monotonic() + 20
    while not loading._done:
        assert time.monotonic() < end
        time.sleep(0.005)
    assert loading.done()

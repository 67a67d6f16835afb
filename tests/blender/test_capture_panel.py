"""Video and capture in the sidebar, with bpy: no timers run there, so the tests turn the crank themselves."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from tests.blender.registered import module
from tests.fake_capture_engine import fake_engine
from tests.test_capture_desk import tracks  # noqa: F401

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake engine is a shell script")
LONG = 120.0  # seconds, for a busy machine


class Sidebar:
    """The parts under test, with an engine that does what a test says."""

    def __init__(self, folder: Path, walked: Path, monkeypatch) -> None:
        self.folder, self.walked, self.monkeypatch = folder, walked, monkeypatch
        bpy.ops.pose3d.cancel_capture.poll()  # loads what operators load when they are first asked
        self.desk = module("blender_pose3d.blender.capture_desk").DESK
        inner = "blender_pose3d.blender"
        monkeypatch.setattr(module(f"{inner}.preferences"), "user_folder", lambda: folder / "ours")
        monkeypatch.setattr(module(f"{inner}.captures"), "figures_of", lambda _: {"jitter": 100.0})
        self.engine("done")

    def engine(self, mode: str) -> None:
        """From now on the engine is of this mode."""
        self.desk.session.close(wait=1.0)
        made = fake_engine(self.folder, mode, self.walked)
        self.monkeypatch.setenv("POSE3D_ENGINE_PYTHON", str(made.python))
        for name, value in made.environment.items():
            self.monkeypatch.setenv(name, value)

    @property
    def settings(self):
        return bpy.context.scene.pose3d_capture

    def why_not(self) -> str:
        return module("operators.capture").why_not(bpy.context)

    def begin(self) -> None:
        """What the button does first, without a window."""
        operator = module("operators.capture").POSE3D_OT_capture
        told = []
        fake = SimpleNamespace(again=False, report=lambda kinds, text: told.append(text))
        assert operator._start(fake, bpy.context), told

    def until(self, what: Callable[[], bool]) -> None:
        end = time.monotonic() + LONG
        while not what():
            assert time.monotonic() < end, self.desk.message
            self.desk.tick()
            time.sleep(0.01)

    def draw(self) -> Layout:
        """All that the parts draw."""
        layout = Layout()
        context = SimpleNamespace(
            scene=bpy.context.scene,
            window_manager=bpy.context.window_manager,
            preferences=SimpleNamespace(
                system=SimpleNamespace(ui_scale=1.0), addons=bpy.context.preferences.addons
            ),
            region=SimpleNamespace(width=280),
        )
        for name in ("POSE3D_PT_video", "POSE3D_PT_capture", "POSE3D_PT_captures"):
            panel = getattr(bpy.types, name)
            if not hasattr(panel, "poll") or panel.poll(bpy.context):
                panel.draw(SimpleNamespace(layout=layout), context)
        return layout


class Layout:
    """Notes what is drawn; takes what Blender's takes."""

    def __init__(self, parent=None):
        self.seen = parent.seen if parent else []
        self.texts = parent.texts if parent else []
        self.buttons = parent.buttons if parent else []

    def column(self, **_):
        return Layout(self)

    row = grid_flow = column

    def prop(self, owner, name, **_):
        assert name in owner.bl_rna.properties
        self.seen.append(name)

    def label(self, *, text, **_):
        self.texts.append(text)

    def progress(self, *, factor, text):
        assert 0 <= factor <= 1
        self.texts.append(text)

    def template_icon(self, *, icon_value, **_):
        assert icon_value
        self.seen.append("picture")

    def template_list(self, kind, name, data, items, *active, **_):
        assert hasattr(bpy.types, kind) and hasattr(data, items) and hasattr(*active)
        self.seen.append("list")

    def operator(self, name, *, text="", **_):
        self.buttons.append(text or name)
        return SimpleNamespace()


@pytest.fixture
def sidebar(add_on, tracks, tmp_path, monkeypatch):  # noqa: F811
    made = Sidebar(tmp_path, tracks, monkeypatch)
    yield made
    made.desk.end("", wait=1.0)
    made.desk.job = None
    made.desk.message, made.desk.kept = "", []


@pytest.fixture
def video(tmp_path) -> str:
    path = tmp_path / "Übung eins.mp4"
    path.write_bytes(b"frames" * 1000)
    return str(path)


def test_from_a_video_to_tracks(sidebar, video):
    assert "Choose a video" in sidebar.why_not()
    assert "Choose Video..." in sidebar.draw().buttons
    assert bpy.ops.pose3d.choose_video(filepath=video) == {"FINISHED"}
    sidebar.until(lambda: sidebar.desk.look.over)
    drawn = sidebar.draw()
    assert any("10.0 s, 640" in text for text in drawn.texts)
    assert not sidebar.why_not() and "pose3d.capture" in drawn.buttons

    assert bpy.ops.pose3d.capture() == {"FINISHED"}
    scene = bpy.context.scene
    kept = sidebar.desk.kept
    assert scene.pose3d.tracks == str(kept[0].tracks)
    assert scene.pose3d.tracks_info.startswith("1 person, 30 frames")
    (kept[0].folder / "person-1.png").write_bytes(b"picture")
    drawn = sidebar.draw()
    assert "Person 1" in drawn.buttons and "list" in drawn.seen and "Use Capture" in drawn.buttons
    assert any("Jitter 100" in text for text in drawn.texts)
    assert max(map(len, drawn.texts)) <= 60
    assert bpy.ops.pose3d.fit_tracks(filepath=scene.pose3d.tracks, new_armature=True) == {"FINISHED"}

    sidebar.engine("die")
    scene.pose3d.tracks = ""
    assert bpy.ops.pose3d.capture() == {"FINISHED"}, "captured before"
    assert scene.pose3d.tracks == str(kept[0].tracks)
    scene.pose3d.tracks = ""
    bpy.context.window_manager.pose3d_capture = 0
    assert scene.pose3d.tracks == str(kept[0].tracks), "a click uses it"
    assert bpy.ops.pose3d.remove_capture(folder=str(kept[0].folder)) == {"FINISHED"}
    assert not len(bpy.context.window_manager.pose3d_captures) and not kept[0].folder.exists()


def test_everybody_on_an_armature_of_their_own(sidebar, tracks, tmp_path):  # noqa: F811
    from dataclasses import replace

    from blender_pose3d.tracks import read_tracks, write_tracks

    assert not bpy.ops.pose3d.fit_everybody.poll()
    one = read_tracks(tracks)
    both = one.select([0, 0])
    joints = both.joints2d.copy()
    joints[1, ..., 0] += 300.0
    write_tracks(tmp_path / "dance.npz", replace(both, joints2d=joints))
    bpy.context.scene.pose3d.tracks = str(tmp_path / "dance.npz")
    assert bpy.ops.pose3d.fit_everybody() == {"FINISHED"}
    made = [item for item in bpy.data.objects if item.type == "ARMATURE"]
    assert sorted(item.name for item in made) == ["dance", "dance_person2"]
    assert all(item.animation_data.action for item in made)
    apart = (made[0].location - made[1].location).length
    assert 0.5 < apart < 5, apart
    (tmp_path / "dance.npz").write_bytes(b"rubbish")
    before = set(bpy.data.objects)
    with pytest.raises(RuntimeError, match="not a tracks file"):
        bpy.ops.pose3d.fit_everybody()
    assert set(bpy.data.objects) == before


def test_a_part_of_the_video(sidebar, video):
    sidebar.settings.video = video
    sidebar.settings.use_range = True
    sidebar.settings.start, sidebar.settings.end = 5.0, 4.0
    assert "ends before it starts" in sidebar.why_not()
    sidebar.settings.range_in = "FRAMES"
    sidebar.settings.first_frame, sidebar.settings.last_frame = 31, 60
    assert "not known yet" in sidebar.why_not()
    sidebar.until(lambda: sidebar.desk.look.over)
    asked = module("operators.capture_properties").request_of(bpy.context)
    assert (asked.start, asked.end) == pytest.approx((29.5 / 30, 59.5 / 30), abs=1e-3)
    assert {"range_in", "first_frame", "last_frame"} <= set(sidebar.draw().seen)


def test_one_at_a_time_and_cancel(sidebar, video):
    sidebar.engine("wait")
    sidebar.settings.video = video
    sidebar.begin()
    sidebar.until(lambda: sidebar.desk.job.progress.done == 40)
    drawn = sidebar.draw()
    assert {"Following people  40 / 100", "20.0 frames/s", "3 s left"} <= set(drawn.texts)
    assert "pose3d.cancel_capture" in drawn.buttons
    assert "A capture is running" in sidebar.why_not() and not bpy.ops.pose3d.capture.poll()
    assert bpy.ops.pose3d.cancel_capture() == {"FINISHED"}
    sidebar.until(lambda: not sidebar.desk.busy)
    drawn = sidebar.draw()
    assert "Cancelled." in drawn.texts and "Continue Capture" in drawn.buttons
    assert "It continues at about 40%." in drawn.texts
    assert [item.length for item in bpy.context.window_manager.pose3d_captures] in ([], ["interrupted, 40%"])
    assert not bpy.ops.pose3d.cancel_capture.poll()


def test_the_engine_dies(sidebar, video):
    sidebar.engine("die")
    sidebar.settings.video = video
    with pytest.raises(RuntimeError, match="ended unexpectedly"):
        bpy.ops.pose3d.capture()
    assert any("ended unexpectedly" in text for text in sidebar.draw().texts)
    assert not bpy.context.scene.pose3d.tracks


def test_undo_meanwhile(sidebar, video):
    sidebar.engine("wait")
    sidebar.settings.video = video
    sidebar.begin()
    sidebar.until(lambda: sidebar.desk.job.progress.done > 0)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.object.add()
    bpy.ops.ed.undo_push(message="added")
    assert bpy.ops.ed.undo() == {"FINISHED"}
    assert not bpy.data.objects
    sidebar.desk.tick()
    assert sidebar.desk.busy
    sidebar.draw()
    bpy.ops.pose3d.cancel_capture()
    sidebar.until(lambda: not sidebar.desk.busy)
    assert sidebar.desk.message == "Cancelled."


def test_another_file_meanwhile(sidebar, video, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "other.blend"))
    sidebar.engine("wait")
    sidebar.settings.video = video
    sidebar.begin()
    sidebar.until(lambda: sidebar.desk.job.progress.done > 0)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "other.blend"))
    assert not sidebar.desk.busy and not sidebar.desk.session.running
    assert any("another file was opened" in " ".join(sidebar.draw().texts) for _ in (0,))
    assert [item.length for item in bpy.context.window_manager.pose3d_captures] == ["interrupted, 40%"]


def test_turned_off_meanwhile(sidebar, video, add_on):
    sidebar.engine("wait")
    sidebar.settings.video = video
    sidebar.begin()
    sidebar.until(lambda: sidebar.desk.job.progress.done > 0)
    process = sidebar.desk.session._process._process
    add_on.unregister()
    try:
        assert process.poll() is not None
        assert "turned off" in sidebar.desk.message
        assert not hasattr(bpy.types.Scene, "pose3d_capture")
    finally:
        add_on.register()


def test_no_engine(sidebar, video, monkeypatch):
    monkeypatch.setenv("POSE3D_ENGINE_PYTHON", "/no/such/python")
    sidebar.settings.video = video
    assert "/no/such/python" in sidebar.why_not()
    assert not bpy.ops.pose3d.capture.poll()
    assert any("/no/such/python" in text for text in sidebar.draw().texts)


def test_ticks_and_drawing_are_quick(sidebar, video):
    sidebar.engine("flood")
    sidebar.settings.video = video
    sidebar.draw()
    sidebar.begin()
    sidebar.until(lambda: sidebar.desk.job.progress.done > 0)
    # other programs only ever add to a time, so the quickest of three rounds is the one that tells
    ticks, draws = zip(*(_slowest_tick_and_draw(sidebar) for _ in range(3)), strict=True)
    assert min(ticks) < 0.008, f"{1000 * min(ticks):.1f} ms"
    assert min(draws) < 0.030, f"{1000 * min(draws):.1f} ms"


def _slowest_tick_and_draw(sidebar) -> tuple[float, float]:
    sidebar.desk.slowest = draw = 0.0
    for _ in range(50):
        sidebar.desk.tick()
        before = time.thread_time()
        sidebar.draw()
        draw = max(draw, time.thread_time() - before)
        time.sleep(0.002)
    return sidebar.desk.slowest, draw


def test_what_is_dropped(sidebar):
    handler = bpy.types.POSE3D_FH_video
    assert {".mp4", ".mov"} <= set(handler.bl_file_extensions.split(";"))
    assert handler.bl_import_operator == "pose3d.choose_video"
    assert handler.poll_drop(SimpleNamespace(area=SimpleNamespace(type="VIEW_3D")))
    assert not handler.poll_drop(SimpleNamespace(area=SimpleNamespace(type="TEXT_EDITOR")))

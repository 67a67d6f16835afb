"""Look before you bake, without a window: what would be drawn, the footage's camera, markers, the report."""

from __future__ import annotations

import time
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from blender_pose3d.tracks import write_tracks
from tests.blender.registered import module
from tests.walker import FROM_3D, camera_at, film, walk

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shot():
    return film(walk(1.5), camera_at(origin=(0.3, -5.0, 1.3), tilt=4.0), pixels=0.5)


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    """50 frames of 320 x 180, each a little lighter, written by Blender."""
    folder = tmp_path_factory.mktemp("video")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    made = (
        {"frame_start": 1, "length": 50}
        if bpy.app.version >= (5, 0, 0)
        else {"frame_start": 1, "frame_end": 51}
    )
    strips.new_effect("Light", "COLOR", 1, **made)
    render = scene.render
    render.resolution_x, render.resolution_y, render.fps = 320, 180, 30
    if hasattr(render.image_settings, "media_type"):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format, render.ffmpeg.codec = "MPEG4", "H264"
    render.filepath, render.use_file_extension = str(folder / "walk.mp4"), False
    scene.frame_end = 50
    bpy.ops.render.render(animation=True)
    return folder / "walk.mp4"


@pytest.fixture(scope="module")
def tracks(shot, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tracks") / "walk.npz"
    write_tracks(path, shot.tracks)
    return path


@pytest.fixture
def scene(add_on, tracks):
    scene = bpy.context.scene
    scene.pose3d.tracks = str(tracks)
    yield scene
    module("operators.live").stop()


def things() -> dict[str, set[str]]:
    kinds = ("objects", "cameras", "images", "collections", "actions")
    return {kind: {item.name for item in getattr(bpy.data, kind)} for kind in kinds}


def test_the_skeleton_follows_the_timeline(scene):
    overlay = module("blender_pose3d.blender.overlay")
    scene.frame_start = 11
    assert bpy.ops.pose3d.show_skeleton() == {"FINISHED"}
    assert scene.pose3d_look.skeleton
    scene.frame_set(10)
    assert overlay.shapes_at(scene) is None, "before it begins"
    scene.frame_set(11)
    first = overlay.shapes_at(scene).lines
    scene.frame_set(11 + 24)
    later = overlay.shapes_at(scene).lines
    assert (later - first)[:, 0].mean() == pytest.approx(1.1, abs=0.15), "a second of walking, at 24 fps"
    scene.frame_set(11 + 36)
    assert overlay.shapes_at(scene) is None, "after it ended"
    scene.pose3d_look.skeleton = False
    assert not overlay.is_shown() and overlay._views.handler is None


def test_it_is_where_it_will_be_baked(scene):
    overlay = module("blender_pose3d.blender.overlay")
    scene.pose3d_look.skeleton = True
    assert bpy.ops.pose3d.fit_tracks(filepath=scene.pose3d.tracks, new_armature=True) == {"FINISHED"}
    armature = scene.pose3d.armature
    scene.frame_set(20)
    ends = overlay.shapes_at(scene).lines
    for bone in ("foot.L", "hand.R", "shin.R"):
        head = np.array(armature.matrix_world @ armature.pose.bones[bone].head)
        assert np.linalg.norm(ends - head, axis=-1).min() < 0.06, bone


def test_a_setting_changes_what_is_seen(scene):
    overlay, live = module("blender_pose3d.blender.overlay"), module("operators.live")
    scene.pose3d_look.skeleton = True
    small = np.ptp(overlay.shapes_at(scene).lines[:, 2])
    scene.pose3d.height = 2.0
    live.refresh(scene)
    assert np.ptp(overlay.shapes_at(scene).lines[:, 2]) == pytest.approx(small * 2.0 / 1.7, rel=1e-3)


def test_the_timer_never_waits(scene):
    """A window would call it; the thread works meanwhile."""
    overlay, live = module("blender_pose3d.blender.overlay"), module("operators.live")
    scene.pose3d_look.skeleton = True
    small, costs = np.ptp(overlay.shapes_at(scene).lines[:, 2]), []
    scene.pose3d.height, end = 2.0, time.monotonic() + 60
    while np.ptp(overlay.shapes_at(scene).lines[:, 2]) < small * 1.1:
        begun = time.thread_time()
        assert live._tick() is not None
        costs.append(time.thread_time() - begun)
        assert time.monotonic() < end
        time.sleep(0.01)
    assert max(costs) < 0.008
    scene.pose3d_look.skeleton = False
    assert live._tick() is None, "nothing is to be seen"


def test_no_tracks_and_tracks_that_go(scene, tracks, tmp_path):
    overlay, live = module("blender_pose3d.blender.overlay"), module("operators.live")
    scene.pose3d.tracks = ""
    with pytest.raises(RuntimeError, match="Capture a video"):
        bpy.ops.pose3d.show_skeleton()
    scene.pose3d_look.skeleton = True
    assert "Capture a video" in live.state.message and not overlay.is_shown()
    short_lived = tmp_path / "short.npz"
    short_lived.write_bytes(tracks.read_bytes())
    scene.pose3d.tracks = str(short_lived)
    live.refresh(scene)
    assert overlay.is_shown() and not live.state.message
    short_lived.unlink()
    live.refresh(scene)
    assert "No such tracks file" in live.state.message
    assert overlay.is_shown(), "what was seen stays"
    scene.pose3d.person = 3
    scene.pose3d.tracks = str(tracks)
    live.refresh(scene)
    assert "no person 3" in live.state.message


def test_another_file_ends_it(scene):
    overlay, live = module("blender_pose3d.blender.overlay"), module("operators.live")
    scene.pose3d_look.skeleton = True
    assert overlay.is_shown()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert not overlay.is_shown() and live.state.answer is None
    assert not bpy.context.scene.pose3d_look.skeleton


def in_pixels(scene, camera, points, width, height) -> np.ndarray:
    """Where Blender's own camera shows points, px of a footage that fits into its frame."""
    bpy.context.view_layer.update()
    part = np.array([world_to_camera_view(scene, camera, Vector(point)) for point in points])[:, :2]
    render = scene.render
    across = render.resolution_x / render.resolution_y
    wide = width / height >= across
    frame = np.array([width, width / across] if wide else [height * across, height])
    return (part - 0.5) * frame * (1, -1) + (width / 2, height / 2)


@pytest.mark.parametrize("resolution", [(1920, 1080), (1080, 1920), (1000, 1000)])
def test_the_camera_shows_the_person_where_the_footage_does(scene, shot, video, resolution):
    scene.render.fps = 30
    scene.render.resolution_x, scene.render.resolution_y = resolution
    scene.pose3d_look.footage = str(video)
    before = things()
    assert bpy.ops.pose3d.show_footage() == {"FINISHED"}
    camera = scene.camera
    assert [c.name for c in camera.users_collection] == ["Pose3D"]
    motion = module("operators.live").state.answer.motion
    skeleton = motion.skeleton
    flat = shot.tracks.skeleton2d
    off = []
    for frame in (0, 20, 40):
        scene.frame_set(scene.frame_start + frame)
        names = [name for name in FROM_3D if name[1:] in ("Knee", "Ankle", "Wrist", "Elbow", "Shoulder")]
        points = motion.joints[frame, [skeleton.index(name) for name in names]]
        seen = shot.tracks.joints2d[0, frame, [flat.index(FROM_3D[name]) for name in names]]
        shown = in_pixels(scene, camera, points, 1280, 720)
        assert shown == pytest.approx(motion.camera.project(points), abs=0.05), "Blender's camera is ours"
        off.append(np.linalg.norm(shown - seen, axis=-1))
    assert np.median(off) < 4.0, "of 1280 px"
    assert bpy.ops.pose3d.show_footage() == {"FINISHED"}
    assert things() == before
    assert scene.camera is None


def test_footage_in_step_at_another_rate(scene, shot, video):
    """24 of the scene, 30 of the video: the footage's frame is the one of that time."""
    scene.pose3d_look.footage = str(video)
    scene.frame_start = 5
    former = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    scene.collection.objects.link(former)
    scene.camera = former
    bpy.ops.pose3d.show_footage()
    data = scene.camera.data
    user = data.background_images[0].image_user
    shown = []
    for frame in range(36):
        scene.frame_set(5 + frame)
        offset = data.evaluated_get(bpy.context.evaluated_depsgraph_get()).background_images[0].image_user
        shown.append(min(frame + 1, user.frame_duration) + offset.frame_offset - 1)
    assert shown == np.round(np.arange(36) / 24 * 30).astype(int).tolist()
    bpy.ops.pose3d.show_footage()
    assert scene.camera == former
    assert not bpy.data.actions and not bpy.data.images


def test_a_camera_that_turns_is_followed(add_on, tmp_path, video):
    shot = film(walk(1.0), camera_at())
    angle = np.radians(np.linspace(0.0, 8.0, len(shot.joints)))
    zero, one = np.zeros_like(angle), np.ones_like(angle)
    turns = np.stack(
        [np.cos(angle), zero, np.sin(angle), zero, one, zero, -np.sin(angle), zero, np.cos(angle)], axis=-1
    ).reshape(-1, 3, 3)
    from dataclasses import replace

    moving = replace(shot.tracks, camera_rotation=turns, camera_zoom=np.linspace(1.0, 1.2, len(angle)))
    path = tmp_path / "walk.npz"
    write_tracks(path, moving)
    scene = bpy.context.scene
    scene.render.fps = 30
    scene.pose3d.tracks, scene.pose3d_look.footage = str(path), str(video)
    bpy.ops.pose3d.show_footage()
    axes = module("blender_pose3d.reprojection").camera_axes(module("operators.live").state.answer.motion)
    for frame, zoom in ((0, 1.0), (29, 1.2)):
        scene.frame_set(scene.frame_start + frame)
        matrix = np.array(scene.camera.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
        assert matrix[:3, :3] == pytest.approx(axes[frame] * (1, -1, -1), abs=1e-4)
        assert scene.camera.data.lens == pytest.approx(36 * 1000 / 1280 * zoom, rel=1e-3)
    module("operators.live").stop()


@pytest.mark.parametrize(
    ("footage", "told"),
    [("", "Choose the video below"), ("/no/such.mp4", "No such video"), (__file__, "Blender cannot")],
)
def test_footage_that_cannot_be(scene, footage, told):
    scene.pose3d_look.footage = footage
    before = things()
    with pytest.raises(RuntimeError, match=told):
        bpy.ops.pose3d.show_footage()
    assert things() == before


def test_markers_come_and_go(scene, tmp_path):
    shaken = tmp_path / "shaken.npz"
    write_tracks(shaken, film(walk(2.0), camera_at(), noise=0.05, pixels=8.0).tracks)
    scene.pose3d.tracks, scene.pose3d.smoothing_filter = str(shaken), "none"
    mine = scene.timeline_markers.new("Mine", frame=3)
    assert bpy.ops.pose3d.mark_worst() == {"FINISHED"}
    live = module("operators.live")
    worst = module("operators.live_state").worst(live.state.answer)
    ours = [marker for marker in scene.timeline_markers if marker != mine]
    assert sorted(m.frame for m in ours) == sorted({scene.frame_start + m.peak for m in worst})
    assert all(":" in marker.name for marker in ours)
    assert ours
    scene.frame_start = 5
    scene.pose3d.smoothing_filter, before = "whittaker", {(m.frame, m.name) for m in ours}
    live.refresh(scene)
    now = {(m.frame, m.name) for m in scene.timeline_markers if m != mine}
    assert now != before, "they follow the settings"
    worst = module("operators.live_state").worst(live.state.answer)
    assert {frame for frame, _ in now} == {5 + m.peak for m in worst}
    assert bpy.ops.pose3d.mark_worst() == {"FINISHED"}
    assert [marker.name for marker in scene.timeline_markers] == ["Mine"]


def test_the_report(scene):
    live = module("operators.live")
    scene.pose3d_look.report = True
    titles = [row[0] for row in live.state.rows]
    assert "Foot skate" in titles and "Acceleration" not in titles
    assert {row[3] for row in live.state.rows} <= {"good", "fair", "poor"}
    assert live.state.verdict
    assert bpy.ops.pose3d.open_report() == {"FINISHED"}
    page = Path(bpy.app.tempdir) / "walk report.html"
    assert "Foot skate" in page.read_text()


def test_turning_the_add_on_off_hides_it(scene, add_on):
    overlay = module("blender_pose3d.blender.overlay")
    scene.pose3d_look.skeleton = True
    assert overlay.is_shown()
    add_on.unregister()
    assert not overlay.is_shown()
    add_on.register()

"""The operator and the sidebar's settings, registered as Blender would, without a window."""

import json
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from blender_pose3d.blender.actions import curves_of
from blender_pose3d.blender.armature import create_armature
from blender_pose3d.tracks import write_tracks
from tests.blender.moving_rigs import mixamo
from tests.blender.registered import module
from tests.rig_makers.blender import armature_of
from tests.rig_makers.others import cubes
from tests.walker import camera_at, film, walk


@pytest.fixture
def settings(add_on):
    return bpy.context.scene.pose3d


@pytest.fixture(scope="module")
def tracks(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("tracks") / "walk.npz"
    write_tracks(path, film(walk(1.0), camera_at()).tracks)
    return str(path)


def everything() -> dict[str, set[str]]:
    kinds = ("objects", "armatures", "meshes", "materials", "actions", "collections")
    return {kind: {item.name for item in getattr(bpy.data, kind)} for kind in kinds}


def crane() -> bpy.types.Object:
    """An armature, but nobody's."""
    return armature_of(cubes(), "Crane")


def why_not() -> str:
    return module("panels.bake").why_not(bpy.context)


def refused(**properties) -> str:
    with pytest.raises(RuntimeError) as error:
        bpy.ops.pose3d.fit_tracks(**properties)
    return str(error.value)


def test_it_starts_with_a_reason_and_ends_with_the_character(settings, tracks):
    assert "Capture a video" in why_not()
    settings.tracks = tracks
    assert not why_not()
    assert settings.tracks_info.startswith("1 person")
    assert not settings.tracks_problem

    assert bpy.ops.pose3d.fit_tracks(filepath=tracks, new_armature=True, smoothing=0.2) == {"FINISHED"}

    assert settings.armature == bpy.context.active_object
    assert settings.rig_info.startswith("Rig: Pose3D")
    assert settings.smoothing == pytest.approx(0.2)
    assert "frames a second" in settings.notes, "24 of the scene, 30 of the footage"
    assert not why_not()


def test_a_named_armature_is_taken_before_the_active_one(settings, tracks):
    chosen, active = mixamo(), crane()
    bpy.context.view_layer.objects.active = active
    assert bpy.ops.pose3d.fit_tracks(filepath=tracks, armature=chosen.name) == {"FINISHED"}
    assert chosen.animation_data.action is not None
    assert active.animation_data is None
    assert settings.rig_info.startswith("Rig: Mixamo")


def test_height_sizes_a_new_armature(settings, tracks):
    tall = []
    for height in (1.2, 1.8):
        bpy.ops.pose3d.fit_tracks(filepath=tracks, new_armature=True, height=height)
        tall.append(settings.armature.data.bones["head"].tail_local.z)
    assert tall[1] / tall[0] == pytest.approx(1.5, rel=0.02)


def test_what_is_said_of_feet_is_done_and_remembered(settings, tracks):
    ankles = []
    for told in ("auto", "always"):
        told_both = {"left_foot": told, "right_foot": told}
        assert bpy.ops.pose3d.fit_tracks(filepath=tracks, new_armature=True, **told_both) == {"FINISHED"}
        assert settings.left_foot == settings.right_foot == told
        places = []
        for frame in range(1, 30, 4):
            bpy.context.scene.frame_set(frame)
            places.append(settings.armature.pose.bones["foot.L"].head.copy())
        ankles.append(max((place - places[0]).length for place in places))
    assert ankles[1] < 0.05 < ankles[0]


def test_a_text_file(settings, tmp_path):
    path = tmp_path / "words.npz"
    path.write_text("no tracks at all\n")
    settings.tracks = str(path)
    before = everything()
    assert "not a tracks file" in settings.tracks_problem
    assert not settings.tracks_info
    assert "not a tracks file" in refused(filepath=str(path), new_armature=True)
    assert everything() == before


def test_a_file_mended_since_is_read_again(settings, tracks, tmp_path):
    path = tmp_path / "late.npz"
    settings.tracks = str(path)
    assert "No such" in settings.tracks_problem
    assert not why_not(), "the file may be there by now"
    path.write_text("still none")
    refused(filepath=str(path), new_armature=True)
    assert "not a tracks file" in settings.tracks_problem
    path.write_bytes(Path(tracks).read_bytes())
    assert bpy.ops.pose3d.fit_tracks(filepath=str(path), new_armature=True) == {"FINISHED"}
    assert not settings.tracks_problem
    assert settings.people == 1


def test_an_armature_that_is_nobody(settings, tracks):
    settings.armature = crane()
    assert "not a humanoid" in settings.rig_problem
    before = everything()
    assert "not a humanoid" in refused(filepath=tracks, armature="Crane")
    assert everything() == before


def test_an_armature_without_bones(settings, tracks):
    empty = bpy.data.objects.new("Empty", bpy.data.armatures.new("Empty"))
    bpy.context.collection.objects.link(empty)
    message = refused(filepath=tracks, armature="Empty")
    assert "has no bones" in message
    assert "Traceback" not in message


def test_reasons_to_be_grey(settings, tracks):
    settings.tracks = tracks
    settings.person = 2
    assert "no person 2" in why_not()
    settings.person = 1
    armature = create_armature("Hero")
    settings.armature = armature
    assert not why_not()
    armature.hide_set(True)
    assert "hidden" in why_not()
    assert "hidden" in refused(filepath=tracks, armature="Hero")
    armature.hide_set(False)
    for collection in armature.users_collection:
        collection.objects.unlink(armature)
    assert "no longer in this scene" in why_not()
    settings.armature = None
    assert not why_not()


def test_the_panel_draws_in_every_state(settings, tracks, tmp_path):
    """With a stand-in for the layout, which takes what Blender's does: names of properties are checked."""
    for state in ({}, {"tracks": tracks}, {"tracks": str(tmp_path)}, {"armature": crane()}):
        for name, value in state.items():
            setattr(settings, name, value)
        layout = Layout()
        context = SimpleNamespace(
            scene=bpy.context.scene,
            view_layer=bpy.context.view_layer,
            mode="OBJECT",
            region=SimpleNamespace(width=280),
            preferences=SimpleNamespace(system=SimpleNamespace(ui_scale=1.0)),
        )
        for part in ("motion", "character", "bake"):
            getattr(bpy.types, f"POSE3D_PT_{part}").draw(SimpleNamespace(layout=layout), context)
        assert {"person", "armature", "height", "smoothing"} <= set(layout.seen)
        assert ("tracks" in layout.seen) == bool(settings.tracks), "before, a button to open a file"
        assert max(len(text) for text in layout.texts) <= 45, "a label does not wrap by itself"
    feet = Layout()
    bpy.types.POSE3D_PT_contacts.draw(SimpleNamespace(layout=feet), context)
    assert set(feet.seen) == {"left_foot", "right_foot", "ground_jumps", "hold_hands"}
    few, settings.reduce_keys, settings.use_range = Layout(), True, True
    for part in ("bake", "keys"):
        getattr(bpy.types, f"POSE3D_PT_{part}").draw(SimpleNamespace(layout=few), context)
    assert {"root_motion", "frame_rate", "first_frame", "layer", "reduce_angle", "limbs"} <= set(few.seen)
    assert "start_frame" not in few.seen, "it does not count now"


class Layout:
    """Notes what is drawn."""

    def __init__(self, parent=None):
        self.seen = parent.seen if parent else []
        self.texts = parent.texts if parent else []

    def column(self, **_):
        return Layout(self)

    row = column

    def prop(self, owner, name, **_):
        assert name in owner.bl_rna.properties
        self.seen.append(name)

    def label(self, *, text, **_):
        self.texts.append(text)

    def operator(self, name, **_):
        assert name.startswith("pose3d.")
        return SimpleNamespace()


def test_what_is_set_reaches_the_motion(settings):
    from blender_pose3d.filters import FILTERS, PARTS
    from blender_pose3d.settings import MotionSettings

    motion = module("operators.motion_properties")
    owner = SimpleNamespace(**{name: getattr(settings, name) for name in motion.MOTION})
    assert MotionSettings(**motion.motion_values(owner)) == MotionSettings(parts=dict.fromkeys(PARTS, 1.0))
    owner.find_camera, owner.camera_tilt, owner.know_lens, owner.lens = False, 0.25, True, 1.0
    owner.smoothing_filter, owner.smooth_hands = "one-euro", 0.5
    told = MotionSettings(**motion.motion_values(owner))
    assert told.camera_tilt == pytest.approx(14.3239) and told.camera_roll == 0.0
    assert told.lens == pytest.approx(57.2958) and told.filter == "one-euro" and told.parts["hands"] == 0.5
    names = type(settings).bl_rna.properties["smoothing_filter"].enum_items.keys()
    assert set(names) == set(FILTERS)


def test_a_bone_map_of_one_s_own(settings, tracks, tmp_path):
    path = tmp_path / "hero.json"
    with pytest.raises(RuntimeError, match="Choose an armature"):
        bpy.ops.pose3d.save_bone_map(filepath=str(path))
    settings.armature = mixamo()
    assert bpy.ops.pose3d.save_bone_map(filepath=str(path)) == {"FINISHED"}
    content = json.loads(path.read_text())
    assert content["bones"]["head"] == ["mixamorig:Head"]
    del content["bones"]["neck"]
    path.write_text(json.dumps(content))
    assert bpy.ops.pose3d.load_bone_map(filepath=str(path)) == {"FINISHED"}
    assert settings.rig_info == "Rig: a map of its own, 20 bones"
    settings.armature.data.bones["mixamorig:Head"].name = "Skull"
    assert "bone mixamorig:Head, mapped to head, is not in the armature" in refused(
        filepath=tracks, armature=settings.armature.name
    )
    with pytest.raises(RuntimeError, match="is not in the armature"):
        bpy.ops.pose3d.load_bone_map(filepath=str(path))
    settings.armature.data.bones["Skull"].name = "mixamorig:Head"
    assert bpy.ops.pose3d.fit_tracks(filepath=tracks, armature=settings.armature.name) == {"FINISHED"}
    curves = curves_of(settings.armature.animation_data.action, settings.armature)
    assert not [curve for curve in curves if "Neck" in curve.data_path]
    assert bpy.ops.pose3d.forget_bone_map() == {"FINISHED"}
    assert settings.rig_info == "Rig: Mixamo, 21 bones"

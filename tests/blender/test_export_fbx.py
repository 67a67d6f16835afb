"""Clips in FBX files against those that Blender's exporter writes, and its importer reads."""

import bpy
import numpy as np
import pytest

from blender_pose3d.blender import export_fbx as exporting
from blender_pose3d.blender.export import PRESETS, ExportSettings, export_fbx
from blender_pose3d.blender.export_files import exporter
from blender_pose3d.blender.scene import set_range
from blender_pose3d.fbx_nodes import FbxError, read_fbx
from tests.blender.exported_rigs import FRAMES, animated, truth
from tests.test_fbx_clip import channels

FBX = [name for name, preset in PRESETS.items() if preset.format == "fbx"]


def keyed(path):
    """(name of the target, property, component) → times and values."""
    file = read_fbx(path.read_bytes())
    objects = {one.values[0]: one for one in file.root.child(b"Objects").children}
    return {
        (objects[target].values[1].split(b"\x00")[0].decode(), *rest): found
        for (target, *rest), found in channels(file).items()
    }


def by_blender(monkeypatch, armature, path, **options):
    """The same, its animation by Blender's exporter: what is done where the file is not as expected."""

    def refused(*_):
        raise FbxError("this Blender writes other files")

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "with_clip", refused)
        return export_fbx(armature, path, **options)


def played(found, times):
    """The values of a curve at some times."""
    own, values = found
    return np.interp(times, own, values)


@pytest.mark.each_blender
def test_same_curves_as_blender_s_exporter(tmp_path, monkeypatch, caplog):
    compare("generated", "unreal", tmp_path, monkeypatch)
    assert "Blender's exporter writes the animation" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("rig", ["mixamo", "unreal5", "genesis8"])
def test_same_curves_on_all_rigs(rig, tmp_path, monkeypatch):
    for preset in FBX:
        compare(rig, preset, tmp_path, monkeypatch)


def compare(rig, preset, folder, monkeypatch):
    """Angles within 1e-4 radians, places within 0.02 mm."""
    armature, _ = animated(rig)
    own = export_fbx(armature, folder / "own.fbx", preset=preset)
    theirs = by_blender(monkeypatch, armature, folder / "theirs.fbx", preset=preset)
    assert own.stat().st_size <= theirs.stat().st_size
    found, expected = keyed(own), keyed(theirs)
    joints = {name for name, prop, _ in found if prop == b"Lcl Rotation"}
    assert set(found) < set(expected)
    assert len(joints) > 20
    for (name, prop, component), (times, values) in expected.items():
        if prop == b"Lcl Scaling":
            assert np.abs(values - 1).max() < 1e-4
        elif name not in joints:
            assert np.abs(values).max() < 1e-4, "nodes that are no joints stand at the origin"
        elif (name, prop, component) not in found:
            assert prop == b"Lcl Translation"
            assert np.ptp(values) < 2e-3
        else:
            away = np.abs(played(found[name, prop, component], times) - values)
            bound = 2e-3
            if prop == b"Lcl Rotation":
                # near gimbal lock the outer two angles say little
                middle = np.radians(expected[name, prop, b"d|Y"][1])
                away, bound = away * np.abs(np.cos(middle)), np.degrees(1e-4)
            assert away.max() < bound, (name, prop, component)


@pytest.mark.slow
@pytest.mark.each_blender
@pytest.mark.parametrize("rig", ["generated", "mixamo"])
def test_blender_s_importer_moves_it_the_same_way(rig, tmp_path):
    armature, expected = animated(rig, fps=30.0)
    path = export_fbx(armature, tmp_path / "clip.fbx", settings=ExportSettings(content="animation"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with exporter("io_scene_fbx"):
        bpy.ops.import_scene.fbx(filepath=str(path), automatic_bone_orientation=False)
    (read,) = [one for one in bpy.data.objects if one.type == "ARMATURE"]
    (action,) = bpy.data.actions
    assert action.name.endswith("|clip")
    first, last = map(round, action.frame_range)
    assert last - first + 1 == FRAMES
    set_range(bpy.context.scene, first, FRAMES)
    found = truth(read)
    assert set(found.places) == set(expected.places)
    far = max(np.abs(found.places[name] - place).max() for name, place in expected.places.items())
    assert far < 1e-3

"""What cannot be exported is said in a line, and nothing half-written stays."""

import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from blender_pose3d.blender.armature import create_armature
from blender_pose3d.blender.errors import BadInput, ExportError
from blender_pose3d.blender.export import (
    ExportSettings,
    check_folder,
    export_bvh,
    export_fbx,
    export_glb,
)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("here already")
    with pytest.raises(ExportError, match="file"):
        check_folder(tmp_path / "file" / "out")


@pytest.mark.parametrize("write", [export_fbx, export_glb, export_bvh])
def test_what_does_not_move_or_does_not_deform(write, tmp_path):
    armature = create_armature("Walker", body=False)
    with pytest.raises(BadInput, match="Walker has no animation to export: it has no action"):
        write(armature, tmp_path / "clip.out")
    armature.animation_data_create().action = bpy.data.actions.new("Blank")
    with pytest.raises(BadInput, match="its action Blank has no keys"):
        write(armature, tmp_path / "clip.out")
    armature.pose.bones["hips"].keyframe_insert("location", frame=1)
    for bone in armature.data.bones:
        bone.use_deform = False
    with pytest.raises(BadInput, match="Walker has no bone that deforms"):
        write(armature, tmp_path / "clip.out")
    assert not list(tmp_path.iterdir())


def test_no_armature(tmp_path):
    with pytest.raises(BadInput, match="Lamp is no armature"):
        export_fbx(bpy.data.objects.new("Lamp", None), tmp_path / "clip.fbx")
    empty = bpy.data.objects.new("Empty", bpy.data.armatures.new("Empty"))
    with pytest.raises(BadInput, match="Empty has no bones"):
        export_fbx(empty, tmp_path / "clip.fbx")


def test_a_rig_without_the_usual_joints(tmp_path):
    armature = create_armature("Walker", body=False)
    for i, bone in enumerate(armature.data.bones):
        bone.name = f"Bone{i}"
    for name in [bone.name for bone in armature.data.bones][4:]:
        armature.data.bones[name].use_deform = False
    armature.pose.bones[0].keyframe_insert("location", frame=1)
    with pytest.raises(BadInput, match="Walker cannot have the usual joint names: "):
        export_bvh(armature, tmp_path / "clip.bvh", settings=ExportSettings(bvh_names="usual"))
    assert not list(tmp_path.iterdir())


def test_settings_that_do_not_exist():
    with pytest.raises(ValueError, match="bvh_order is one of XYZ"):
        ExportSettings(bvh_order="XYX")


@pytest.mark.slow
def test_a_full_disk_leaves_what_was_there(tmp_path):
    """A limit on the size of files stands in for the full disk."""
    script = f"""
import os, resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
from tests.blender.exported_rigs import animated
from blender_pose3d.blender.errors import ExportError
from blender_pose3d.blender.export import *
armature, _ = animated("generated")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from pathlib import Path
for write, name in ((export_fbx, "a.fbx"), (export_bvh, "a.bvh"), (export_glb, "a.glb")):
    try:
        write(armature, Path({str(tmp_path)!r}) / name)
    except ExportError as error:
        print(chr(10) + "REFUSED", str(error).count(chr(10)), error)
sys.stdout.flush()
os._exit(0)  # bpy may hang when Python ends it
"""
    (tmp_path / "a.fbx").write_bytes(b"yesterday")
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    refused = [line for line in done.stdout.splitlines() if line.startswith("REFUSED")]
    assert len(refused) == 3, done.stdout + done.stderr
    assert all(line.startswith("REFUSED 0 Cannot write") for line in refused), refused
    assert [path.name for path in tmp_path.iterdir()] == ["a.fbx"]
    assert (tmp_path / "a.fbx").read_bytes() == b"yesterday"

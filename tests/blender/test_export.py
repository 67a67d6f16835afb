"""Exports, read back by programs that are not Blender: every joint in every frame, count and rate."""

import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from blender_pose3d.blender.bake import bake
from blender_pose3d.blender.errors import ExportError
from blender_pose3d.blender.export import (
    PRESETS,
    check_folder,
    export_bvh,
    export_fbx,
    export_glb,
    save_blend,
)
from blender_pose3d.blender.scene import frame_rate, sample_pose, set_frame_rate, set_range
from tests.blender.moving_rigs import generated, mixamo, swinging
from tests.blender.readers import Read, read_bvhio, read_fbx, read_pybvh

RIGS = {"generated": generated, "mixamo": mixamo}
FRAMES = 30


def animated(rig: str, fps: float = 29.97, start: int = 1):
    """An armature in motion and what Blender makes of it: bone name → (T, 3) world place of its head."""
    armature = RIGS[rig]()
    bake(armature, swinging(armature, FRAMES, fps), name="Swing", start=start)
    set_frame_rate(bpy.context.scene, fps)
    set_range(bpy.context.scene, start, FRAMES)
    world, pose = sample_pose(armature, range(start, start + FRAMES))
    heads = (world[:, None] @ pose)[..., :3, 3]
    return armature, {bone.name: heads[:, i] for i, bone in enumerate(armature.pose.bones)}


def check(read: Read, expected: dict[str, np.ndarray]) -> None:
    assert read.frames == FRAMES
    assert abs(read.fps / frame_rate(bpy.context.scene) - 1) < 1e-5
    assert set(expected) <= set(read.joints)
    moved = max(np.ptp(place, axis=0).max() for place in expected.values())
    assert moved > 0.3, "nothing moves, so nothing is tested"
    worst = {name: float(np.abs(read.joints[name] - place).max()) for name, place in expected.items()}
    assert max(worst.values()) < 1e-3, worst


@pytest.mark.parametrize("rig", RIGS)
@pytest.mark.parametrize("preset", PRESETS)
def test_fbx_moves_as_in_blender(rig, preset, tmp_path):
    armature, expected = animated(rig)
    read = read_fbx(export_fbx(armature, tmp_path / "clip.fbx", preset=preset))
    check(read, expected)
    assert read.clip == "clip"
    assert set(read.joints) == set(expected), "leaf bones were added"
    assert [path.name for path in tmp_path.iterdir()] == ["clip.fbx"]


@pytest.mark.parametrize("rig", RIGS)
@pytest.mark.parametrize("reader", [read_bvhio, read_pybvh])
def test_bvh_moves_as_in_blender(rig, reader, tmp_path):
    armature, expected = animated(rig, start=7)
    check(reader(export_bvh(armature, tmp_path / "clip.bvh")), expected)


def test_bvh_of_several_roots_and_of_bones_that_move_by_themselves(tmp_path):
    armature = generated()
    lost = armature.data.bones["head"].name
    animation = swinging(armature, FRAMES)
    animation.locations[lost] = animation.locations["hips"] * 0.2
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    armature.data.edit_bones["head"].use_connect = False
    armature.data.edit_bones["shin.L"].parent = None
    bpy.ops.object.mode_set(mode="OBJECT")
    bake(armature, animation, name="Swing")
    set_frame_rate(bpy.context.scene, 30)
    set_range(bpy.context.scene, 1, FRAMES)
    world, pose = sample_pose(armature, range(1, 1 + FRAMES))
    heads = (world[:, None] @ pose)[..., :3, 3]
    expected = {bone.name: heads[:, i] for i, bone in enumerate(armature.pose.bones)}
    read = read_bvhio(export_bvh(armature, tmp_path / "clip.bvh"))
    check(read, expected)
    assert (tmp_path / "clip.bvh").read_text().count("CHANNELS 6") == 3, "root, hips and head"


def test_glb_and_blend_and_selection(tmp_path):
    armature, _ = animated("generated")
    bystander = bpy.data.objects.new("Bystander", bpy.data.meshes.new("Bystander"))
    bpy.context.scene.collection.objects.link(bystander)
    bystander.select_set(True)
    path = export_glb(armature, tmp_path / "clip.glb")
    assert path.read_bytes()[:4] == b"glTF"
    assert bystander.select_get()
    assert b"Bystander" not in path.read_bytes()
    assert save_blend(tmp_path / "clip.blend").stat().st_size > 10_000
    assert not bpy.data.filepath, "the open file took another name"


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("here already")
    with pytest.raises(ExportError, match="file"):
        check_folder(tmp_path / "file" / "out")


def test_a_full_disk_leaves_what_was_there(tmp_path):
    """A limit on the size of files stands in for the full disk."""
    script = f"""
import os, resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
from tests.blender.test_export import *
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

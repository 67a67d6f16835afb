"""Shape keys that are keyed or driven go out as Blender evaluates them, at the clip's own time."""

import bpy
import numpy as np
import pytest

from blender_pose3d.blender.export import export_fbx, export_glb, meshes_of
from tests.blender.exported_rigs import FRAMES, animated
from tests.blender.readers import _kept

NAMES = ("Smile", "Bend", "Wide")


def smiling():
    """A rig in motion from frame 7, and (T, 3) what its shape keys come to."""
    armature, _ = animated("generated", fps=30.0, start=7)
    (mesh,) = meshes_of(armature)
    mesh.shape_key_add(name="Basis")
    smile, bend, still = (mesh.shape_key_add(name=name) for name in ("Smile", "Bend", "Wide"))
    for shape in (smile, bend, still):
        shape.data[0].co.x += 0.1
    still.value = 0.25
    for value, frame in ((0.0, 7), (1.0, 6 + FRAMES)):
        smile.value = value
        smile.keyframe_insert("value", frame=frame)
    driver = bend.driver_add("value").driver
    variable = driver.variables.new()
    variable.name, variable.type = "way", "TRANSFORMS"
    target = variable.targets[0]
    target.id, target.bone_target, target.transform_type = armature, "hips", "LOC_X"
    driver.expression = "2 * way"
    expected = []
    for frame in range(7, 7 + FRAMES):
        bpy.context.scene.frame_set(frame)
        expected.append((smile.value, bend.value, 0.25))
    assert expected[-1][1] > 0.2
    return armature, mesh, np.array(expected)


@pytest.mark.slow
@pytest.mark.each_blender
def test_in_fbx(tmp_path):
    import ufbx

    armature, mesh, expected = smiling()
    scene = _kept(ufbx.load_file(str(export_fbx(armature, tmp_path / "clip.fbx"))))
    stack = _kept(scene.anim_stacks[0])
    for frame, values in enumerate(expected):
        now = _kept(scene.evaluate(_kept(stack.anim), stack.time_begin + frame / 30))
        weights = {_kept(one).name: _kept(one).weight for one in now.blend_channels}
        assert np.allclose([weights[name] for name in NAMES], values, atol=1e-5)
    assert mesh.data.shape_keys.animation_data.action, "the user's own keys are gone"


@pytest.mark.slow
@pytest.mark.each_blender
def test_in_glb(tmp_path):
    import pygltflib

    armature, _, expected = smiling()
    file = pygltflib.GLTF2().load(str(export_glb(armature, tmp_path / "clip.glb")))
    (animation,) = file.animations
    (channel,) = [one for one in animation.channels if one.target.path == "weights"]
    accessor = file.accessors[animation.samplers[channel.sampler].output]
    start = file.bufferViews[accessor.bufferView].byteOffset + accessor.byteOffset
    found = np.frombuffer(file.binary_blob(), "<f4", accessor.count, start).reshape(FRAMES, 3)
    assert file.meshes[0].extras["targetNames"] == list(NAMES)
    assert np.allclose(found, expected, atol=1e-5)

"""The rigs of the tests in Blender: as their tables say, told alike, and driven by their controls."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from scipy.spatial.transform import Rotation

from blender_pose3d.blender.armature import rest_pose
from blender_pose3d.rig_files import Properties
from blender_pose3d.rig_maps import detect
from tests.rig_makers import blender, rigs

# Deforming bone of Rigify that a role moves.
DEFORM = {
    "hips": "DEF-spine", "spine": "DEF-spine.002", "chest": "DEF-spine.003", "neck": "DEF-spine.004",
    "head": "DEF-spine.006",
}  # fmt: skip


pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", [name for name in rigs.NAMES if name not in rigs.CONTROLS])
def test_armatures_are_as_their_tables(name: str) -> None:
    table = rigs.rest(name)
    made = rest_pose(blender.make(name))
    order = [made.index(bone) for bone in table.names]
    size = np.abs(table.matrices[:, :3, 3]).max()
    assert np.abs(made.matrices[order] - table.matrices).max() < 1e-4 * size
    assert np.allclose(made.world, table.world, atol=1e-6)
    parents = [made.names[p] if p >= 0 else None for p in made.parents[order]]
    assert parents == [table.names[p] if p >= 0 else None for p in table.parents]
    assert detect(made).mapping == rigs.mapping(name)


def test_controls_of_rigify_drive_the_character_as_the_map_says() -> None:
    armature = blender.make("rigify_generated")
    found = detect(rest_pose(armature))
    assert found.mapping == rigs.mapping("rigify_generated")
    switch(armature, found.properties)
    rest, random = found.rest, np.random.default_rng(0)
    wanted = {
        bone: Rotation.from_rotvec(0.25 * random.normal(size=3)).as_matrix() @ matrix_of(rest, bone)
        for bone in found.mapping.values()
    }
    turned: list[np.ndarray] = []  # away from rest, by the parents that bones have in effect
    for bone, name in enumerate(rest.names):
        above = turned[rest.parents[bone]] if rest.parents[bone] >= 0 else np.eye(3)
        if name in wanted:
            own = (above @ matrix_of(rest, name)).T @ wanted[name]
            armature.pose.bones[name].matrix_basis = Matrix(own).to_4x4()
        turned.append(wanted[name] @ matrix_of(rest, name).T if name in wanted else above)
    posed = evaluated(armature)
    for role, control in found.mapping.items():
        part, _, side = role.partition(".")
        bone = DEFORM.get(role, f"DEF-{part}.{side}")
        way = (wanted[control] @ matrix_of(rest, control).T @ matrix_of(rest, bone))[:, 1]
        assert way @ np.array(posed.pose.bones[bone].y_axis) > np.cos(np.radians(0.2)), role


def test_controls_of_rigify_reach_by_inverse_kinematics() -> None:
    armature = blender.make("rigify_generated")
    found = detect(rest_pose(armature))
    switch(armature, found.ik_properties)
    rest = found.rest
    for role, shift in (("hand.L", (-0.15, -0.2, 0.1)), ("foot.R", (0.05, -0.2, 0.25))):
        matrix = rest.matrices[rest.index(found.ik[role])].copy()
        goal = matrix[:3, 3] + shift
        matrix[:3, 3] = goal
        armature.pose.bones[found.ik[role]].matrix = Matrix(matrix)
        part, _, side = role.partition(".")
        end = evaluated(armature).pose.bones[f"DEF-{part}.{side}"]
        assert np.linalg.norm(np.array(end.head) - goal) < 0.005, role


def switch(armature: bpy.types.Object, properties: Properties) -> None:
    for bone, values in properties.items():
        for key, value in values.items():
            armature.pose.bones[bone][key] = value
    armature.update_tag()


def evaluated(armature: bpy.types.Object) -> bpy.types.Object:
    armature.update_tag()
    bpy.context.view_layer.update()
    return armature.evaluated_get(bpy.context.evaluated_depsgraph_get())


def matrix_of(rest, bone: str) -> np.ndarray:
    return rest.matrices[rest.index(bone), :3, :3]

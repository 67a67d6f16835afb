"""Root motion: what is seen stays the same, whoever carries the way; in place, nobody does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from blender_pose3d.bake_settings import BakeSettings
from blender_pose3d.fit import fit
from blender_pose3d.proportions import Proportions, RestBone, rest_bones
from blender_pose3d.root_motion import RootMotionError, carry_root
from tests.synthetic_motion import motion_of, walker
from tests.synthetic_rigs import identity_map, posed, rest_of

TURNED = np.eye(4)
TURNED[:3, :3] = 0.01 * Rotation.from_euler("xz", [90, 40], degrees=True).as_matrix()
TURNED[:3, 3] = (1.0, -2.0, 0.0)


def rooted(world: np.ndarray | None = None, rolls: int | None = 5, root: bool = True):
    """The tool's skeleton below a root bone, and its map."""
    bones = rest_bones(Proportions())
    if root:
        ground = RestBone("root", None, np.zeros(3), np.array([0, 0.3, 0.0]), np.array([0, 0, 1.0]), False)
        bones = [ground, *(replace(b, parent="root") if b.parent is None else b for b in bones)]
    world = np.eye(4) if world is None else world
    rest = rest_of([_placed(bone, world) for bone in bones], world, rolls)
    mapping = identity_map(rest)
    mapping.pop("root", None)
    return rest, mapping


def _placed(bone: RestBone, world: np.ndarray) -> RestBone:
    """The bone where an object that stands at the given place has it."""
    move = world[:3, 3]
    return replace(bone, head=bone.head + move, tail=bone.tail + move)


def fitted(world=None, root=True, heading=35.0):
    rest, mapping = rooted(world, root=root)
    return fit(motion_of(walker(120, heading=heading)), rest, mapping), rest, mapping


def heads(rest, animation, mapping):
    pose = posed(rest, animation)
    return pose[:, [rest.index(name) for name in mapping.values()]]


@pytest.mark.parametrize("world", [None, TURNED], ids=["plain", "turned"])
@pytest.mark.parametrize("turns", [False, True])
def test_a_root_bone_carries_and_nothing_looks_different(world, turns):
    animation, rest, mapping = fitted(world)
    carried = carry_root(animation, rest, "hips", "root_bone", turns)
    assert carried.travel is None
    before, after = heads(rest, animation, mapping), heads(rest, carried.animation, mapping)
    assert np.abs(before - after).max() < 1e-6
    root = posed(rest, carried.animation)[:, rest.index("root"), :3, 3]
    assert np.ptp(root[:, 2]) < 1e-9, "the root stays on the floor"
    assert np.linalg.norm((root[-1] - root[0])[:2]) > 1.0, "and goes where the person goes"
    hips = after[:, list(mapping).index("hips"), :3, 3]
    rest_hips = (rest.world @ rest.matrices[rest.index("hips")])[:2, 3]
    rest_root = (rest.world @ rest.matrices[rest.index("root")])[:2, 3]
    if not turns:
        assert np.linalg.norm((hips - root)[:, :2] - (rest_hips - rest_root), axis=-1).max() < 0.1


@pytest.mark.parametrize("turns", [False, True])
def test_the_object_carries_and_nothing_looks_different(turns):
    animation, rest, mapping = fitted(TURNED)
    carried = carry_root(animation, rest, "hips", "object", turns)
    assert carried.travel.shape == (120, 4, 4)
    before = heads(rest, animation, mapping)
    after = carried.travel[:, None] @ heads(rest, carried.animation, mapping)
    assert np.abs(before - after).max() < 1e-6
    assert np.abs(carried.travel[:, 2, 3]).max() == 0.0


def test_in_place_the_hips_only_sway():
    animation, rest, _ = fitted()
    carried = carry_root(animation, rest, "hips", "in_place")
    hips = posed(rest, carried.animation)[:, rest.index("hips"), :3, 3]
    before = posed(rest, animation)[:, rest.index("hips"), :3, 3]
    assert np.ptp(before[:, :2], axis=0).max() > 1.0
    assert np.ptp(hips[:, :2], axis=0).max() < 0.15
    assert np.allclose(hips[:, 2], before[:, 2]), "the height stays"
    assert np.array_equal(carried.animation.rotations, animation.rotations)


def test_the_turn_goes_with_the_root():
    """Somebody who walks sideways to the rest pose faces as it does once the turn is taken out."""
    animation, rest, _ = fitted(heading=90.0)
    carried = carry_root(animation, rest, "hips", "in_place", turns=True)
    pose = posed(rest, carried.animation)
    left = pose[:, rest.index("thigh.L"), :3, 3] - pose[:, rest.index("thigh.R"), :3, 3]
    facing = np.degrees(np.arctan2(left[:, 1], left[:, 0]))
    assert np.abs(facing).max() < 15
    pose = posed(rest, animation)
    left = pose[:, rest.index("thigh.L"), :3, 3] - pose[:, rest.index("thigh.R"), :3, 3]
    assert np.abs(np.degrees(np.arctan2(left[:, 1], left[:, 0]))).min() > 60


def test_many_turns_are_followed_through():
    """Somebody who spins does not make the root jump where an angle would start again."""
    rest, mapping = rooted()
    still = walker(2)[:1]
    spin = Rotation.from_euler("z", np.linspace(0, 1000, 150), degrees=True).as_matrix()
    joints = (spin @ (still - still[:, :1] * [1, 1, 0]).transpose(0, 2, 1)).transpose(0, 2, 1)
    animation = fit(motion_of(joints), rest, mapping)
    carried = carry_root(animation, rest, "hips", "object", True)
    steps = np.degrees(
        np.arccos(np.clip((carried.travel[1:, 0, :2] * carried.travel[:-1, 0, :2]).sum(-1), -1, 1))
    )
    assert np.abs(steps - 1000 / 149).max() < 0.5


def test_without_a_root_bone_it_is_said():
    animation, rest, _ = fitted(root=False)
    with pytest.raises(RootMotionError, match="no root bone above hips"):
        carry_root(animation, rest, "hips", "root_bone")


def test_hips_are_left_as_they_are():
    animation, rest, _ = fitted()
    assert carry_root(animation, rest, "hips", "hips").animation is animation


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_the_shortest_clips(frames):
    rest, mapping = rooted()
    animation = fit(motion_of(walker(frames)), rest, mapping)
    for how in ("root_bone", "object", "in_place"):
        carried = carry_root(animation, rest, "hips", how, True)
        assert np.isfinite(carried.animation.rotations).all()


@pytest.mark.parametrize(
    "bad",
    [
        {"root_motion": "feet"}, {"layer": "under"}, {"reduce": 0.0}, {"reduce": float("nan")},
        {"reduce_location": -1.0}, {"frames": (0, 5)}, {"frames": (9, 5)}, {"curve": "wavy"},
        {"limbs": "legs"}, {"start": 10**9},
    ],
)  # fmt: skip
def test_settings_out_of_bounds(bad):
    with pytest.raises(ValueError, match=r"."):
        BakeSettings(**bad)


def test_frames_beyond_the_end():
    assert BakeSettings(frames=(5, 99)).cut(20) == slice(4, 20)
    with pytest.raises(ValueError, match="has 20 frames"):
        BakeSettings(frames=(21, 30)).cut(20)

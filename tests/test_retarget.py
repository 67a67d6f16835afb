from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from blender_pose3d.channels import euler_angles
from blender_pose3d.quaternions import from_frames
from blender_pose3d.retarget import Animation, RestPose, local_location, local_rotations
from tests.synthetic_rigs import posed


def chain(connected: bool = False, inherit: bool = True, local: bool = True) -> RestPose:
    """Three bones in a row with arbitrary axes: root, middle, end."""
    matrices = np.tile(np.eye(4), (3, 1, 1))
    matrices[:, :3, :3] = Rotation.random(3, random_state=3).as_matrix()
    matrices[:, 2, 3] = [0.0, 1.0, 2.0]
    return RestPose(
        names=("root", "middle", "end"),
        parents=np.array([-1, 0, 1]),
        matrices=matrices,
        lengths=np.ones(3),
        world=np.eye(4),
        connected=np.array([False, connected, False]),
        inherit_rotation=np.array([True, True, inherit]),
        local_location=np.array([True, local, True]),
    )


def animation_of(basis: dict[str, np.ndarray], locations: dict[str, np.ndarray] | None = None) -> Animation:
    rotations = np.stack([turns.T for turns in basis.values()], axis=1)
    return Animation(30.0, tuple(basis), rotations, locations or {})


def away(rest: RestPose, wanted: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Orientations (T, 3, 3) as quaternions (4, T) away from those at rest."""
    own = {name: rest.matrices[rest.index(name), :3, :3] for name in wanted}
    return {name: from_frames(turn @ own[name].T) for name, turn in wanted.items()}


@pytest.mark.parametrize("inherit", [True, False])
@pytest.mark.parametrize("bones", [("root", "end"), ("end",), ("root", "middle", "end")])
def test_bones_take_the_orientation_asked_for(bones: tuple[str, ...], inherit: bool) -> None:
    rest = chain(inherit=inherit)
    wanted = {name: Rotation.random(5, random_state=i).as_matrix() for i, name in enumerate(bones)}
    basis = local_rotations(rest, away(rest, wanted))
    assert set(basis) == set(bones)
    pose = posed(rest, animation_of(basis))
    for name, orientation in wanted.items():
        assert np.allclose(pose[:, rest.index(name), :3, :3], orientation)


def test_the_rest_orientation_needs_no_rotation() -> None:
    rest = chain()
    basis = local_rotations(rest, away(rest, {"middle": rest.matrices[None, 1, :3, :3]}))
    assert np.allclose(basis["middle"].T, [1, 0, 0, 0])


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("connected", [True, False])
def test_a_shift_moves_the_bone_that_can_move(connected: bool, local: bool) -> None:
    rest = chain(connected=connected, local=local)
    shift = np.random.default_rng(0).standard_normal((4, 3))
    bone, location = local_location(rest, "middle", shift)
    assert bone == ("root" if connected else "middle")
    still = np.tile([[1.0], [0], [0], [0]], 4)
    pose = posed(rest, animation_of({"middle": still}, {bone: location}))
    assert np.allclose(pose[:, 1, :3, 3] - rest.matrices[1, :3, 3], shift)


def test_the_path_between_bones() -> None:
    rest = chain()
    assert rest.path(0, 2) == [1, 2]
    siblings = replace(rest, parents=np.array([-1, 0, 0]))
    assert siblings.path(1, 2) == [2]
    apart = replace(rest, parents=np.array([-1, 0, -1]))
    assert apart.path(1, 2) == [2]


@pytest.mark.parametrize("order", ["QUATERNION", "YXZ"])
def test_what_is_locked_stays_and_the_bones_below_take_it_up(order: str) -> None:
    locked = np.zeros((3, 3), dtype=bool)
    locked[0], locked[1, 1] = True, True
    rest = replace(chain(), locked=locked, orders=("XYZ", order, "QUATERNION"))
    wanted = {name: Rotation.random(5, random_state=i).as_matrix() for i, name in enumerate(rest.names)}
    basis = local_rotations(rest, away(rest, wanted))
    assert set(basis) == {"middle", "end"}
    angles = euler_angles(basis["middle"].T, "XYZ" if order == "QUATERNION" else order)
    assert np.allclose(angles[:, 1], 0.0) and np.abs(angles).max() > 0.1
    pose = posed(rest, animation_of(basis))
    assert np.allclose(pose[:, 2, :3, :3], wanted["end"])


def test_a_locked_bone_leaves_moving_to_the_one_above() -> None:
    locked = np.zeros((3, 3), dtype=bool)
    locked[1, 2] = True
    rest = replace(chain(), locked_location=locked)
    shift = np.ones((2, 3))
    assert local_location(rest, "middle", shift)[0] == "root"
    assert local_location(rest, "end", shift)[0] == "end"
    assert local_location(chain(), "end", shift, others=("middle",))[0] == "middle"

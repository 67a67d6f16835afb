import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from blender_pose3d.retarget import Animation, RestPose, local_location, local_rotations
from blender_pose3d.rotations import quaternions_from
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
    rotations = quaternions_from(np.stack(list(basis.values()), axis=1))
    return Animation(30.0, tuple(basis), rotations, locations or {})


@pytest.mark.parametrize("inherit", [True, False])
@pytest.mark.parametrize("bones", [("root", "end"), ("end",), ("root", "middle", "end")])
def test_bones_take_the_orientation_asked_for(bones: tuple[str, ...], inherit: bool) -> None:
    rest = chain(inherit=inherit)
    wanted = {name: Rotation.random(5, random_state=i).as_matrix() for i, name in enumerate(bones)}
    basis = local_rotations(rest, wanted)
    assert set(basis) == set(bones)
    pose = posed(rest, animation_of(basis))
    for name, orientation in wanted.items():
        assert np.allclose(pose[:, rest.index(name), :3, :3], orientation)


def test_the_rest_orientation_needs_no_rotation() -> None:
    rest = chain()
    basis = local_rotations(rest, {"middle": rest.matrices[None, 1, :3, :3]})
    assert np.allclose(basis["middle"], np.eye(3))


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("connected", [True, False])
def test_a_shift_moves_the_bone_that_can_move(connected: bool, local: bool) -> None:
    rest = chain(connected=connected, local=local)
    shift = np.random.default_rng(0).standard_normal((4, 3))
    bone, location = local_location(rest, "middle", shift)
    assert bone == ("root" if connected else "middle")
    still = np.tile(np.eye(3), (4, 1, 1))
    pose = posed(rest, animation_of({"middle": still}, {bone: location}))
    assert np.allclose(pose[:, 1, :3, 3] - rest.matrices[1, :3, 3], shift)


def test_the_path_between_bones() -> None:
    rest = chain()
    assert rest.path(0, 2) == [1, 2]
    assert rest.path(2, 1) == [1]

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from blender_pose3d.fit import FitError, fit
from blender_pose3d.frames import part_frames
from blender_pose3d.proportions import Proportions, RestBone, rest_bones
from blender_pose3d.retarget import RestPose
from blender_pose3d.skeleton import COCO_17, H36M_17, H36M_19
from tests.synthetic_motion import LIMBS, dancer, figure, motion_of, walker, without_toes
from tests.synthetic_rigs import angles_between, identity_map, joints_of, posed, rest_of, steps

LINES = (("RHip", "LHip"), ("RShoulder", "LShoulder"), ("Neck", "Head"))
HALVES = (("Hip", "Spine"), ("Spine", "Thorax"))


def arms_turned(degrees: float) -> list[RestBone]:
    """The tool's bones with the arms turned down by an angle: 45 is an A-pose, 85 arms down."""
    bones = rest_bones(Proportions())
    at = {bone.name: bone for bone in bones}
    turned = []
    for bone in bones:
        part, _, side = bone.name.partition(".")
        if part in ("upper_arm", "forearm", "hand"):
            centre = at[f"upper_arm.{side}"].head
            turn = Rotation.from_euler("y", degrees if side == "L" else -degrees, degrees=True)
            head, tail = (centre + turn.apply(p - centre) for p in (bone.head, bone.tail))
            bone = replace(bone, head=head, tail=tail, roll_axis=turn.apply(bone.roll_axis))  # noqa: PLW2901
        turned.append(bone)
    return turned


def world(scale: float, degrees: tuple[float, float, float]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = scale * Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    return matrix


RESTS = {
    "T": rest_of(),
    "rolls": rest_of(rolls=1),
    "A": rest_of(arms_turned(45), rolls=2),
    "arms down": rest_of(arms_turned(85), rolls=3),
    "Mixamo's transform": rest_of(world=world(0.01, (90, 0, 0)), rolls=4),
    "turned": rest_of(arms_turned(45), world=world(2.0, (30, 200, 70)), rolls=5),
}
MOTIONS = {"walk": walker(heading=110), "dance": dancer(seed=1), "dance 2": dancer(seed=2)}


def fitted(joints: np.ndarray, rest: RestPose) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, 19, 3) of the posed armature and the rotations (T, M, 4)."""
    animation = fit(motion_of(joints), rest, identity_map(rest))
    return joints_of(rest, posed(rest, animation)), animation.rotations


@pytest.mark.parametrize("rest", RESTS.values(), ids=RESTS)
@pytest.mark.parametrize("joints", MOTIONS.values(), ids=MOTIONS)
def test_bones_point_as_the_person_s(joints: np.ndarray, rest: RestPose) -> None:
    found, rotations = fitted(joints, rest)
    assert angles_between(found, joints, LIMBS).max() < 0.01
    assert angles_between(found, joints, (*LINES, ("Hip", "Thorax"), ("Thorax", "Neck"))).max() < 0.05
    assert angles_between(found, joints, HALVES).max() < 0.5
    assert steps(rotations).max() < 15
    assert np.abs(np.diff(rotations, axis=0)).max() < 0.3


@pytest.mark.parametrize("rest", RESTS.values(), ids=RESTS)
def test_one_frame_is_enough(rest: RestPose) -> None:
    joints = dancer(40, seed=5)[17:18]
    found, rotations = fitted(joints, rest)
    assert rotations.shape[0] == 1
    assert angles_between(found, joints, LIMBS).max() < 0.01


def test_the_rest_pose_itself_needs_no_rotation() -> None:
    rest = RESTS["rolls"]
    joints = joints_of(rest, rest.matrices[None])
    animation = fit(motion_of(joints), rest, identity_map(rest))
    assert np.abs(np.rad2deg(2 * np.arccos(np.clip(animation.rotations[..., 0], -1, 1)))).max() < 5


def test_the_rest_pose_does_not_change_the_pose() -> None:
    joints = MOTIONS["dance"]
    plain, _ = fitted(joints, RESTS["T"])
    other, _ = fitted(joints, RESTS["Mixamo's transform"])
    assert np.abs(plain - other).max() < 1e-6


def test_feet_meet_the_floor_and_travel_at_the_character_s_size() -> None:
    joints = walker(90)
    for scale in (1.0, 0.5, 3.0):
        bones = [replace(b, head=b.head * scale, tail=b.tail * scale) for b in rest_bones(Proportions())]
        rest = rest_of(bones)
        found, _ = fitted(joints, rest)
        toes = found[:, [H36M_19.index("LToe"), H36M_19.index("RToe")], 2].min(axis=1)
        assert np.abs(toes).max() < 0.03 * scale
        legs = scale * (0.245 + 0.246) * 1.70 / 0.83
        assert np.allclose(
            found[-1, 0, :2] - found[0, 0, :2], legs * (joints[-1, 0] - joints[0, 0])[:2], rtol=1e-3
        )


def test_the_motion_starts_at_the_object() -> None:
    joints = walker(30)
    moved = np.eye(4)
    moved[:3, 3] = [3.0, -2.0, 0.5]
    at_origin, _ = fitted(joints, rest_of())
    bones = [
        replace(b, head=b.head + moved[:3, 3], tail=b.tail + moved[:3, 3]) for b in rest_bones(Proportions())
    ]
    elsewhere, _ = fitted(joints, rest_of(bones, world=moved))
    assert np.allclose(elsewhere - at_origin, moved[:3, 3])


@pytest.mark.parametrize("raised, floor", [(0.0, 0.0), (0.9, 0.0), (2.0, 1.1)])
def test_a_character_with_its_origin_at_the_hips(raised: float, floor: float) -> None:
    away, moved = np.array([0.0, 0.0, raised - 0.9]), np.eye(4)
    moved[2, 3] = raised
    bones = [replace(b, head=b.head + away, tail=b.tail + away) for b in rest_bones(Proportions())]
    found, _ = fitted(walker(30), rest_of(bones, world=moved))
    assert abs(np.median(found[..., 2].min(axis=1)) - floor) < 0.03


def straight_arms(joints: np.ndarray, first: int, last: int) -> np.ndarray:
    """The same motion with both elbows straight in frames first to last."""
    joints = joints.copy()
    for side in "LR":
        shoulder, elbow, wrist = (H36M_19.index(side + name) for name in ("Shoulder", "Elbow", "Wrist"))
        upper = joints[first:last, elbow] - joints[first:last, shoulder]
        joints[first:last, wrist] = joints[first:last, elbow] + 0.8 * upper
    return joints


@pytest.mark.parametrize("noise", [0.0, 0.006])
@pytest.mark.parametrize("seed", range(4))
def test_straight_limbs_do_not_flip(seed: int, noise: float) -> None:
    joints = straight_arms(dancer(200, seed=seed), 60, 140)
    shake = gaussian_filter1d(np.random.default_rng(seed).standard_normal(joints.shape), 1.5, axis=0)
    joints += noise * shake / shake.std()
    rest = RESTS["rolls"]
    animation = fit(motion_of(joints), rest, identity_map(rest))
    limbs = [
        i for i, n in enumerate(animation.bone_names) if n.startswith(("upper", "fore", "thigh", "shin"))
    ]
    # At the ends of the stretch the wrist itself jumps; everywhere else nothing may.
    quiet = np.delete(steps(animation.rotations[:, limbs]), [59, 139], axis=0)
    assert quiet.max() < 30


def test_a_leg_that_is_straight_keeps_its_knee_in_front() -> None:
    angle = np.linspace(-40, 20, 60)
    legs = {f"hip.{s}": np.stack([angle, 0 * angle, 0 * angle], -1) for s in "LR"}
    joints = figure(
        {**legs, "knee.L": np.zeros(60), "knee.R": np.full(60, -4.0)}, np.tile([0.0, 0, 1], (60, 1))
    )
    frames = part_frames(joints, 30.0)
    for side in "LR":  # the right knee is 4° too far back, as noise makes it
        assert (frames[f"thigh.{side}"][:, 0, 1] > 0.98).all()
    rest = RESTS["A"]
    assert steps(fitted(joints, rest)[1]).max() < 5


def test_the_hinge_waits_for_the_next_bend() -> None:
    count = 120
    bend = np.clip(np.abs(np.arange(count) - 60) - 25, 0, None) * 2.0
    joints = figure({"elbow.L": bend, "shoulder.L": np.array([-20.0, -10, 50])}, np.zeros((count, 3)))
    axis = part_frames(joints, 30.0)["upper_arm.L"][..., 1]
    bent = axis[0]
    assert np.rad2deg(np.arccos(np.clip(axis @ bent, -1, 1))).max() < 12


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_any_dance_fits_without_jumps(seed: int) -> None:
    joints = dancer(60, seed=seed)
    found, rotations = fitted(joints, RESTS["A"])
    assert np.isfinite(found).all()
    assert angles_between(found, joints, LIMBS).max() < 0.01
    assert steps(rotations).max() < 30


def test_without_toes_the_feet_lie_on_the_floor() -> None:
    joints = figure({}, np.tile([0.0, 0.0, 0.9], (20, 1)))
    rest = RESTS["rolls"]
    animation = fit(motion_of(without_toes(joints), skeleton=H36M_17), rest, identity_map(rest))
    assert any("toes" in note for note in animation.notes)
    found = joints_of(rest, posed(rest, animation))
    still = joints_of(rest, rest.matrices[None])
    for side in "LR":
        pair = ((f"{side}Ankle", f"{side}Toe"),)
        assert angles_between(found, np.repeat(still, 20, axis=0), pair).max() < 3
    walking = fit(motion_of(without_toes(walker()), skeleton=H36M_17), rest, identity_map(rest))
    assert steps(walking.rotations).max() < 15


def test_only_the_bones_that_are_needed() -> None:
    rest = RESTS["rolls"]
    few = {
        r: r for r in ("hips", *(f"{p}.{s}" for p in ("thigh", "shin", "upper_arm", "forearm") for s in "LR"))
    }
    joints = MOTIONS["walk"]
    animation = fit(motion_of(joints), rest, few)
    assert set(animation.bone_names) == set(few)
    found = joints_of(rest, posed(rest, animation))
    limbs = tuple(pair for pair in LIMBS if not pair[1].endswith("Toe"))
    assert angles_between(found, joints, limbs).max() < 0.01


def test_spine_bones_between_share_the_motion() -> None:
    joints = figure({"spine": np.tile([30.0, 0, 0], (5, 1))}, np.tile([0.0, 0, 1], (5, 1)))
    rest = rest_of()
    mapping = {role: bone for role, bone in identity_map(rest).items() if role != "spine"}
    animation = fit(motion_of(joints), rest, mapping)
    angle = 2 * np.arccos(animation.rotations[0, :, 0].clip(-1, 1))
    turned = dict(zip(animation.bone_names, np.rad2deg(angle), strict=True))
    assert 0.5 < turned["spine"] < turned["chest"] < 35


def test_bad_joints_are_refused() -> None:
    rest, mapping = rest_of(), identity_map(rest_of())
    joints = walker(10)
    joints[3, 4] = np.nan
    with pytest.raises(FitError, match="missing in 1 of 10 frames, first in frame 3"):
        fit(motion_of(joints), rest, mapping)
    with pytest.raises(FitError, match="shape"):
        fit(motion_of(joints[:0]), rest, mapping)
    with pytest.raises(FitError, match="skeleton coco-17"):
        fit(motion_of(np.zeros((4, 17, 3)), skeleton=COCO_17), rest, mapping)
    with pytest.raises(FitError, match="at the same place"):
        fit(motion_of(np.zeros((4, 19, 3))), rest, mapping)


def test_bad_armatures_and_maps_are_refused() -> None:
    rest, joints = rest_of(), walker(4)
    mapping = identity_map(rest)
    with pytest.raises(FitError, match=r"no bone called shin\.X"):
        fit(motion_of(joints), rest, {**mapping, "shin.L": "shin.X"})
    with pytest.raises(FitError, match=r"bone shin\.L is mapped twice: as shin\.L and as foot\.L"):
        fit(motion_of(joints), rest, {**mapping, "foot.L": "shin.L"})
    with pytest.raises(FitError, match=r"no bone for thigh\.R"):
        fit(motion_of(joints), rest, {r: b for r, b in mapping.items() if r != "thigh.R"})
    with pytest.raises(FitError, match=r"unknown role .* tail"):
        fit(motion_of(joints), rest, {**mapping, "tail": "head"})
    with pytest.raises(FitError, match="scale of zero"):
        fit(motion_of(joints), replace(rest, world=np.diag([0.0, 1, 1, 1])), mapping)
    with pytest.raises(FitError, match="stretched or mirrored"):
        fit(motion_of(joints), replace(rest, world=np.diag([-1.0, 1, 1, 1])), mapping)
    flat = rest.matrices.copy()
    flat[rest.index("shin.L"), :3, 3] = flat[rest.index("thigh.L"), :3, 3]
    with pytest.raises(FitError, match="LHip and LKnee are at the same place"):
        fit(motion_of(joints), replace(rest, matrices=flat), mapping)

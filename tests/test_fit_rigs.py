"""Armatures of every kind take a person's directions: chains, twist bones, locks, missing bones, bodies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.retarget import as_motion, measure
from bench.retarget_kinematics import LIMBS, directions, posed, turn_steps
from bench.retarget_kinematics import joints_of as bench_joints
from bench.retarget_motions import made_up
from bench.retarget_rigs import BenchRig, rigs
from blender_pose3d.character_hands import HandTarget
from blender_pose3d.fit import FitError, fit
from blender_pose3d.rig_maps import detect
from blender_pose3d.skeleton import H36M_19
from tests.rig_makers import rigs as known
from tests.synthetic_motion import dancer, figure, motion_of, walker
from tests.synthetic_rigs import steps

RIGS = {rig.name: rig for rig in rigs()}
BACK = (("Hip", "Spine"), ("Spine", "Thorax"), ("Hip", "Thorax"))
FEW = ("60 bones, 5 spine, fingers", "bend and twist bones in line", "no inheritance, locks")


def turned(rig: BenchRig, joints: np.ndarray) -> dict[str, np.ndarray]:
    """Bone → (T,) degrees that it turns from rest in its own channels."""
    found = fit(motion_of(joints), rig.rest, rig.mapping, extras=rig.extras, twists=rig.twists)
    angle = 2 * np.arccos(np.abs(found.rotations[..., 0]).clip(0, 1))
    return dict(zip(found.bone_names, np.rad2deg(angle).T, strict=True))


def check(rig: BenchRig, joints: np.ndarray) -> None:
    """Without contacts, so that nothing but rotations is at work."""
    found = fit(motion_of(joints), rig.rest, rig.mapping, extras=rig.extras, twists=rig.twists)
    errors = directions(bench_joints(rig, posed(rig.rest, found)), joints, rig)
    limbs = [errors[f"{start}-{end}"] for start, end in LIMBS]
    assert np.max(limbs) < 0.05
    assert np.mean(list(errors.values())) < 0.6
    assert errors.get("Hip-Thorax", np.zeros(1)).max() < 1.5
    calm = turn_steps(joints) < 15
    assert (steps(found.rotations).max(axis=1)[calm] < 30).all()


@pytest.mark.parametrize("name", FEW)
def test_directions_are_the_person_s(name: str) -> None:
    check(RIGS[name], dancer(60, seed=3))


@pytest.mark.slow
@pytest.mark.parametrize("rig", RIGS.values(), ids=RIGS)
@pytest.mark.parametrize("name", made_up(4))
def test_directions_of_awkward_motion_on_every_rig(rig: BenchRig, name: str) -> None:
    check(rig, made_up(120)[name])


@pytest.mark.slow
@pytest.mark.parametrize("rig", RIGS.values(), ids=RIGS)
def test_feet_of_every_rig_stay_where_they_stand(rig: BenchRig) -> None:
    found = measure(rig, as_motion(walker(120), 30.0))
    assert len(found["inner"]) > 50 and np.percentile(found["inner"], 95) < 0.005
    assert found["sunk"].max() < 0.04


def test_a_twist_is_shared_by_bones_in_line() -> None:
    elbows = {
        "elbow.L": np.linspace(60, 60, 20),
        "shoulder.L": np.stack([np.zeros(20), np.zeros(20), np.linspace(0, 50, 20)], -1),
    }
    angles = turned(RIGS["bend and twist bones in line"], figure(elbows, np.zeros((20, 3))))
    assert np.ptp(angles["upper_arm.L"]) < 5 and np.ptp(angles["back_upper_arm.L"]) > 35


def test_a_twist_is_shared_by_bones_beside() -> None:
    rig = RIGS["twist bones beside, root"]
    joints = figure(
        {
            "elbow.L": np.full(20, 60.0),
            "shoulder.L": np.stack([np.zeros(20), np.zeros(20), np.linspace(0, 60, 20)], -1),
        },
        np.zeros((20, 3)),
    )
    angles = turned(rig, joints)
    # Beside their parent, which has all of the twist, they take back what they do not have.
    first, second = (np.ptp(angles[f"back_{i}_upper_arm.L"]) for i in (0, 1))
    assert 30 < first < 50 and 10 < second < 30
    assert "back_0_forearm.L" not in angles


def test_a_long_spine_and_neck_bend_all_along() -> None:
    rig = RIGS["60 bones, 5 spine, fingers"]
    bent = figure(
        {"spine": np.tile([45.0, 0, 0], (3, 1)), "head": np.tile([40.0, 0, 0], (3, 1))}, np.zeros((3, 3))
    )
    angles = turned(rig, bent)
    back = [angles[name][0] for name in ("spine", "back_0", "back_1", "back_2", "chest")]
    assert max(back) < 35 and sum(b > 3 for b in back) >= 3
    assert angles["back_neck"][0] > 4 and angles["neck"][0] > 4


def test_collars_rise_with_both_arms_and_never_sink() -> None:
    rig = RIGS["T-pose"]

    def arms(degrees: float) -> np.ndarray:
        aside = {f"shoulder.{s}": np.tile([0.0, k * degrees, 0.0], (3, 1)) for s, k in (("L", -1), ("R", 1))}
        return figure(aside, np.zeros((3, 3)))

    hanging, level, up = (turned(rig, arms(d))["shoulder.L"][0] for d in (0.0, 90.0, 170.0))
    assert hanging < 1 and level < 1 and 6 < up < 14


def test_hands_are_sent_and_hold_still() -> None:
    rig, motion = RIGS["wide hips, long arms"], motion_of(walker(60))
    plain = bench_joints(rig, posed(rig.rest, fit(motion, rig.rest, rig.mapping)))
    wrist = H36M_19.index("LWrist")
    place = plain[:, H36M_19.index("LShoulder")] + [0.2, -0.3, -0.2]
    sent = fit(motion, rig.rest, rig.mapping, hand_targets={"L": HandTarget(place)})
    assert np.allclose(bench_joints(rig, posed(rig.rest, sent))[:, wrist], place, atol=1e-6)
    still = figure(
        {"spine": np.stack([3 * np.sin(np.arange(90) / 15), np.zeros(90), np.zeros(90)], -1)},
        np.zeros((90, 3)),
    )
    still[:, wrist] = still[45, wrist]
    loose, held = (
        bench_joints(rig, posed(rig.rest, fit(motion_of(still), rig.rest, rig.mapping, hold_hands=hold)))[
            :, wrist
        ]
        for hold in (False, True)
    )
    assert np.ptp(held, axis=0).max() < 0.002 < np.ptp(loose, axis=0).max()
    told = replace(motion_of(still), hands=np.ones((90, 2), bool))
    both = bench_joints(rig, posed(rig.rest, fit(told, rig.rest, rig.mapping)))
    assert np.ptp(both[:, [wrist, H36M_19.index("RWrist")]], axis=0).max() < 0.002


def test_toes_lie_on_the_floor_under_a_heel_that_is_up() -> None:
    count = 60
    rise = 40 * np.sin(np.linspace(0, np.pi, count))
    joints = figure(
        {"foot.L": rise, "foot.R": rise, "knee.L": np.full(count, 20.0), "knee.R": np.full(count, 20.0)},
        np.zeros((count, 3)),
    )
    toes = [H36M_19.index(name) for name in ("LToe", "RToe")]
    joints -= joints[:, toes[:1]] - joints[:1, toes[:1]]
    joints[..., 2] -= joints[0, toes[0], 2] - 0.02
    contacts = np.zeros((count, 4), bool)
    contacts[:, [1, 3]] = True
    contacts[:3] = contacts[-3:] = True
    motion = replace(motion_of(joints), contacts=contacts)
    rig = RIGS["T-pose"]
    found = fit(motion, rig.rest, rig.mapping)
    angles = np.rad2deg(2 * np.arccos(found.rotations[:, found.bone_names.index("toe.L"), 0].clip(-1, 1)))
    pose = posed(rig.rest, found)
    ball = pose[:, rig.rest.index("toe.L"), 2, 3]
    middle = slice(25, 35)
    assert angles[0] < 8 and angles[middle].min() > 25
    assert ball[middle].max() < ball[0] + 0.015
    placed = bench_joints(rig, pose)[:, toes[0]]
    assert np.ptp(placed[5:-5], axis=0).max() < 0.005


def test_extras_that_are_gone_do_no_harm_and_bad_numbers_are_told() -> None:
    rig = RIGS["T-pose"]
    fit(motion_of(walker(5)), rig.rest, rig.mapping, extras={"spine": ["gone"]}, twists={"thigh.L": ["hips"]})
    broken = rig.rest.matrices.copy()
    broken[2, 0, 3] = np.nan
    with pytest.raises(FitError, match="no numbers"):
        fit(motion_of(walker(5)), replace(rig.rest, matrices=broken), rig.mapping)


def test_a_neck_that_carries_the_arms_leaves_neck_and_back_right() -> None:
    """Character Studio's collar bones hang on the neck."""
    rest = known.rest("biped")
    found = detect(rest, "biped")
    rig = BenchRig("biped", found.rest or rest, found.mapping, found.extras, found.twists)
    collar = rig.rest.index(found.mapping["shoulder.L"])
    assert rig.rest.parents[collar] == rig.rest.index(found.mapping["neck"])
    joints = dancer(60, seed=3)
    animation = fit(motion_of(joints), rig.rest, rig.mapping, extras=rig.extras, twists=rig.twists)
    errors = directions(bench_joints(rig, posed(rig.rest, animation)), joints, rig)
    assert errors["Thorax-Neck"].max() < 2.0
    assert errors["Hip-Thorax"].max() < 1.5


def test_thighs_on_the_spine_leave_the_back_s_error_shared() -> None:
    rig, joints = RIGS["thighs on the spine"], dancer(60, seed=3)
    # A lower back that is not at right angles to the line of the hips: one bone cannot have both.
    aside = joints[:, H36M_19.index("LHip")] - joints[:, H36M_19.index("RHip")]
    joints[:, H36M_19.index("Spine")] += 0.15 * aside
    animation = fit(motion_of(joints), rig.rest, rig.mapping)
    errors = directions(bench_joints(rig, posed(rig.rest, animation)), joints, rig)
    lower, upper, whole = (errors[f"{a}-{b}"].mean() for a, b in BACK)
    # What the pelvis cannot do stays its own: the half above it is not bent the other way by as much.
    assert upper < 0.6 * lower and whole < lower

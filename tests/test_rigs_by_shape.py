"""Rigs whose bones are called Bone.001 ...: told by hierarchy, lengths and places."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from bench.rig_detection import BODIES, POSES, told
from blender_pose3d.rig_geometry import BY_SHAPE
from blender_pose3d.rig_maps import RigError, detect
from tests.rig_makers import others, rigs, vary

NAMES = [name for name in rigs.NAMES if name not in rigs.CONTROLS]
FEW = ("unreal5", "mpfb_default")
rest_of = functools.lru_cache(rigs.rest)


@pytest.mark.parametrize("name", NAMES)
def test_without_names(name: str) -> None:
    right, wrong = told(rest_of(name), rigs.mapping(name), seed=1)
    assert right, wrong


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("name", FEW)
def test_in_any_rest_pose(name: str, pose: str) -> None:
    truth = rigs.mapping(name)
    right, wrong = told(vary.posed_as(rest_of(name), truth, **POSES[pose]), truth, seed=2)
    assert right, wrong


@pytest.mark.parametrize("inside", [False, True], ids=["object", "data"])
@pytest.mark.parametrize("scale", [0.01, 100.0])
@pytest.mark.parametrize("name", FEW)
def test_turned_and_scaled(name: str, scale: float, inside: bool) -> None:
    rest = vary.moved(rest_of(name), Rotation.random(random_state=3), scale, inside)
    right, wrong = told(rest, rigs.mapping(name), seed=3)
    assert right, wrong


@pytest.mark.parametrize("name", FEW)
def test_with_tail_hair_skirt_cape_and_sword(name: str) -> None:
    truth = rigs.mapping(name)
    right, wrong = told(vary.dressed(rest_of(name), truth, height=1.7), truth, seed=4)
    assert right, wrong


@pytest.mark.slow
def test_nine_of_ten_in_every_way() -> None:
    from bench.rig_detection import changed

    tried = [told(rest, truth, seed)[0] for seed, name in enumerate(NAMES)
             for _, rest, truth in changed(rest_of(name), rigs.mapping(name), seed)]  # fmt: skip
    assert len(tried) > 250
    assert np.mean(tried) > 0.99


def test_a_mirrored_object_is_mirrored() -> None:
    rest, truth = rest_of("unreal4"), rigs.mapping("unreal4")
    flipped = replace(rest, world=np.diag([-1.0, 1, 1, 1]) @ rest.world)
    nameless, new = vary.shuffled(flipped, 5)
    assert detect(nameless).mapping["hand.L"] == new[truth["hand.R"]]


def test_the_user_is_told_and_trust_is_less() -> None:
    nameless, _ = vary.shuffled(rest_of("mixamo"), 6)
    found = detect(nameless)
    assert found.rig == BY_SHAPE
    assert 0.5 < found.confidence < detect(rest_of("mixamo")).confidence
    assert "Look the map over" in found.notes[0]
    assert found.missing == ()
    assert len(found.unmapped) == len(nameless.names) - 21 - len(found.extras["spine"])


def test_twist_bones_are_found_without_names() -> None:
    nameless, new = vary.shuffled(rest_of("genesis9"), 7)
    found = detect(nameless)
    assert found.twists["upper_arm.L"] == (new["l_upperarmtwist1"], new["l_upperarmtwist2"])


@pytest.mark.parametrize("name, reason", [
    ("cubes", "no two limbs match"), ("spider", "no two legs at one end"), ("insect", "3 pairs of limbs"),
    ("hand", "no two limbs match"), ("car", "no two limbs match"), ("dog", "four legs"),
    ("table", "no two limbs match"),
])  # fmt: skip
def test_what_is_no_humanoid_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(RigError, match=f"Thing is not a humanoid this version knows: .*{reason}"):
        detect(others.ALL[name](), "Thing")


@pytest.mark.parametrize("name", rigs.BEASTS)
def test_beasts_are_refused(name: str) -> None:
    nameless, _ = vary.shuffled(rest_of(name), 8)
    with pytest.raises(RigError, match="not a humanoid"):
        detect(nameless)


def test_controls_without_names_are_refused_for_only_names_tell_them() -> None:
    nameless, _ = vary.shuffled(rest_of("rigify_generated"), 11)
    with pytest.raises(RigError, match="several chains of bones run through each limb"):
        detect(nameless)


@pytest.mark.parametrize("name", ["pose3d", "mmd"])
def test_short_arms_without_fingers_begin_at_the_shoulder(name: str) -> None:
    truth = rigs.mapping(name)
    right, wrong = told(vary.proportioned(rest_of(name), truth, *BODIES["chibi"]), truth, seed=12)
    assert right, wrong


def test_sides_that_cannot_be_told_are_not_guessed() -> None:
    rest, truth = rest_of("human_ik"), rigs.mapping("human_ik")
    gone = vary.below(rest, [truth["head"], *(truth[f"{p}.{s}"] for p in ("shin", "forearm") for s in "LR")])
    bare = vary.without(rest, gone)
    matrices = bare.matrices.copy()
    matrices[:, 2, 3] = 0.0  # all in one plane, which y up inside is that of z
    with pytest.raises(RigError, match="left cannot be told from right"):
        detect(vary.shuffled(replace(bare, matrices=matrices), 9)[0])


def test_an_object_scaled_to_nothing_and_bones_at_one_point() -> None:
    nameless, new = vary.shuffled(rest_of("unity"), 10)
    found = detect(replace(nameless, world=np.diag([0.0, 0, 0, 1])))
    assert found.mapping["hand.L"] == new["Left Hand"]
    matrices = nameless.matrices.copy()
    matrices[:, :3, 3] = 0.0
    with pytest.raises(RigError, match="all bones start at one point"):
        detect(replace(nameless, matrices=matrices))

"""One side of a bone map from the other."""

import pytest

from blender_pose3d.rig_mirror import mirrored
from tests.rig_makers import rigs


@pytest.mark.parametrize("name", ["mixamo", "unreal4", "biped"])
@pytest.mark.parametrize("side", "LR")
def test_a_whole_side_comes_back(name: str, side: str) -> None:
    whole = rigs.mapping(name)
    half = {role: bone for role, bone in whole.items() if role[-2:] in ("", f".{side}") or "." not in role}
    made, left = mirrored(half, rigs.rest(name).names, side)
    assert made == whole
    assert not left


def test_what_has_no_counterpart_stays_as_it_was() -> None:
    mapping = {"hips": "root", "hand.L": "Claw", "hand.R": "Hook", "foot.L": "foot_l"}
    made, left = mirrored(mapping, ["root", "Claw", "Hook", "foot_l", "foot_r"], "L")
    assert made == {**mapping, "foot.R": "foot_r"}
    assert left == ("hand.R",)


def test_a_side_is_left_or_right() -> None:
    with pytest.raises(ValueError, match="L or R"):
        mirrored({}, [], "middle")

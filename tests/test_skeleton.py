"""Joint names, hierarchies and mirror images of the four skeletons."""

from __future__ import annotations

import numpy as np
import pytest

from blender_pose3d.skeleton import COCO_17, H36M_17, H36M_19, HALPE_26, SKELETONS


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS)
def test_hierarchy_is_a_tree(skeleton):
    assert len(skeleton.joints) == len(skeleton.parents) == len(set(skeleton.joints))
    assert skeleton.parents.count(-1) == 1
    for start in range(len(skeleton)):
        joint, walked = start, []
        while joint >= 0:
            assert joint not in walked
            walked.append(joint)
            joint = skeleton.parents[joint]
    assert skeleton.bones.shape == (len(skeleton) - 1, 2)
    assert (skeleton.bones >= 0).all()


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS)
def test_mirror_is_its_own_inverse_and_keeps_the_hierarchy(skeleton):
    mirror = skeleton.mirror
    np.testing.assert_array_equal(mirror[mirror], np.arange(len(skeleton)))
    sided = [n for n in skeleton.joints if n[0] in "LR" or n.startswith(("left_", "right_"))]
    assert (mirror != np.arange(len(skeleton))).sum() == len(sided) > 0
    if skeleton is not COCO_17:  # its head hangs on one eye after the other
        for joint, parent in enumerate(skeleton.parents):
            if parent >= 0:
                assert skeleton.parents[mirror[joint]] == mirror[parent]


def test_the_order_the_authors_chose():
    assert [len(s) for s in (COCO_17, HALPE_26, H36M_17, H36M_19)] == [17, 26, 17, 19]
    assert HALPE_26.joints[:17] == COCO_17.joints
    assert H36M_17.parents == (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
    assert tuple(j for j in H36M_19.joints if "Toe" not in j) == H36M_17.joints
    for side in "LR":
        assert H36M_19.joints[H36M_19.parents[H36M_19.index(side + "Toe")]] == side + "Ankle"


def test_index_refuses_a_name_it_does_not_have():
    assert H36M_19.index("LWrist") == 15
    with pytest.raises(ValueError):
        H36M_19.index("LThumb")

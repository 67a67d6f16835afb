"""Bodies with a surface, posed by rotations of their segments; limbs that change owners."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from blender_pose3d.skeleton import H36M_19, HALPE_26
from engine.bridge import to_lifter
from engine.errors import BadInput
from engine.lift.lifter import STATURE
from engine.train.bodies import BANK, draw_bodies, load_bank, pose_bodies
from engine.train.body_bank import make_bank
from engine.train.bvh import Bvh
from engine.train.mixing import Motion, exchange, mirror
from engine.train.mocap import read_clip
from engine.train.mocap_segments import segment_rotations
from engine.train.mutation import flexion, mutate
from engine.train.segments import SEGMENTS, from_vector, matrix_rows, multiply, rotate, segment, unit

from .mocap_files import write_bvh

JOINTS = {name: i for i, name in enumerate(H36M_19.joints)}
TURN = torch.tensor([0.3, -0.5, 0.8])


def still(count: int = 1, frames: int = 1) -> torch.Tensor:
    return torch.tensor([1.0, 0, 0, 0]).repeat(count, frames, len(SEGMENTS), 1)


def posed(rotations: torch.Tensor, bodies: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Joint centres and seen points of the first body (or of some) at the origin."""
    if bodies is None:
        bank = load_bank()
        bodies = torch.cat((bank.joints[:1], bank.seen[:1, 0]), dim=1).flatten(2)
    points = pose_bodies(rotations, torch.zeros(*rotations.shape[:2], 3), bodies)
    return points[:, :, :19], points[:, :, 19:]


class TestRotations:
    def test_quaternions_turn_as_matrices_do(self) -> None:
        one, other = from_vector(TURN), from_vector(torch.tensor([1.2, 0.1, 0.4]))
        angle = TURN.norm()
        x, y, z = (TURN / angle).tolist()
        cross = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        matrix = torch.eye(3) + angle.sin() * cross + (1 - angle.cos()) * cross @ cross  # Rodrigues
        vector = torch.tensor([0.2, 0.9, -0.4])
        torch.testing.assert_close(rotate(one, vector), matrix @ vector)
        torch.testing.assert_close(rotate(multiply(one, other), vector), matrix @ rotate(other, vector))


class TestBank:
    def test_is_a_small_file_of_people_of_one_stature(self) -> None:
        assert BANK.stat().st_size < 2e6
        bank = load_bank()
        assert len(bank.joints) >= 300
        standing = bank.joints.sum(dim=2)
        assert (standing[:, JOINTS["Hip"]].abs() < 1e-3).all()
        height = standing[:, JOINTS["Head"], 1] - standing[:, JOINTS["LToe"], 1]
        assert (height - STATURE).abs().max() < 0.02  # a toe's tip lies a little above the floor

    def test_stands_in_a_t_pose(self) -> None:
        joints = {name: load_bank().joints.sum(dim=2)[:, i] for name, i in JOINTS.items()}
        assert (joints["LWrist"][:, 0] > joints["LElbow"][:, 0] + 0.15).all()
        assert (joints["LWrist"] - joints["LShoulder"])[:, 1:].abs().max() < 0.01
        assert (joints["RAnkle"] - joints["RHip"])[:, [0, 2]].abs().max() < 0.01
        assert (joints["LToe"][:, 2] > joints["LAnkle"][:, 2] + 0.1).all()
        mirrored = load_bank().joints.sum(dim=2)[:, H36M_19.mirror.copy()] * torch.tensor([-1.0, 1, 1])
        torch.testing.assert_close(mirrored, load_bank().joints.sum(dim=2), atol=4e-3, rtol=0)

    def test_what_is_seen_lies_near_the_joint_but_not_on_it(self) -> None:
        bank = load_bank()
        away = (bank.seen - bank.joints[:, None]).sum(dim=3).norm(dim=-1)
        assert away.amax() < 0.12
        assert 0.015 < away[:, :, JOINTS["LHip"]].mean() < 0.05

    def test_is_seen_as_the_bridge_makes_it(self) -> None:
        """What BlazePose's and other detectors' points become in 2D is what the table's points are in 3D."""
        with np.load(BANK) as file:
            halpe = file["seen"][0, :26].astype(float).sum(axis=1)
        pixels = 500 + 300 * halpe[None, :, :2] * (1, -1)
        bridged, _ = to_lifter(pixels, np.ones((1, 26)), HALPE_26, (1000, 1000))
        seen = load_bank().seen[0, 0].sum(dim=1).numpy()
        np.testing.assert_allclose(bridged[0], 500 + 300 * seen[:, :2] * (1, -1), atol=0.5)


class TestPosing:
    def test_a_whole_body_turns_as_one(self) -> None:
        rest = posed(still())
        turned = posed(from_vector(TURN).expand_as(still()))
        for before, after in zip(rest, turned, strict=True):
            torch.testing.assert_close(after, rotate(from_vector(TURN), before), atol=1e-5, rtol=0)

    def test_an_elbow_bends_the_forearm_alone(self) -> None:
        rotations = still()
        bend = from_vector(torch.tensor([0.0, -np.pi / 2, 0.0]))  # the left forearm forwards
        rotations[:, :, [segment("left_forearm"), segment("left_hand")]] = bend
        (rest, _), (bent, seen) = posed(still()), posed(rotations)
        moved = (bent - rest).norm(dim=-1)[0, 0]
        assert moved[JOINTS["LWrist"]] > 0.2
        assert sum(m > 1e-4 for m in moved.tolist()) == 1
        forearm = bent[0, 0, JOINTS["LWrist"]] - bent[0, 0, JOINTS["LElbow"]]
        assert forearm[2] > 0.99 * forearm.norm()
        assert (seen[0, 0, JOINTS["LWrist"]] - bent[0, 0, JOINTS["LWrist"]]).norm() < 0.03

    def test_people_differ_and_keep_their_stature(self) -> None:
        bodies = draw_bodies(200, 0.05, 1.0, torch.Generator().manual_seed(0))
        joints, seen = posed(still(200), bodies)
        height = joints[:, 0, JOINTS["Head"], 1] - joints[:, 0, [JOINTS["LAnkle"]], 1].mean(dim=-1)
        assert height.std() < 0.02
        thigh = (joints[:, 0, JOINTS["LKnee"]] - joints[:, 0, JOINTS["LHip"]]).norm(dim=-1)
        assert 0.01 < thigh.std() < 0.05
        exact = draw_bodies(20, 0.05, 0.0, torch.Generator().manual_seed(0))
        joints, seen = posed(still(20), exact)
        torch.testing.assert_close(joints, seen)


class TestClip:
    def test_a_posed_body_points_its_limbs_as_the_actor_does(self, tmp_path) -> None:
        clip = read_clip(write_bvh(tmp_path / "12_01.bvh", frames=40))
        rotations = torch.from_numpy(clip.rotations)[None]
        torch.testing.assert_close(rotations.norm(dim=-1), torch.ones(rotations.shape[:-1]))
        assert ((rotations[:, 1:] * rotations[:, :-1]).sum(dim=-1) > 0.9).all()  # no jumps to the other sign
        joints = posed(rotations)[0][0].numpy()
        for start, end in (("Hip", "Knee"), ("Knee", "Ankle"), ("Shoulder", "Elbow"), ("Elbow", "Wrist")):
            for side in "LR":
                ours, theirs = (
                    p[:, JOINTS[side + end]] - p[:, JOINTS[side + start]] for p in (joints, clip.points)
                )
                cosine = (
                    (ours * theirs).sum(-1) / np.linalg.norm(ours, axis=-1) / np.linalg.norm(theirs, axis=-1)
                )
                assert cosine.min() > np.cos(np.radians(2)), side + end


def rest_pose(naming: str) -> Bvh:
    """One frame, at rest, of a skeleton with the habits of one of CMU's three."""
    side = {"daz": ("l", "r")}.get(naming, ("Left", "Right"))
    rows: list[tuple[str, str, tuple[float, float, float]]] = []
    if naming == "daz":
        trunk = ("hip", "abdomen", "chest", "neck", "head")
        limbs = (
            [("Thigh", "hip", (0.6, 0, 0)), ("Shin", "Thigh", (0, -4, 0.1)), ("Foot", "Shin", (0, -4, -0.6))],
            [("Collar", "chest", (0.3, 2, 0)), ("Shldr", "Collar", (1, 0, 0))],
            [("ForeArm", "Shldr", (3, 0, 0)), ("Hand", "ForeArm", (2, 0, 0.6))],
        )
        tip = ("Foot", (0.2, -0.3, 1.0))
    elif naming == "cmu_mb":
        trunk = ("Hips", "LowerBack", "Spine", "Spine1", "Neck1", "Head")
        limbs = (
            [("UpLeg", "Hips", (0.6, 0, 0)), ("Leg", "UpLeg", (1.4, -4, 0)), ("Foot", "Leg", (1.4, -4, 0))],
            [("ToeBase", "Foot", (0.1, -0.3, 1.5)), ("Shoulder", "Spine1", (0, 2, 0))],
            [("Arm", "Shoulder", (1, 0, 0)), ("ForeArm", "Arm", (3, 0, 0)), ("Hand", "ForeArm", (2, 0, 0))],
        )
        tip = ("ToeBase", (0.0, 0.0, 0.5))
    else:
        trunk = ("Hips", "lowerback", "Chest", "Chest2", "Neck", "Head")
        limbs = (
            [("Hip", "Hips", (0.6, 0, 0)), ("Knee", "Hip", (1.4, -4, 0)), ("Ankle", "Knee", (1.4, -4, 0))],
            [("Toe", "Ankle", (0.1, -0.3, 1.5)), ("Collar", "Chest2", (0, 2, 0))],
            [
                ("Shoulder", "Collar", (1, 0, 0)),
                ("Elbow", "Shoulder", (0, -3, 0)),
                ("Wrist", "Elbow", (0, -2, 0)),
            ],
        )
        tip = ("Toe", (0.0, 0.0, 0.5))
    rows += [(name, parent, (0.0, 1.0, 0.0)) for name, parent in zip(trunk, ("", *trunk), strict=False)]
    for word, sign in zip(side, (1, -1), strict=True):
        for name, parent, (x, y, z) in [row for group in limbs for row in group]:
            rows.append((word + name, parent if parent in trunk else word + parent, (sign * x, y, z)))
        name, (x, y, z) = tip
        rows.append((f"{word}{name}_end", word + name, (sign * x, y, z)))
    names = [row[0] for row in rows]
    parents = [names.index(row[1]) if row[1] else -1 for row in rows]
    eye = np.tile(np.eye(3), (1, len(rows), 1, 1))
    return Bvh(names, parents, np.array([row[2] for row in rows]), eye, np.zeros((1, 3)), 1 / 60)


class TestNamings:
    @pytest.mark.parametrize("naming", ["cmu_mb", "cmu_joints", "daz"])
    def test_limbs_point_as_in_the_rest_pose_of_the_file(self, naming) -> None:
        bvh = rest_pose(naming)
        rotations = torch.from_numpy(segment_rotations(bvh, bvh.rotations))
        joints = {
            name: point.numpy() for name, point in zip(JOINTS, posed(rotations[None])[0][0, 0], strict=True)
        }
        apart = 0.0 if naming == "daz" else 1.4 / np.hypot(1.4, 4.0)
        for sign, side in ((1, "L"), (-1, "R")):
            thigh, shin, arm, forearm, foot = (
                (joints[side + b] - joints[side + a]) / np.linalg.norm(joints[side + b] - joints[side + a])
                for a, b in (
                    ("Hip", "Knee"),
                    ("Knee", "Ankle"),
                    ("Shoulder", "Elbow"),
                    ("Elbow", "Wrist"),
                    ("Ankle", "Toe"),
                )
            )
            assert thigh[0] * sign == pytest.approx(apart, abs=0.01)
            np.testing.assert_allclose(shin, thigh, atol=0.02)
            expected = (0, -1, 0) if naming == "cmu_joints" else (sign, 0, 0)
            np.testing.assert_allclose(arm, expected, atol=0.01)
            np.testing.assert_allclose(forearm, arm, atol=0.01)
            assert foot[2] > 0.8

    @pytest.mark.parametrize("naming", ["cmu_mb", "cmu_joints", "daz"])
    def test_elbows_and_knees_bend_about_the_axes_of_the_files(self, naming) -> None:
        """A turn of the forearm or shin about the axis measured on the clips is flexion, and nothing else."""
        bvh = rest_pose(naming)
        arms = {"cmu_mb": "LeftForeArm", "cmu_joints": "LeftElbow", "daz": "lForeArm"}
        legs = {"cmu_mb": "LeftLeg", "cmu_joints": "LeftKnee", "daz": "lShin"}
        across = np.array([0.0, -np.cos(np.radians(30)), np.sin(np.radians(30))])
        elbow = np.array([across[1], 0, across[2]]) if naming == "cmu_joints" else across
        thigh = bvh.offsets[bvh.names.index(legs[naming])] * (1, 1, 0)
        knee = np.array([-thigh[1], thigh[0], 0.0]) / np.linalg.norm(thigh)
        for joint, axis, kind in ((arms, elbow, "arm"), (legs, knee, "leg")):
            world = bvh.rotations.copy()
            world[:, bvh.names.index(joint[naming])] = Rotation.from_rotvec(axis * np.radians(70)).as_matrix()
            angle, _ = flexion(torch.from_numpy(segment_rotations(bvh, world))[None], kind, "left")
            assert np.degrees(angle.item()) == pytest.approx(70, abs=1.5)


class TestMixing:
    def motions(self, count: int = 40) -> torch.Tensor:
        return unit(torch.randn(count, 5, len(SEGMENTS), 4, generator=torch.Generator().manual_seed(1)))

    def test_limbs_change_owners_and_trunks_do_not(self) -> None:
        rotations = self.motions()
        mixed = exchange(rotations, 1.0, torch.Generator().manual_seed(0))
        trunk = [segment(n) for n in ("pelvis", "lower_back", "upper_back", "chest", "left_clavicle")]
        assert torch.equal(mixed[:, :, trunk], rotations[:, :, trunk])
        # An arm that came from elsewhere is held to the chest as it was there.
        chest, arm = segment("chest"), segment("left_upper_arm")
        inverse = torch.tensor([1.0, -1, -1, -1])
        local = [multiply(r[:, :, chest] * inverse, r[:, :, arm]).flatten(1) for r in (mixed, rotations)]
        apart = (local[0][:, None] - local[1]).norm(dim=-1)
        assert apart.amin(dim=1).max() < 1e-4
        assert apart.diagonal().gt(0.1).float().mean() > 0.6

    def test_mirror_images_are_those_of_the_points(self) -> None:
        rotations = self.motions(3)
        image = mirror(Motion(rotations, torch.zeros(3, 5, 3)), 1.0, torch.Generator())
        bank = load_bank().joints[:3].flatten(2)
        joints = pose_bodies(rotations, torch.zeros(3, 5, 3), bank)
        expected = joints[:, :, H36M_19.mirror.copy()] * torch.tensor([-1.0, 1, 1])
        torch.testing.assert_close(
            pose_bodies(image.rotations, image.root, bank), expected, atol=3e-3, rtol=0
        )


class TestMutation:
    def test_bends_some_windows_and_keeps_rotations(self) -> None:
        rotations = still(300, 6)
        mutated = mutate(rotations, 0.5, 0.4, torch.Generator().manual_seed(0))
        torch.testing.assert_close(mutated.norm(dim=-1), torch.ones(mutated.shape[:-1]))
        changed = (mutated != rotations).flatten(1).any(dim=1)
        assert 0.3 < changed.float().mean() < 0.55
        assert torch.equal(mutated[:, :, segment("pelvis")], rotations[:, :, segment("pelvis")])
        slow = (mutated[:, 1:] * mutated[:, :-1]).sum(dim=-1)
        assert slow.min() > np.cos(np.radians(15) / 2)

    @pytest.mark.parametrize(("kind", "most"), [("arm", 148), ("leg", 140)])
    def test_elbows_and_knees_bend_their_own_way_and_not_too_far(self, kind, most) -> None:
        mutated = mutate(still(400, 6), 1.0, 1.0, torch.Generator().manual_seed(0))
        for side in ("left", "right"):
            angle = torch.rad2deg(flexion(mutated, kind, side)[0])
            assert angle.min() > -0.1
            assert 60 < angle.max() < most + 0.1

    def test_a_bent_knee_puts_the_foot_behind_and_a_bent_elbow_the_hand_in_front(self) -> None:
        mutated = mutate(still(400, 1), 1.0, 0.6, torch.Generator().manual_seed(0))
        joints = posed(mutated, load_bank().joints[:1].expand(400, -1, -1, -1).flatten(2))[0]
        for kind, parts, z in (
            ("leg", ("thigh", "Knee", "Ankle"), -1),
            ("arm", ("upper_arm", "Elbow", "Wrist"), 1),
        ):
            upper = mutated[:, :, segment("left_" + parts[0])] * torch.tensor([1.0, -1, -1, -1])
            bone = joints[:, :, JOINTS["L" + parts[2]]] - joints[:, :, JOINTS["L" + parts[1]]]
            bent = torch.rad2deg(flexion(mutated, kind, "left")[0]) > 20
            assert bent.any()
            assert (rotate(upper, bone)[bent][:, 2] * z > 0.05).all()


def test_making_a_bank_without_anny_says_what_is_missing(monkeypatch, tmp_path) -> None:
    monkeypatch.setitem(sys.modules, "anny", None)
    with pytest.raises(BadInput, match="anny"):
        make_bank(tmp_path / "bodies.npz", 2)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_tables_agree_with_the_meshes_of_anny() -> None:
    """Joints and surface points by table, within a millimetre of those of anny's own posed vertices."""
    pytest.importorskip("anny", reason="anny, of the dependency group train, is not installed")
    from anny.keypoints import KeypointsRegressor

    from engine.train.body_bank import CENTRES, SEEN, SHAPES, Maker, draw_shapes

    maker, shapes = Maker(), draw_shapes(2, 5)
    turn = torch.randn(2, 1, len(SEGMENTS), 3, generator=torch.Generator().manual_seed(2))
    rotations = from_vector(turn).double()
    coco = KeypointsRegressor.coco(maker.anny)
    axes = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # anny's z up to y up
    for index, (vertices, heads) in enumerate(zip(*maker.rest(shapes), strict=True)):
        matrices = matrix_rows(rotations[index, 0]).numpy().reshape(3, -1, 3).swapaxes(0, 1)
        world = np.einsum("bij,bjk->bik", matrices, maker.rotations(heads))[maker.segments]
        shape = {name: torch.tensor([value]) for name, value in zip(SHAPES, shapes[index], strict=True)}
        pose = torch.eye(4).double().repeat(1, len(maker.bones), 1, 1)
        rest = maker.anny(phenotype_kwargs=shape)["rest_bone_poses"][..., :3, :3]
        pose[..., :3, :3] = torch.from_numpy(axes.T @ world @ axes) @ rest
        output = maker.anny(pose, shape, pose_parameterization="world-orient")
        truth = {name: point.numpy() for name, point in zip(coco.labels, coco(output)[0], strict=True)}
        truth |= dict(zip(maker.bones, output["bone_poses"][0, :, :3, 3].numpy(), strict=True))
        truth = {name: axes @ point for name, point in truth.items()}
        origin = (truth["LeftUpLeg"] + truth["RightUpLeg"]) / 2

        tables = [torch.from_numpy(t).flatten(1)[None] for t in maker.table(vertices, heads)]
        places = [
            pose_bodies(rotations[index : index + 1], torch.zeros(1, 1, 3).double(), t)[0, 0].numpy()
            for t in tables
        ]
        scale = STATURE / np.ptp(vertices[:, 1])
        ours = {name: places[0][SEEN.index(name)] for name in coco.labels}
        ours |= {
            bone.format("L", "Left"): places[1][JOINTS[joint.format("L", "Left")]]
            for joint, bone in CENTRES.items()
        }
        for name, place in ours.items():
            assert np.linalg.norm(place - scale * (truth[name] - origin)) < 1e-3, name

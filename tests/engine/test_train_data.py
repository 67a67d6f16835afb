"""Training data: BVH files, bodies, cameras, detectors, windows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from blender_pose3d.skeleton import H36M_19
from engine.errors import BadInput
from engine.train.bvh import forward_kinematics, read_bvh
from engine.train.mocap import read_clip, read_folder
from engine.train.noise import detect
from engine.train.windows import Effects, Windows

from .mocap_files import write_bvh, write_folder

TWO_BONES = """HIERARCHY
ROOT Hips
{{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Arm
  {{
    OFFSET 0 2 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {{
      OFFSET 0 3 0
    }}
  }}
}}
MOTION
Frames: 2
Frame Time: 0.0333333
1 2 3 0 0 0 0 0 0
{last}
"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return read_folder(write_folder(tmp_path_factory.mktemp("mocap")))


class TestBvh:
    def test_positions(self, tmp_path) -> None:
        path = tmp_path / "a.bvh"
        path.write_text(TWO_BONES.format(last="1 2 3 90 0 0 0 90 0"))
        bvh = read_bvh(path)
        assert bvh.names == ["Hips", "Arm", "Arm_end"]
        positions, _ = forward_kinematics(bvh, bvh.offsets)
        np.testing.assert_allclose(positions[0], [[1, 2, 3], [1, 4, 3], [1, 7, 3]], atol=1e-9)
        # A quarter turn about z takes y to -x; then a quarter turn about the arm's own x takes its y to z.
        np.testing.assert_allclose(positions[1], [[1, 2, 3], [-1, 2, 3], [-1, 2, 6]], atol=1e-9)

    @pytest.mark.parametrize("last", ["1 2 3 90 0 0", "1 2 3 90 0 0 0 x 0", "1 2 3 90 0 0 0 nan 0"])
    def test_broken_motion(self, tmp_path, last) -> None:
        path = tmp_path / "broken.bvh"
        path.write_text(TWO_BONES.format(last=last))
        with pytest.raises(BadInput, match=r"broken\.bvh"):
            read_bvh(path)

    @pytest.mark.parametrize(
        "text", ["", "hello", "HIERARCHY\nROOT a\n{\nMOTION\nFrames: 1\nFrame Time: 1\n1"]
    )
    def test_no_bvh_at_all(self, tmp_path, text) -> None:
        path = tmp_path / "none.bvh"
        path.write_text(text)
        with pytest.raises(BadInput, match=r"none\.bvh"):
            read_bvh(path)


class TestClips:
    def test_points_keep_the_lengths_of_bones(self, tmp_path) -> None:
        clip = read_clip(write_bvh(tmp_path / "12_01.bvh", frames=50))
        assert clip.subject == "12"
        assert clip.points.shape == (49, 19, 3)  # the first frame is a rest pose
        at = {name: clip.points[:, H36M_19.index(name)] for name in H36M_19.joints}
        for one, other, length in (
            ("LHip", "LKnee", 7),
            ("RShoulder", "RElbow", 5),
            ("LElbow", "LWrist", 4.5),
        ):
            np.testing.assert_allclose(np.linalg.norm(at[one] - at[other], axis=1), length, rtol=1e-4)
        np.testing.assert_allclose(at["Thorax"], (at["LShoulder"] + at["RShoulder"]) / 2, atol=1e-5)

    def test_left_and_right(self, tmp_path) -> None:
        """The made-up actor stands with its left towards +x at rest."""
        points = read_clip(write_bvh(tmp_path / "12_01.bvh", sway=0.0)).points[0]
        for name in ("Hip", "Knee", "Toe", "Shoulder", "Wrist"):
            assert points[H36M_19.index("L" + name), 0] > points[H36M_19.index("R" + name), 0]
        assert points[H36M_19.index("Head"), 1] == points[:, 1].max()

    def test_unknown_skeleton(self, tmp_path) -> None:
        with pytest.raises(BadInput, match="not known"):
            read_clip(write_bvh(tmp_path / "x.bvh", rename="alien_"))

    def test_folders(self, tmp_path) -> None:
        with pytest.raises(BadInput, match="no folder"):
            read_folder(tmp_path / "none")
        with pytest.raises(BadInput, match="no BVH"):
            read_folder(tmp_path)


class TestWindows:
    def draw(self, clips, seed: int = 3, effects: Effects | None = None, count: int = 64):
        windows = Windows(clips, 27, 13, effects)
        return windows.draw(count, torch.Generator().manual_seed(seed))

    def test_shapes_and_seed(self, clips) -> None:
        features, target = self.draw(clips)
        assert features.shape == (64, 27, 19, 3)
        assert target.shape == (64, 1, 19, 3)
        assert torch.isfinite(features).all()
        assert torch.isfinite(target).all()
        again, other = self.draw(clips)[0], self.draw(clips, seed=4)[0]
        assert torch.equal(again, features)
        assert not torch.equal(other, features)

    def test_outputs_of_a_window_are_of_its_frames(self, clips) -> None:
        """Seen without error, each output's frame has the features that go with its target."""
        exact = Effects(noise=False, surface=0.0)
        windows = Windows(clips, 9, 6, exact, outputs=4, spacing=3)
        features, target = windows.draw(64, torch.Generator().manual_seed(1))
        assert features.shape == (64, 9 + 3 * 3, 19, 3)
        assert target.shape == (64, 4, 19, 3)
        own = features[:, 6:16:3, :, :2]
        likeness = torch.nn.functional.cosine_similarity(own.flatten(2), target[..., :2].flatten(2), dim=2)
        off = torch.nn.functional.cosine_similarity(own.flatten(2), target.flip(1)[..., :2].flatten(2), dim=2)
        assert likeness.median() > 0.98
        assert (likeness > off).float().mean() > 0.8

    def test_exact_features_are_the_target_seen_by_the_virtual_camera(self, clips) -> None:
        effects = Effects(noise=False, surface=0.0)
        features, target = self.draw(clips, effects=effects, count=256)
        # From far away a picture is the pose without its depth, but for size; near by it almost is.
        ours = features[:, 13, :, :2].flatten(1)
        theirs = target[:, 0, :, :2].flatten(1)
        assert torch.nn.functional.cosine_similarity(ours, theirs, dim=1).median() > 0.98
        assert (features[..., 2] == 1).all()

    def test_mirroring_keeps_left_and_right_apart(self, clips) -> None:
        """In every window the left shoulder lies to the left of somebody who looks forward."""
        _, target = self.draw(clips, count=256)
        at = {name: target[:, 0, H36M_19.index(name)] for name in H36M_19.joints}
        up, left = at["Thorax"], at["LShoulder"] - at["RShoulder"]
        forward = torch.linalg.cross(left, up)
        toes = (at["LToe"] - at["LAnkle"]) + (at["RToe"] - at["RAnkle"])
        assert ((forward * toes).sum(dim=-1) > 0).float().mean() > 0.8

    def test_outside_the_picture_is_unseen(self) -> None:
        joints = torch.full((2, 30, 19, 2), 200.0)
        joints[:, :, H36M_19.index("LWrist")] = -300.0
        generator = torch.Generator().manual_seed(0)
        seen, score = detect(joints, torch.full((2, 30), 100.0), torch.full((2, 2), 400.0), generator)
        # A detector takes one arm for the other now and then, but outside it sees nothing.
        assert (score[:, :, H36M_19.index("LWrist")] == 0).float().mean() > 0.7
        assert (score[(seen < 0).any(dim=-1)] == 0).all()
        assert (score[:, :, H36M_19.index("RWrist")] > 0).float().mean() > 0.7

    def test_score_falls_with_error(self) -> None:
        joints = torch.full((200, 53, 19, 2), 500.0)
        generator = torch.Generator().manual_seed(0)
        height = torch.full((200, 53), 300.0)
        seen, score = detect(joints, height, torch.full((200, 2), 1000.0), generator)
        elbow = H36M_19.index("LElbow")
        off, sure = (seen - joints).norm(dim=-1)[..., elbow], score[..., elbow]
        assert off[(sure > 0) & (sure < 0.3)].mean() > 1.5 * off[sure > 0.8].mean()

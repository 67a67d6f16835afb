"""Rendered people: pixels where the labels say, hidden points hidden, the same from the same seed."""

from __future__ import annotations

import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from capsule_people import capsule_bank, t_pose

from blender_pose3d.skeleton import HALPE_26
from engine.errors import BadInput
from engine.train.packs import PackWriter, read_pack
from engine.train.people.assets import load_bank, save_bank
from engine.train.people.draws import Draws
from engine.train.people.finish import compressed
from engine.train.people.labels import label
from engine.train.people.packing import write_people
from engine.train.people.photos import load_backgrounds, load_garments
from engine.train.people.poses import Poses, load_poses
from engine.train.people.posing import pose
from engine.train.people.raster import rasterise
from engine.train.people.render import Renderer
from engine.train.people.simplify import cluster
from engine.train.people.view import Framing, look
from engine.train.segments import from_vector, segment

POSES = Poses(t_pose(4), torch.ones(4))


def test_the_nearest_triangle_wins_a_pixel() -> None:
    far = [[0.0, 0, 3], [0, 9, 3], [9, 0, 3]]
    near = [[2.0, 2, 1], [2, 5, 1], [5, 2, 1]]
    points = torch.tensor([far + near])
    seen = rasterise(points, torch.tensor([[[0, 1, 2], [3, 4, 5]]]), (10, 10))
    face = dict(zip(seen.pixel.tolist(), seen.face.tolist(), strict=True))
    assert face[3 * 10 + 3] == 1
    assert face[1 * 10 + 1] == 0
    assert 9 * 10 + 9 not in face
    assert seen.depth[seen.face == 1].allclose(torch.tensor(1.0))


def test_triangles_seen_from_behind_are_dropped() -> None:
    points = torch.tensor([[[0.0, 0, 1], [9, 0, 1], [0, 9, 1]]])
    assert not len(rasterise(points, torch.tensor([[[0, 1, 2]]]), (10, 10)).pixel)


def test_barycentrics_follow_perspective() -> None:
    points = torch.tensor([[[0.0, 0, 1], [0, 8, 1], [8, 0, 3]]])
    seen = rasterise(points, torch.tensor([[[0, 1, 2]]]), (9, 9))
    middle = (seen.pixel == 4).nonzero()[0, 0]
    # half way on the picture between depths of 1 and 3 lies a quarter of the way along the edge
    assert seen.weights[middle].tolist() == pytest.approx([0.75, 0.0, 0.25], abs=1e-5)
    assert float(seen.depth[middle]) == pytest.approx(1.5, abs=1e-5)


def test_chunks_do_not_change_the_picture() -> None:
    generator = torch.Generator().manual_seed(3)
    points = torch.rand(2, 60, 3, generator=generator) * torch.tensor([20.0, 20.0, 1.0]) + 1
    faces = torch.randint(60, (2, 90, 3), generator=generator)
    one, many = (rasterise(points, faces, (24, 24), chunk=chunk) for chunk in (1 << 20, 50))
    assert torch.equal(one.pixel, many.pixel)
    assert torch.equal(one.face, many.face)


def test_a_bent_knee_moves_the_ankle_and_its_shin() -> None:
    bank = capsule_bank()
    rotations = t_pose(1)
    # about x (left), a right angle: the shin to the back
    turn = from_vector(torch.tensor([np.pi / 2, 0.0, 0.0], dtype=torch.float32))
    for name in ("left_shin", "left_foot", "left_toes"):
        rotations[0, segment(name)] = turn
    posed = pose(bank, torch.tensor([0]), rotations)
    knee, ankle = (posed.keypoints[0, HALPE_26.index(n)] for n in ("left_knee", "left_ankle"))
    assert (ankle - knee).tolist() == pytest.approx([0.0, 0.42, 0.0], abs=1e-5)


def test_batches_are_the_same_from_the_same_seed_alone() -> None:
    renderer = Renderer(capsule_bank(), POSES, finer=1)
    framing = Framing(size=(64, 48))
    one, same, other = (renderer.render(seed, 3, framing) for seed in (1, 1, 2))
    assert torch.equal(one.images, same.images)
    assert torch.equal(one.joints, same.joints)
    assert not torch.equal(one.images, other.images)
    assert one.images.shape == (3, 64, 48, 3) and one.images.dtype == torch.uint8
    assert one.joints.shape == (3, 26, 2) and one.known.dtype == one.visible.dtype == torch.bool
    assert not (one.visible & ~one.known).any()


def test_what_the_photograph_does_not_show_is_not_known() -> None:
    batch = Renderer(capsule_bank(), POSES, finer=1).render(5, 12, Framing(size=(64, 64), cut=1.0))
    assert not batch.known.all()
    inside = ((batch.joints > -0.5) & (batch.joints < 63.5)).all(-1)
    assert (inside | ~batch.known).all()


def test_points_on_the_far_side_are_hidden() -> None:
    bank = capsule_bank()
    who = torch.zeros(16, dtype=torch.int64)
    posed = pose(bank, who, t_pose(16))
    draws = Draws(4)
    view = look(posed, bank.stature[who], Framing(size=(96, 96), cut=0.0, roll=0.0), draws)
    rest = bank.moments[who].sum(2)
    nothing = torch.zeros(16, 96, 96)
    nose = HALPE_26.index("nose")
    # the back of the head is what is seen where the nose is
    behind = rest + torch.tensor([0.0, 0.2, 0.0])
    assert not label(view, behind, rest, nothing, bank.stature[who]).visible[:, nose].any()
    assert label(view, rest, rest, nothing, bank.stature[who]).visible[:, nose].any()
    assert not label(view, rest, rest, nothing + 1, bank.stature[who]).visible.any()


def test_labels_lie_on_the_figure() -> None:
    bank = capsule_bank()
    draws = Draws(7)
    who = draws.whole(2, 8)
    posed = pose(bank, who, t_pose(8))
    view = look(
        posed, bank.stature[who], Framing(size=(128, 128), scale=(1.0, 1.0), cut=0.0, roll=0.0), draws
    )
    seen = rasterise(view.points, bank.faces[who], (128, 128))
    cover = torch.zeros(8 * 128 * 128, dtype=torch.bool)
    cover[seen.pixel] = True
    for joint in ("nose", "left_wrist", "left_knee", "hip"):
        x, y = view.keypoints[:, HALPE_26.index(joint), :2].round().long().unbind(-1)
        assert cover.view(8, 128, 128)[torch.arange(8), y, x].all(), joint
    low, high = view.points[..., :2].amin(1), view.points[..., :2].amax(1)
    assert torch.cat((low, high), 1).allclose(view.box, atol=1e-3)


def test_compression_leaves_a_grey_picture_alone_and_steps_a_busy_one() -> None:
    grey = torch.full((2, 3, 16, 24), 0.5)
    assert compressed(grey, Draws(1)).allclose(grey, atol=1e-5)
    busy = torch.rand(2, 3, 16, 24, generator=torch.Generator().manual_seed(1))
    change = (compressed(busy, Draws(1)) - busy).abs().mean()
    assert 0.001 < change < 0.3


def test_simplifying_keeps_corners_of_kept_vertices() -> None:
    axis = np.linspace(0, 0.1, 21)
    vertices = np.stack([*np.meshgrid(axis, axis), np.zeros((21, 21))], axis=-1).reshape(-1, 3)
    start = (np.arange(20)[:, None] * 21 + np.arange(20)).ravel()
    faces = np.concatenate([start[:, None] + [0, 1, 22], start[:, None] + [0, 22, 21]])
    kept, fewer, rows = cluster(
        vertices, faces, np.zeros(len(faces), int), np.zeros(len(vertices), bool), 0.02
    )
    assert len(kept) < len(vertices) / 5
    assert 0 < len(fewer) < len(faces) / 5 and fewer.max() < len(kept) and len(rows) == len(fewer)
    assert np.ptp(vertices[kept][np.unique(fewer)], axis=0)[:2].min() > 0.07


@pytest.mark.slow
def test_a_pack_of_rendered_people(tmp_path) -> None:
    renderer = Renderer(capsule_bank(), POSES, finer=1)
    with PackWriter(tmp_path, "rendered-test", source="rendered") as writer:
        assert sum(write_people(renderer, writer, 5, seed=3, split="test")) == 5
    pack = read_pack(writer.pieces[0])
    assert len(pack) == 5 and set(pack.split) == {"test"} and pack.source == "rendered"
    assert len(set(pack.ids)) == 5
    assert pack.picture(0).shape == (320, 320, 3)


def test_garments_change_nothing_but_cloth() -> None:
    bank = replace(capsule_bank(), material=torch.full((2, 156), 2))
    garments = torch.full((3, 8, 8, 3), 200, dtype=torch.uint8)
    with_cloth = Renderer(bank, POSES, garments=garments, finer=1).render(2, 4, Framing(size=(64, 64)))
    without = Renderer(bank, POSES, finer=1).render(2, 4, Framing(size=(64, 64)))
    assert not torch.equal(with_cloth.images, without.images)
    assert torch.equal(with_cloth.joints, without.joints)


def test_bad_sources_are_told_in_one_line(tmp_path) -> None:
    empty, damaged = tmp_path / "empty.tar", tmp_path / "photos"
    tarfile.open(empty, "w").close()
    damaged.mkdir()
    (damaged / "0001.jpg").write_bytes(b"no picture")
    with pytest.raises(BadInput, match="no folder or archive"):
        load_garments(tmp_path / "missing")
    with pytest.raises(BadInput, match="holds no pictures"):
        load_garments(empty)
    with pytest.raises(BadInput, match=r"0001\.jpg"):
        load_garments(damaged)
    (tmp_path / "other.tar").write_bytes(b"no archive")
    with pytest.raises(BadInput, match="no tar archive"):
        load_backgrounds(tmp_path / "other.tar")
    with pytest.raises(BadInput, match="no folder"):
        load_poses(tmp_path / "missing", "train", tmp_path / "poses.npz")


def test_a_damaged_bank_is_told(tmp_path) -> None:
    (tmp_path / "bank.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(BadInput, match="damaged"):
        load_bank(tmp_path / "bank.npz")
    save_bank(capsule_bank(), tmp_path / "good.npz")
    assert torch.equal(load_bank(tmp_path / "good.npz").rest, capsule_bank().rest)

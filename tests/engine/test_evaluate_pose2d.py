"""`engine evaluate pose2d`: figures known beforehand, in tables, JSON and a card; bad input in one line."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from blender_pose3d.skeleton import COCO_17, HALPE_26
from engine.__main__ import main
from engine.errors import BadArguments, BadInput
from engine.evaluate.pose2d import Data, evaluate, joined, worst
from engine.evaluate.pose2d_coco import FIGURES, benchmark, pose_score, read_coco
from engine.evaluate.pose2d_look import BOX, FOUND, SECOND, TURNED, Detections, Found, Mirrored, matched
from engine.evaluate.pose2d_pictures import COLUMNS, TILE, contact_sheet, save_sheet
from engine.evaluate.pose2d_report import markdown, table
from engine.evaluate.pose2d_sets import lspet, packed
from engine.pose2d import registry

from .labelled_people import (
    LSPET_ORDER,
    TORSO,
    Detector,
    Truthful,
    coco_content,
    people,
    write_coco,
    write_lspet,
    write_packs,
)

COUNT = 4


@pytest.fixture(scope="module")
def joints() -> np.ndarray:
    return people(COUNT)


@pytest.fixture(scope="module")
def files(tmp_path_factory, joints) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sets")
    return {
        "packs": write_packs(folder / "packs", joints),
        "lspet": write_lspet(folder / "lspet.tar", joints),
        "coco": write_coco(folder / "coco.tar", joints),
    }


@pytest.fixture(scope="module")
def data(files) -> Data:
    return Data((lspet(files["lspet"]), *packed([files["packs"]])), read_coco(files["coco"]))


def test_a_perfect_network_is_perfect_everywhere(data, joints) -> None:
    result = evaluate([Truthful(joints)], data, Detections(Detector(joints)), clock=time.perf_counter)
    true = result["networks"]["true"]
    assert set(true["pck"]["lspet"]) == {BOX, SECOND, FOUND, TURNED}
    for protocols in true["pck"].values():
        for figures in protocols.values():
            assert (figures["PCK"], figures["AUC"], figures["missed"]) == (100, 100, 0)
    assert true["pck"]["lspet"][BOX]["people"] == COUNT - 1  # one lacks a label
    assert true["pck"]["rendered pack"][BOX]["joints"] == 26
    assert all(of["AP"] == of["AR"] == 100 for of in true["coco"].values())
    assert true["speed"] > 0


def test_sides_that_are_exchanged_are_told_apart(data, joints) -> None:
    network = Truthful(joints)
    network.sides = True
    true = evaluate([network], data)["networks"]["true"]
    photos, rendered = true["pck"]["lspet"][BOX], true["pck"]["rendered pack"][BOX]
    assert photos["PCK"] == pytest.approx(100 * 2 / 14, abs=0.01)  # neck and head have no side
    assert photos["PCK of limbs"] == 0
    assert photos["PCK, sides forgiven"] == photos["PCK of limbs, sides forgiven"] == 100
    assert rendered["PCK of feet"] == 0
    assert rendered["PCK, sides forgiven"] == 100


def test_whom_the_detector_misses_counts_as_nothing_right(data, joints) -> None:
    detections = Detections(Detector(joints, hidden=(1,)))
    true = evaluate([Truthful(joints)], data, detections)["networks"]["true"]
    photos = true["pck"]["lspet"]
    assert photos[FOUND]["missed"] == photos[TURNED]["missed"] == 1
    assert photos[FOUND]["PCK"] == pytest.approx(100 * (COUNT - 2) / (COUNT - 1), abs=0.01)
    assert photos[BOX]["PCK"] == 100
    assert true["coco"][FOUND]["AR"] == pytest.approx(100 * (COUNT - 1) / COUNT)
    assert true["coco"][BOX]["AR"] == 100


def test_the_detector_looks_once_for_all_networks(data, joints) -> None:
    detector = Detector(joints)
    evaluate([Truthful(joints), Truthful(joints, name="b")], data, Detections(detector))
    assert detector.asked == 2 * COUNT - 1


def test_a_network_without_neck_and_feet_is_measured_on_what_it_has(data, joints) -> None:
    network = Truthful(joints)
    network.skeleton = COCO_17
    result = evaluate([network], data, Detections(Detector(joints)))
    figures = result["networks"]["true"]["pck"]
    assert figures["lspet"][BOX]["joints"] == 12
    assert figures["lspet"][BOX]["PCK"] == 100
    assert figures["rendered pack"][BOX]["PCK of feet"] is None
    assert "neck" not in figures["lspet"][BOX]["by joint"]
    assert result["networks"]["true"]["coco"][BOX]["AP"] == 100


def test_hidden_joints_are_told_apart(data, joints) -> None:
    wrong = np.zeros((26, 2))
    wrong[[n.endswith(("toe", "heel")) for n in HALPE_26.joints], 0] = TORSO
    figures = evaluate([Truthful(joints, wrong)], data)["networks"]["true"]["pck"]["rendered pack"][BOX]
    assert (figures["PCK visible"], figures["PCK hidden"], figures["PCK of feet"]) == (100, 0, 0)
    assert figures["PCK"] == pytest.approx(100 * 20 / 26, abs=0.01)


def test_labels_come_with_their_names_and_only_test_rows(files, joints) -> None:
    photos, (pack,) = lspet(files["lspet"]), packed([files["packs"]])
    order = [int(name[2:]) for name in photos.ids]
    assert sorted(order) == list(range(COUNT - 1))
    for name in LSPET_ORDER:
        j = HALPE_26.index(name)
        assert np.allclose(photos.labels.joints[:, j], joints[order, j], atol=1e-4)
    assert len(pack) == COUNT - 1
    assert np.allclose(pack.labels.joints, joints[:-1], atol=1e-4)
    assert len(photos.first(2)) == 2
    assert photos.first(2).key != photos.key
    assert photos.first(None) is photos


def test_coco_thresholds_are_known_beforehand(files, joints) -> None:
    coco = read_coco(files["coco"])
    area = coco.content["annotations"][0]["area"]
    # every joint is off by as much as gives it a similarity of 0.52: right at 0.5, wrong from 0.55 on
    sigma = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
    off = np.zeros((26, 2))
    off[:17, 0] = 2 * sigma * np.sqrt(-2 * np.log(0.52) * area)
    figures = benchmark(coco, coco.annotated, joints + off, np.ones(COUNT))
    assert (figures["AP"], figures["AP50"], figures["AP75"], figures["AR50"]) == (10, 100, 0, 100)
    nobody = benchmark(coco, coco.annotated, np.full((COUNT, 26, 2), np.nan), np.ones(COUNT))
    assert nobody == dict.fromkeys(FIGURES, 0.0)


def test_a_poses_score_is_the_boxs_times_that_of_sure_joints() -> None:
    score = np.array([[0.9, 0.7, 0.1], [0.1, 0.1, 0.1]])
    assert pose_score(score, np.array([0.5, 1.0])) == pytest.approx([0.4, 0.0])


def test_found_people_go_to_whom_they_overlap(data) -> None:
    photos = data.sets[0]
    two = replace(photos, picture=np.zeros(len(photos), int)).first(2)
    two = replace(two, box=np.array([[0.0, 0.0, 50, 100], [60.0, 0.0, 110, 100]]))
    place = np.linspace(0, 1, 26)[:, None] * [50.0, 100.0]
    found = np.stack([place + np.array([60, 0]), place, place + np.array([500, 0])])
    seen = matched(Found(np.zeros(3, int), found, np.ones((3, 26)), np.ones(3)), two)
    assert np.allclose(seen.joints, [place, place + np.array([60, 0])])


def test_the_flip_test_shows_a_network_the_mirror_image(joints) -> None:
    class Pixels(Truthful):
        """Sees the middle of its region, the left wrist a little to the right of it."""

        def predict(self, image, regions):
            pose = np.zeros((len(regions), 26, 2)) + np.stack([r.centre for r in regions])[:, None]
            pose[:, HALPE_26.index("left_wrist"), 0] += 4.0
            pose[..., 1] += [r.angle for r in regions]
            return pose, np.ones((len(regions), 26))

    network = Pixels(joints)
    region = network.region_from_box(np.array([20.0, 30, 60, 70]))
    flipped, score = Mirrored(network).predict(
        np.zeros((100, 200, 3), np.uint8), [replace(region, angle=0.5)]
    )
    assert flipped[0, 0] == pytest.approx([40, 50])
    left, right = (flipped[0, HALPE_26.index(f"{side}_wrist"), 0] for side in ("left", "right"))
    assert (left, right) == pytest.approx((42, 38))
    assert score.shape == (1, 26)


def test_the_worst_come_first_on_the_sheet(data, joints, tmp_path) -> None:
    photos = data.sets[0]
    poses = photos.labels.joints.copy()
    poses[2] += 0.5 * TORSO
    poses[1] = np.nan
    from engine.evaluate.pose2d_look import Seen

    seen = Seen(poses, np.ones(poses.shape[:2]))
    order, error = worst(photos, seen, 2)
    assert order.tolist() == [1, 2]
    assert error == pytest.approx([0, 1, 0.5 * np.sqrt(2)])
    sheet = contact_sheet(photos, seen, 3)
    assert sheet.shape[1] == 3 * TILE
    assert contact_sheet(photos, seen, 100).shape[1] == min(COUNT - 1, COLUMNS) * TILE
    path = save_sheet(tmp_path / "new", "a net/work", photos, seen)
    assert [p.name for p in path.parent.iterdir()] == ["worst-lspet-a-net-work.jpg"]
    assert cv2.imread(str(path)).shape[1] == (COUNT - 1) * TILE
    with pytest.raises(BadInput, match="cannot be written"):
        save_sheet(path, "x", photos, seen)


def test_figures_of_the_same_data_stand_side_by_side(data, joints) -> None:
    ours = evaluate([Truthful(joints)], data)
    theirs = evaluate([Truthful(joints, 3.0, "other"), Truthful(joints)], data)
    both = joined(ours, json.loads(json.dumps(theirs)), Path("old.json"))
    assert list(both["networks"]) == ["true", "other"]
    for text in (table(both), markdown(both)):
        assert "other" in text
        assert "100.0" in text
    less = evaluate([Truthful(joints)], Data(data.sets[:1]))
    with pytest.raises(BadInput, match=r"other data \(rendered pack, coco\)"):
        joined(less, theirs, Path("old.json"))
    with pytest.raises(BadInput, match="no figures"):
        joined(less, {"data": []}, Path("old.json"))
    with pytest.raises(BadArguments, match="same name"):
        evaluate([Truthful(joints), Truthful(joints)], data)


@pytest.fixture
def command(monkeypatch, joints):
    """The command line, with networks that know the truth by name."""

    def load(name: str = "", device: str = "cpu") -> Truthful:
        return Truthful(joints, 3.0 if name == "off" else 0.0, name)

    monkeypatch.setattr(registry, "load_pose2d", load)
    monkeypatch.setattr(registry, "load_detector", lambda device="cpu": Detector(joints))
    return lambda *arguments: main(["evaluate", "pose2d", *map(str, arguments)])


def test_the_command_writes_table_json_card_and_sheets(command, files, tmp_path, capsys) -> None:
    card, result = tmp_path / "card.md", tmp_path / "result.json"
    card.write_text("Before.\n<!-- figures -->\nold\n<!-- /figures -->\nAfter.\n")
    sets = ("--lspet", files["lspet"], "--coco", files["coco"], "--packs", files["packs"])
    code = command(
        "--pose2d", "net", "--beside", "off", *sets, "--json", result, "--markdown", card,
        "--pictures", tmp_path / "sheets", "--flip",
    )  # fmt: skip
    assert code == 0
    out = capsys.readouterr().out
    assert "net, flip test" in out
    assert "COCO keypoints" in out
    text = card.read_text()
    assert text.startswith("Before.\n")
    assert text.endswith("After.\n")
    assert "\nold\n" not in text
    assert "| net | box | 14 |" in text
    assert len(list((tmp_path / "sheets").iterdir())) == 3 * 4
    stored = json.loads(result.read_text())
    assert list(stored["networks"]) == ["net", "net, flip test", "off", "off, flip test"]
    assert command("--pose2d", "third", "--beside", *sets[2:4], "--with-json", result) == 3
    assert command("--pose2d", "third", "--beside", *sets, "--with-json", result) == 0
    assert "off, flip test" in capsys.readouterr().out


def test_bad_arguments_and_bad_input_are_told_in_one_line(command, files, tmp_path, capsys) -> None:
    whole = files["coco"].read_bytes().rstrip(b"\0")
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole[: len(whole) // 2])
    no_json, no_coco = tmp_path / "no.json", tmp_path / "list.json"
    no_json.write_text('{"images": [')
    no_coco.write_text('{"images": [], "annotations": [{"id": 1}], "categories": []}')
    empty = tmp_path / "empty"
    empty.mkdir()
    bad = {
        (): (2, "nothing to measure"),
        ("--lspet", "x", "--limit", "0"): (2, "--limit"),
        ("--packs", "x", "--coco-annotations", "y"): (2, "needs --coco"),
        ("--lspet", "x", "--json", empty / "no" / "x.json"): (2, "no folder"),
        ("--lspet", tmp_path / "none.tar"): (3, "none.tar"),
        ("--lspet", files["coco"]): (3, "LSP"),
        ("--packs", empty): (3, "no packs"),
        ("--packs", tmp_path / "p-000.npz"): (3, "no pack"),
        ("--coco", cut): (3, "cut"),
        ("--coco", empty): (3, "no annotations"),
        ("--coco", files["coco"], "--coco-annotations", no_json): (3, "no JSON"),
        ("--coco", files["coco"], "--coco-annotations", no_coco): (3, "COCO's format"),
        ("--coco", files["coco"], "--coco-annotations", empty): (3, "cannot be read"),
        ("--lspet", files["lspet"], "--with-json", no_json): (3, "no JSON"),
    }
    for arguments, (code, says) in bad.items():
        assert command(*arguments) == code, arguments
        err = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
        assert len(err) == 1
        assert says in err[0], arguments


def test_annotations_of_pictures_that_are_not_there_are_refused_at_once(files, joints, tmp_path) -> None:
    more = tmp_path / "more.json"
    more.write_text(json.dumps(coco_content(people(COUNT + 2))))
    with pytest.raises(BadInput, match=f"lacks 2 of {COUNT + 2} pictures, the first 000000000004.png"):
        read_coco(files["coco"], more)
    content = coco_content(joints)
    content["annotations"][0]["keypoints"] = [1, 2, 3]
    more.write_text(json.dumps(content))
    with pytest.raises(BadInput, match="annotation 1 has not 17 keypoints"):
        read_coco(files["coco"], more)
    content["annotations"] = content["annotations"][-2:]
    more.write_text(json.dumps(content))
    with pytest.raises(BadInput, match="no person with keypoints"):
        read_coco(files["coco"], more)
